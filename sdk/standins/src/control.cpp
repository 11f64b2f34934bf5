#include <charconv>

#include "site.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

std::int64_t number_of(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Reply add_fault(Site& site, const Json& body) {
    const auto id = site.faults.add(body, mono_ms());
    return id.ok() ? json_reply(201, {{"id", *id}}) : problem(400, id.error());
}

Reply list_endpoints(Site& site) {
    Json all = Json::array();
    for (const Endpoint& endpoint : site.router->endpoints()) {
        all.push_back({{"method", endpoint.method},
                       {"path", endpoint.pattern},
                       {"summary", endpoint.summary},
                       {"writes", endpoint.effect == Effect::writes},
                       {"needs_session", endpoint.access == Access::session}});
    }
    return json_reply(200, {{"kind", site.kind}, {"endpoints", std::move(all)}});
}

Reply patch_settings(Site& site, const Json& body) {
    const Status done = site.settings.patch(body);
    return done.ok() ? json_reply(200, site.settings.values()) : problem(400, done.error());
}

Reply no_content() { return {204, {}, {}, {}}; }

std::vector<Endpoint> fault_endpoints(Site& site) {
    return {{"GET", "/_/faults", "list the faults, how often each was seen and applied", Effect::reads,
             [&site](Call&) {
                 return json_reply(200, {{"faults", site.faults.list(mono_ms())}});
             },
             Access::anyone},
            {"POST", "/_/faults", "add a fault: {match, do, name}", Effect::reads,
             [&site](Call& call) { return add_fault(site, call.body); }, Access::anyone},
            {"DELETE", "/_/faults", "remove every fault", Effect::reads,
             [&site](Call&) {
                 site.faults.clear();
                 return no_content();
             },
             Access::anyone},
            {"DELETE", "/_/faults/{id}", "remove one fault", Effect::reads,
             [&site](Call& call) {
                 if (site.faults.remove(number_of(call.parameters[0]))) return no_content();
                 return problem(404, "NO_SUCH_FAULT", "no fault \"" + call.parameters[0] + "\"");
             },
             Access::anyone}};
}

}  // namespace

std::vector<Endpoint> control_endpoints(Site& site) {
    std::vector<Endpoint> all = fault_endpoints(site);
    const auto add = [&all](const char* method, const char* path, const char* summary, auto handler) {
        all.push_back({method, path, summary, Effect::reads, handler, Access::anyone});
    };
    add("GET", "/_/health", "says that it runs", [&site](Call&) {
        return json_reply(200, {{"kind", site.kind}, {"now_ms", mono_ms()}});
    });
    add("GET", "/_/endpoints", "this list", [&site](Call&) { return list_endpoints(site); });
    add("GET", "/_/log", "every request since the start or the last reset; ?after=N: newer than entry N",
        [&site](Call& call) {
            return json_reply(200, {{"now_ms", mono_ms()},
                                    {"entries", site.log.list(number_of(call.request.query_value("after", "0")))}});
        });
    add("GET", "/_/stats", "the most requests at a time and per second, and violations of quota and Retry-After",
        [&site](Call&) { return json_reply(200, site.quota.stats()); });
    add("GET", "/_/do/{path}", "any method, any endpoint of the service: past authentication, quota, faults and log",
        [](Call&) { return problem(404, "NO_SUCH_ENDPOINT", "expected an endpoint's path after /_/do"); });
    add("GET", "/_/settings", "what is set", [&site](Call&) { return json_reply(200, site.settings.values()); });
    add("PATCH", "/_/settings", "change settings (JSON merge patch)",
        [&site](Call& call) { return patch_settings(site, call.body); });
    add("POST", "/_/expire-sessions", "end every session", [&site](Call&) {
        site.auth.expire_all();
        return no_content();
    });
    add("POST", "/_/reset", R"(forget: {"what": ["state", "log", "faults", "stats", "settings"]}, all by default)",
        [&site](Call& call) {
            site.reset(call.body.is_object() ? call.body.value("what", Json()) : Json());
            return no_content();
        });
    return all;
}

}  // namespace weir::standin
