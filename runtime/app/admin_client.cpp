#include "runtime/app/admin_client.hpp"

#include <weir/http.h>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <vector>

#include "runtime/base/record_batch.hpp"
#include "runtime/http/client.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::write_json;

constexpr std::int64_t kTimeoutNs = 120'000'000'000;
constexpr std::uint64_t kAnswerMax = 64u << 20;
constexpr std::size_t kFileMax = 64u << 10;

std::optional<std::string> read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text;
    text.resize(kFileMax);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

// RFC 3986: everything but unreserved characters.
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
    return out;
}

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : write_json(value); }

struct Target {
    std::string url;
    std::string body;
};

Target target_of(const AdminAddress& host, const admin::OperationInfo& operation, const Json& given) {
    std::string path(operation.path);
    std::string query;
    Json body = Json::object();
    for (const admin::ParameterInfo& parameter : admin::parameters(operation.id)) {
        const auto at = given.find(std::string(parameter.name));
        if (at == given.end()) continue;
        const std::string name(parameter.name);
        switch (admin::where(operation, parameter)) {
            case admin::Where::path:
                path.replace(path.find("{" + name + "}"), name.size() + 2, percent_encoded(as_text(*at)));
                break;
            case admin::Where::query:
                query += (query.empty() ? "?" : "&") + name + "=" + percent_encoded(as_text(*at));
                break;
            case admin::Where::body:
                body[name] = *at;
                break;
        }
    }
    return {host.url + path + query, operation.method == "POST" ? write_json(body) : ""};
}

Errc errc_of(int status) {
    switch (status) {
        case 400:
        case 413:
            return Errc::invalid;
        case 404:
            return Errc::not_found;
        case 401:
        case 403:
            return Errc::rejected;
        case 409:
            return Errc::conflict;
        default:
            return Errc::unavailable;
    }
}

Result<Json> answer_of(const weir_http_result& result, const std::string& url) {
    if (result.status == 0) {
        return Error{result.sent == WEIR_HTTP_SENT_NOTHING ? Errc::unavailable : Errc::unknown,
                     url + ": " + std::string(view(result.error_message)),
                     std::string(view(result.error_code)),
                     {}};
    }
    auto body = admin::parse_json(view(result.body));
    if (result.status < 300) return body;
    const bool told = body && body->is_object();
    return Error{errc_of(result.status),
                 told ? body->value("detail", "") : "the host answered with status " + std::to_string(result.status),
                 told ? body->value("code", "") : "",
                 {}};
}

}  // namespace

std::string user_name() {
    const passwd* user = getpwuid(geteuid());
    return user != nullptr ? user->pw_name : std::to_string(geteuid());
}

Result<std::string> read_token(const std::filesystem::path& file) {
    auto token = read_file(file);
    if (!token) return Error{Errc::invalid, "token file " + file.string() + " cannot be read", "", {}};
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
    return std::move(*token);
}

Result<std::optional<AdminAddress>> local_host(const std::filesystem::path& data_dir) {
    const auto text = read_file(data_dir / "host.json");
    if (!text) return std::optional<AdminAddress>{};
    const auto told = admin::parse_json(*text);
    if (!told || !told->is_object()) return std::optional<AdminAddress>{};
    const auto pid = told->value("pid", std::int64_t{0});
    // A host that was killed leaves the file behind.
    const bool runs = pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
    if (!runs) return std::optional<AdminAddress>{};
    AdminAddress host;
    host.url = told->value("admin", "");
    const auto token = read_token(data_dir / "admin" / "local.token");
    if (!token) {
        return Error{Errc::unavailable,
                     "the host runs, and " + (data_dir / "admin" / "local.token").string() +
                         " cannot be read: use its user, or --url with --token-file",
                     "",
                     {}};
    }
    host.token = *token;
    host.user = user_name();
    return std::optional(std::move(host));
}

Result<Json> call_host(const AdminAddress& host, const admin::OperationInfo& operation, const Json& given) {
    const SystemClock clock;
    http::ClientOptions options;
    options.clock = &clock;
    WEIR_TRY(const auto client, http::Client::start(options));
    const Target target = target_of(host, operation, given);
    const std::string authorization = "Bearer " + host.token;
    std::vector<weir_attr> headers{{str("Authorization"), str(authorization)},
                                   {str("Content-Type"), str("application/json")}};
    if (!host.user.empty()) headers.push_back({str("Weir-Local-User"), str(host.user)});
    weir_http_request request{};
    request.method = str(operation.method);
    request.url = str(target.url);
    request.headers = headers.data();
    request.header_count = static_cast<std::uint32_t>(headers.size());
    request.body = str(target.body);
    request.timeout_ns = kTimeoutNs;
    request.response_max = kAnswerMax;
    const weir_svc_http* service = client->service();
    weir_http_exchange* exchange = nullptr;
    weir_error error{};
    if (service->exchange(service, nullptr, nullptr, &request, sizeof request, 1, 1, &exchange, &error) != WEIR_OK) {
        return Error{Errc::unavailable, static_cast<const char*>(error.message), "", {}};
    }
    auto answer = answer_of(*service->result(exchange, 0), target.url.substr(0, host.url.size()));
    service->release(exchange);
    return answer;
}

}  // namespace weir::app
