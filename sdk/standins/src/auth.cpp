#include "auth.hpp"

#include <algorithm>

#include "signatures.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

Reply unauthorized(std::string_view code, const std::string& detail) {
    Reply reply = problem(401, code, detail);
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
}

// The token of Bearer, or the user of Basic, as several vendors take their API keys.
std::string token_of(const Request& request) {
    const std::string value = request.header("authorization");
    if (lower_case(value.substr(0, 7)) == "bearer ") return value.substr(7);
    if (lower_case(value.substr(0, 6)) != "basic ") return {};
    const std::string pair = from_base64(value.substr(6)).value_or("");
    return pair.substr(0, pair.find(':'));
}

}  // namespace

std::optional<Reply> Auth::refuse(const Request& request, std::int64_t now_ms) const {
    if (settings_.text("auth") == "none") return std::nullopt;
    const std::string token = token_of(request);
    if (token.empty()) return unauthorized("UNAUTHENTICATED", "no Authorization header with a token");
    const Json& fixed = settings_.at("tokens");
    if (std::find(fixed.begin(), fixed.end(), Json(token)) != fixed.end()) return std::nullopt;
    const auto session = sessions_.find(token);
    if (session == sessions_.end() || now_ms >= session->second) {
        return unauthorized("SESSION_EXPIRED", "the session has ended or never was: log in again");
    }
    return std::nullopt;
}

Reply Auth::log_in(const Json& body, std::int64_t now_ms) {
    const std::string user = text_at(body, "user"), password = text_at(body, "password");
    const Json& users = settings_.at("users");
    if (!users.contains(user) || users[user] != Json(password)) {
        return unauthorized("BAD_CREDENTIALS", "unknown user, or another password");
    }
    const std::int64_t seconds = settings_.number("session_seconds");
    // Unguessable is not wanted: a test that logs tokens stays comparable from run to run.
    const std::string token = "session-" + std::to_string(++last_);
    sessions_[token] = now_ms + seconds * 1000;
    return json_reply(201,
                      {{"token", token}, {"expires_in", seconds}, {"expires_at", rfc3339(unix_seconds() + seconds)}});
}

Reply Auth::log_out(const Request& request) {
    sessions_.erase(token_of(request));
    return {204, {}, {}, {}};
}

}  // namespace weir::standin
