#include "runtime/admin/answer.hpp"

#include <algorithm>

#include "runtime/http/response.hpp"

namespace weir::admin {

namespace {

int status_of(const Error& error) {
    if (error.code == "UNAUTHENTICATED") return 401;
    if (error.code == "LOCKED_OUT") return 429;
    switch (error.errc) {
        case Errc::invalid:
            return 400;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::rejected:
            return 403;
        case Errc::unavailable:
        case Errc::unknown:
        case Errc::cancelled:
            return 503;
        case Errc::corrupt:
            return 500;
    }
    return 500;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
}

}  // namespace

Answer answer_with(const Json& value) { return {200, "application/json", write_json(value) + "\n"}; }

Answer problem(int status, std::string_view code, std::string_view detail) {
    const Json body{{"type", "about:blank"},
                    {"title", http::reason_phrase(status)},
                    {"status", status},
                    {"detail", detail},
                    {"code", code}};
    return {status, "application/problem+json", write_json(body) + "\n"};
}

Answer problem(const Error& error) {
    Answer answer = problem(status_of(error), error.code.empty() ? "ERROR" : upper(error.code), error.message);
    if (answer.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"weir\"");
    if (error.retry_after) {
        answer.headers.emplace_back("Retry-After", std::to_string((error.retry_after->count() + 999) / 1000));
    }
    return answer;
}

}  // namespace weir::admin
