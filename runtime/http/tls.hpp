// OpenSSL contexts as weir uses them: TLS 1.2 and later, certificates checked.
#pragma once

#include <weir/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace weir::http {

// `invalid`: a PEM file is missing or the key does not fit the certificate.
[[nodiscard]] Result<std::unique_ptr<boost::asio::ssl::context>> server_tls(const std::string& certificate_file,
                                                                            const std::string& key_file);
// Verifies peers against `ca_file`, or the system's trust store when it is empty. `invalid`: the file cannot be read.
[[nodiscard]] Result<std::unique_ptr<boost::asio::ssl::context>> client_tls(const std::string& ca_file);

}  // namespace weir::http
