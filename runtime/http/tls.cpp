#include "runtime/http/tls.hpp"

#include <openssl/ssl.h>

#include <string_view>

namespace weir::http {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Error failed(std::string_view what, const std::string& file, const error_code& error) {
    return Error{Errc::invalid, "tls: " + std::string(what) + " \"" + file + "\": " + error.message(), "tls_files", {}};
}

std::unique_ptr<ssl::context> make_context(ssl::context::method method) {
    auto context = std::make_unique<ssl::context>(method);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    return context;
}

// HTTP/1.1 is what this server speaks; a client that offers other protocols too must be told (RFC 7301).
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
                void*) {
    static constexpr unsigned char kHttp11[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::unique_ptr<ssl::context>> server_tls(const std::string& certificate_file, const std::string& key_file) {
    auto context = make_context(ssl::context::tls_server);
    error_code error;
    context->use_certificate_chain_file(certificate_file, error);
    if (error) return failed("cannot use certificate", certificate_file, error);
    context->use_private_key_file(key_file, ssl::context::pem, error);
    if (error) return failed("cannot use key", key_file, error);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        return Error{Errc::invalid,
                     "tls: key \"" + key_file + "\" is not that of \"" + certificate_file + "\"",
                     "tls_files",
                     {}};
    }
    SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_alpn, nullptr);
    return context;
}

Result<std::unique_ptr<ssl::context>> client_tls(const std::string& ca_file) {
    auto context = make_context(ssl::context::tls_client);
    error_code error;
    if (ca_file.empty()) {
        context->set_default_verify_paths(error);
    } else {
        context->load_verify_file(ca_file, error);
    }
    if (error) return failed("cannot use authorities", ca_file.empty() ? "of the system" : ca_file, error);
    context->set_verify_mode(ssl::verify_peer);
    return context;
}

}  // namespace weir::http
