// What can be read or reached by others than those who should.

#include <array>

#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

// "127.0.0.1", "[::1]", "localhost", with or without a port.
bool is_local(std::string_view address) {
    static constexpr std::array<std::string_view, 4> kLocal{"127.", "localhost", "[::1]", "::1"};
    for (const std::string_view local : kLocal) {
        if (address.starts_with(local)) return true;
    }
    return false;
}

std::string_view host_of(std::string_view url) {
    std::string_view host = url.substr(url.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
    return host;
}

bool is_cleartext(std::string_view text) { return text.starts_with("http://") && !is_local(host_of(text)); }

void check_urls(Check& check, const config::Connection& connection) {
    const Json settings = Json::parse(connection.settings_json, nullptr, false);
    for_each_text(settings, "", [&](const std::string& pointer, const std::string& text) {
        if (!is_cleartext(text)) return;
        const auto literal = connection.literals.find(pointer);
        check.add(RuleId::CLEARTEXT_URL, literal == connection.literals.end() ? connection.where : literal->second,
                  "connection " + connection.name + ": " + pointer,
                  "connection " + quote(connection.name) + " calls " + quote(host_of(text)) + " without TLS",
                  "write https://");
    });
}

void check_urls(Check& check, const RouteView& route, const StepView& step) {
    // A constant that they write into the data is no address that anybody calls.
    if (step.is("map") || step.is("split")) return;
    for_each_text(step.settings, "", [&](const std::string& pointer, const std::string& text) {
        if (!is_cleartext(text)) return;
        check.add(RuleId::CLEARTEXT_URL, route, step.place(pointer), step.step->transform + ": " + pointer,
                  "step " + quote(step.step->transform) + " calls " + quote(host_of(text)) + " without TLS",
                  "write https://");
    });
}

}  // namespace

void check_exposure(Check& check) {
    const config::Config& config = check.config();
    const config::Location main{config.file.string(), 1, 1};
    for (const auto& [name, connection] : config.connections) check_urls(check, connection);
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) check_urls(check, route, step);
    }
    if (!config.http.listen.empty() && !is_local(config.http.listen) && config.http.tls_certificate.empty()) {
        check.add(RuleId::LISTENS_WITHOUT_TLS, main, "http",
                  "http.listen " + quote(config.http.listen) + " is open to the network without TLS",
                  "write http.tls, or listen on 127.0.0.1");
    }
    if (!config.admin_listen.empty() && !is_local(config.admin_listen)) {
        check.add(RuleId::ADMIN_EXPOSED, main, "admin",
                  "admin.listen " + quote(config.admin_listen) + " is open to the network", "listen on 127.0.0.1");
    }
}

}  // namespace weir::lint
