#include "runtime/http/response.hpp"

#include <ostream>  // which status.hpp needs and does not include

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <span>

#include "runtime/base/text.hpp"

namespace weir::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, end);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool is_servers_own(std::string_view name) {
    constexpr std::string_view kOwn[] = {"content-length", "connection", "transfer-encoding", "date", "keep-alive"};
    return std::any_of(std::begin(kOwn), std::end(kOwn),
                       [&](std::string_view own) { return equals_ignoring_case(name, own); });
}

std::string_view view(weir_str text) { return {text.data, text.size}; }

void append_status_line(std::string& out, int status) {
    // Most of what an intake says; the rest is put together.
    if (status == 202) {
        out += "HTTP/1.1 202 Accepted\r\n";
        return;
    }
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
}

void append_length(std::string& out, int status, std::size_t size) {
    if (!may_have_body(status)) return;
    out += "Content-Length: ";
    append_number(out, size);
    out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
    const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
    if (known == boost::beast::http::status::unknown) return "Unknown";
    return boost::beast::http::obsolete_reason(known);
}

bool may_have_body(int status) noexcept { return status >= 200 && status != 204 && status != 304; }

bool is_token(std::string_view name) noexcept {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) noexcept {
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

bool append_head(std::string& out, const weir_http_reply& reply) {
    if (reply.status < 200 || reply.status > 599) return false;
    const std::span headers(reply.headers, reply.header_count);
    const bool sound = std::all_of(headers.begin(), headers.end(), [](const weir_attr& header) {
        return is_token(view(header.key)) && is_field_value(view(header.value)) && !is_servers_own(view(header.key));
    });
    if (!sound) return false;
    append_status_line(out, reply.status);
    for (const weir_attr& header : headers) {
        out.append(view(header.key)).append(": ").append(view(header.value)).append("\r\n");
    }
    append_length(out, reply.status, reply.body.size);
    out += "\r\n";
    return true;
}

std::size_t append_problem(std::string& out, const Problem& problem) {
    std::string body = R"({"type":"about:blank","title":)";
    append_json_string(body, reason_phrase(problem.status));
    body += R"(,"status":)";
    append_number(body, static_cast<std::uint64_t>(problem.status));
    body += R"(,"detail":)";
    append_json_string(body, problem.detail);
    body += R"(,"code":)";
    append_json_string(body, problem.code);
    body += '}';

    const std::size_t begin = out.size();
    append_status_line(out, problem.status);
    out += "Content-Type: application/problem+json\r\n";
    if (problem.status == 503) out += "Retry-After: 1\r\n";
    append_length(out, problem.status, body.size());
    out += "\r\n";
    const std::size_t head_size = out.size() - begin;
    out += body;
    return head_size;
}

}  // namespace weir::http
