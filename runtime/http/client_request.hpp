// From a plugin's weir_http_request to the bytes of a request.
#pragma once

#include <weir/http.h>
#include <weir/result.hpp>

#include <string_view>

#include "runtime/http/client.hpp"
#include "runtime/http/client_exchange.hpp"

namespace weir::http {

// Fills in what of a job comes from the request. Error::code is that of the result: HTTP_BAD_URL,
// HTTP_HOST_NOT_ALLOWED, HTTP_BAD_REQUEST (a method or field that cannot stand in a request).
[[nodiscard]] Result<Job> make_job(const weir_http_request& request, std::string_view traceparent,
                                   const ClientOptions& options);

}  // namespace weir::http
