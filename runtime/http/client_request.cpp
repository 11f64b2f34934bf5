#include "runtime/http/client_request.hpp"

#include <algorithm>
#include <span>

#include "runtime/http/response.hpp"

namespace weir::http {

namespace {

constexpr std::uint64_t kResponseMaxDefault = 1u << 20;

std::string_view view(weir_str text) {
    return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// Fields that frame the request or name its parts in a trace: two of them would contradict each other.
bool is_hosts_own(std::string_view name) {
    constexpr std::string_view kOwn[] = {"host",   "content-length", "connection", "transfer-encoding",
                                         "expect", "upgrade",        "keep-alive", "traceparent"};
    return std::any_of(std::begin(kOwn), std::end(kOwn),
                       [&](std::string_view own) { return equals_ignoring_case(name, own); });
}

Error bad_request(std::string message) { return Error{Errc::invalid, std::move(message), "HTTP_BAD_REQUEST", {}}; }

// The value is not shown: it may be a credential.
Status append_fields(std::string& out, std::span<const weir_attr> headers) {
    for (const weir_attr& header : headers) {
        const std::string_view name = view(header.key);
        if (!is_token(name)) return bad_request("header name \"" + std::string(name) + "\" is not a token");
        if (is_hosts_own(name)) continue;
        if (!is_field_value(view(header.value))) {
            return bad_request("the value of header \"" + std::string(name) + "\" holds a control character");
        }
        out.append(name).append(": ").append(view(header.value)).append("\r\n");
    }
    return ok();
}

// RFC 9110 section 8.6: a body's length is always told, and for methods that expect a body also its absence.
bool tells_length(std::string_view method, std::size_t size) {
    return size != 0 || method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

Result<Job> make_job(const weir_http_request& request, std::string_view traceparent, const ClientOptions& options) {
    Job job;
    WEIR_TRY(job.url, parse_url(view(request.url)));
    if (!host_allowed(job.url, options.allowed_hosts)) {
        return Error{Errc::rejected,
                     "host \"" + job.url.host + ":" + std::to_string(job.url.port) + "\" is not in the allowed hosts",
                     "HTTP_HOST_NOT_ALLOWED",
                     {}};
    }
    const std::string_view method = view(request.method);
    if (!is_token(method)) return bad_request("method \"" + std::string(method) + "\" is not a token");
    const std::span headers(request.headers, request.header_count);
    const bool names_itself = std::any_of(headers.begin(), headers.end(), [](const weir_attr& header) {
        return equals_ignoring_case(view(header.key), "user-agent");
    });

    job.head.append(method).append(" ").append(job.url.target).append(" HTTP/1.1\r\n");
    job.head.append("Host: ").append(job.url.authority).append("\r\n");
    if (!names_itself) job.head.append("User-Agent: weir\r\n");
    WEIR_CHECK_OK(append_fields(job.head, headers));
    if (!traceparent.empty() && is_field_value(traceparent)) {
        job.head.append("traceparent: ").append(traceparent).append("\r\n");
    }
    job.body = view(request.body);
    if (tells_length(method, job.body.size())) {
        job.head.append("Content-Length: ").append(std::to_string(job.body.size())).append("\r\n");
    }
    job.head.append("\r\n");
    job.head_method = method == "HEAD";
    job.response_max = request.response_max != 0 ? request.response_max : kResponseMaxDefault;
    return job;
}

}  // namespace weir::http
