#include "rpc.hpp"

#include <charconv>

#include "values.hpp"

namespace tryton {
namespace {

using weir::Errc;
using weir::Error;

// A refused record may come with the definition of every field it has to do with.
constexpr std::uint64_t kResponseMax = 32U << 20U;
// Tryton locks a user out after a few wrong passwords, and then a person has to wait, too.
constexpr std::chrono::seconds kAfterRefusedLogin{60};

std::chrono::nanoseconds seconds_of(std::string_view text) {
    constexpr std::int64_t kMax = 86'400;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) return {};
    return std::chrono::seconds(std::min(seconds, kMax));
}

std::optional<std::chrono::milliseconds> wish(std::chrono::nanoseconds after) {
    if (after.count() == 0) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(after);
}

std::string base_url(const Config& config) {
    std::string url = config.url;
    while (url.ends_with('/')) url.pop_back();
    return url + '/' + config.database + '/';
}

}  // namespace

Rpc::Rpc(weir::Host host, const Config& config)
    : host_(host), config_(config), http_(host), secrets_(host), url_(base_url(config)) {}

void Rpc::write_context(weir::JsonWriter& out) const {
    out.begin_object().member("language", "en");
    if (company_) out.key("company").integer(*company_);
    // Off, a warning stops a call as an error does: nobody is there to press a button.
    if (config_.accept_warnings) out.key("_skip_warnings").boolean(true);
    out.end_object();
}

weir::Result<weir::JsonValue> Rpc::call(const weir::Call& call, Effect effect, std::string_view method,
                                        const WriteArguments& write) {
    std::string request;
    weir::JsonWriter out(request);
    // With an "id" Tryton answers errors as JSON; without, as a page of HTML.
    out.begin_object().key("id").integer(++last_id_);
    out.member("method", method).key("params").begin_array();
    write(out);
    write_context(out);
    out.end_array().end_object();
    for (int attempt = 0;; ++attempt) {
        if (session_.empty()) WEIR_CHECK_OK(log_in(call));
        WEIR_TRY(const std::int32_t status, post(call, effect, request));
        if (status != 401) return read_result(status, effect);
        session_.clear();
        if (attempt > 0) {
            return Error{Errc::unavailable, "Tryton refuses the session it has just given", "AUTH", {}};
        }
        host_.info("session ended, logging in again", {{"url", url_}});
    }
}

// The status, the body being in body_.
weir::Result<std::int32_t> Rpc::post(const weir::Call& call, Effect effect, std::string_view request) {
    if (call.cancelled()) return Error{Errc::unavailable, "the call was cancelled", "CANCELLED", {}};
    if (call.remaining().count() == 0) return Error{Errc::unavailable, "no time is left", "OUT_OF_TIME", {}};
    weir::HttpRequest http{.url = url_, .body = request, .timeout = config_.timeout, .response_max = kResponseMax};
    http.headers.push_back({"Content-Type", "application/json"});
    if (!session_.empty()) http.headers.push_back({"Authorization", session_});
    const auto exchange = http_.exchange(call, http);
    if (!exchange.ok()) return Error{Errc::unavailable, exchange.error().message, exchange.error().code, {}};
    const weir::HttpResponse response = (*exchange)[0];
    body_ = response.body();
    retry_after_ = seconds_of(response.header("retry-after"));
    if (response.status() != 0) return response.status();
    const bool sure = response.not_sent() || effect == Effect::read;
    return Error{sure ? Errc::unavailable : Errc::unknown,
                 std::string(response.error_message()),
                 std::string(response.error_code()),
                 {}};
}

weir::Result<weir::JsonValue> Rpc::read_result(std::int32_t status, Effect effect) {
    const Errc lost = effect == Effect::read ? Errc::unavailable : Errc::unknown;
    const std::string told = "Tryton answered " + std::to_string(status);
    if (status == 429) return Error{Errc::unavailable, told, "THROTTLED", wish(retry_after_)};
    if (status == 503) return Error{Errc::unavailable, told, "HTTP_UNAVAILABLE", wish(retry_after_)};
    if (status == 403) return Error{Errc::unavailable, told, "HTTP_FORBIDDEN", {}};
    if (status >= 500) return Error{lost, told, "HTTP_SERVER_ERROR", {}};
    if (status >= 300) return Error{Errc::rejected, told, "HTTP_REFUSED", {}};
    const auto parsed = parser_.parse(body_);
    if (!parsed.ok()) return Error{lost, "the response is not JSON: " + parsed.error().message, "BAD_RESPONSE", {}};
    if (const weir::JsonValue error = (*parsed)["error"]; error.exists()) return classify(error, effect);
    const weir::JsonValue result = (*parsed)["result"];
    if (!result.exists()) return Error{lost, "the response has neither result nor error", "BAD_RESPONSE", {}};
    return result;
}

weir::Status Rpc::log_in(const weir::Call& call) {
    if (const auto now = host_.mono(); now < no_login_before_) {
        return Error{Errc::unavailable, "waiting before another try to log in, lest Tryton locks the user out",
                     "AUTH_FAILED", wish(no_login_before_ - now)};
    }
    const auto password = secrets_.get(config_.password);
    if (!password.ok()) return Error{Errc::unavailable, password.error().message, "SECRET_UNAVAILABLE", {}};
    std::string request;
    weir::JsonWriter out(request);
    out.begin_object().key("id").integer(++last_id_).member("method", "common.db.login").key("params").begin_array();
    out.string(config_.user).begin_object().member("password", password->reveal()).end_object().string("en");
    out.end_array().end_object();
    const weir::Secret sealed(std::move(request));  // wiped when it goes
    const auto status = post(call, Effect::read, sealed.reveal());
    if (!status.ok()) return status.error();
    if (*status == 401) return refused_login(*status);
    WEIR_TRY(const weir::JsonValue result, read_result(*status, Effect::read));
    const auto user = result.at(0).integer();
    const auto key = result.at(1).string();
    if (!user || !key) return Error{Errc::unavailable, "the login was answered without a session", "BAD_RESPONSE", {}};
    session_ = "Session " + base64(config_.user + ':' + std::to_string(*user) + ':' + std::string(*key));
    host_.report_health(weir::Health::ok);
    return weir::ok();
}

Error Rpc::refused_login(std::int32_t status) {
    no_login_before_ = host_.mono() + kAfterRefusedLogin;
    const std::string message = "Tryton refuses user \"" + config_.user + "\" or its password";
    host_.report_health(weir::Health::down, "AUTH_FAILED", message);
    host_.error("login refused", {{"user", config_.user}, {"status", std::to_string(status)}});
    return {Errc::unavailable, message, "AUTH_FAILED", wish(kAfterRefusedLogin)};
}

}  // namespace tryton
