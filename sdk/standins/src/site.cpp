#include "site.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "time.hpp"

namespace weir::standin {

Json common_settings(const Json& more) {
    Json all = {{"auth", "none"},
                {"users", {{"weir", "weir"}}},
                {"tokens", Json::array({"standin-token"})},
                {"session_seconds", 1800},
                {"idempotency", true},
                {"require_idempotency_key", false},
                {"external_ref_header", "External-Ref"},
                {"quota", {{"requests", 0}, {"per_seconds", 1}, {"concurrency", 0}}},
                {"violation_grace_ms", 100}};
    all.update(more);
    return all;
}

void Site::set_service(std::unique_ptr<Service> made) {
    service = std::move(made);
    std::vector<Endpoint> all = service->endpoints();
    all.push_back({"POST", "/v1/sessions", "log in with user and password", Effect::reads,
                   [this](Call& call) { return auth.log_in(call.body, mono_ms()); }, Access::anyone});
    all.push_back({"DELETE", "/v1/sessions/current", "log out", Effect::reads,
                   [this](Call& call) { return auth.log_out(call.request); }});
    std::vector<Endpoint> control = control_endpoints(*this);
    std::move(control.begin(), control.end(), std::back_inserter(all));
    router = std::make_unique<Router>(std::move(all));
}

std::string Site::external_ref_of(const Request& request, const Json& body) const {
    const std::string configured = request.header(lower_case(settings.text("external_ref_header")));
    return configured.empty() ? text_at(body, "external_ref") : configured;
}

void Site::commit() {
    const Status written = store.commit();
    if (!written.ok()) throw std::runtime_error(written.error().message);
}

Reply Site::run(const Request& request, const std::string& closed_period, CallEntry* entry) {
    const Router::Match match = router->find(request);
    if (match.endpoint == nullptr) {
        if (match.allowed.empty()) return problem(404, "NO_SUCH_ENDPOINT", "GET /_/endpoints lists what there is");
        Reply reply = problem(405, "METHOD_NOT_ALLOWED", "expected " + match.allowed);
        reply.headers.emplace_back("Allow", match.allowed);
        return reply;
    }
    auto body = parse_json(request.body);
    if (!body.ok()) return problem(400, body.error());
    Call call{request, match.parameters, std::move(*body), {}, closed_period};
    call.external_ref = external_ref_of(request, call.body);
    Reply reply;
    try {
        reply = match.endpoint->handler(call);
    } catch (const Json::exception& error) {
        // A body or a setting of a form that no handler asked about.
        return problem(400, "UNEXPECTED_FORM", error.what());
    }
    if (entry != nullptr) entry->committed = match.endpoint->effect == Effect::writes && reply.status < 300;
    return reply;
}

Reply Site::dispatch(const Request& request, const std::string& closed_period, CallEntry* entry) {
    Reply reply = run(request, closed_period, entry);
    commit();
    return reply;
}

Reply Site::dispatch_control(Request request) {
    constexpr std::string_view kDirect = "/_/do/";
    if (request.target.starts_with(kDirect)) {
        request.target.erase(0, kDirect.size() - 1);
        request.split_target();
    }
    return dispatch(request, {}, nullptr);
}

Reply Site::dispatch_once(const Request& request, const std::string& key, const std::string& closed_period,
                          CallEntry* entry) {
    Reply reply = run(request, closed_period, entry);
    idempotency.end(key, request, &reply);
    commit();
    return reply;
}

void Site::reset(const Json& what) {
    const auto wanted = [&what](const char* name) {
        return !what.is_array() || what.empty() || std::find(what.begin(), what.end(), Json(name)) != what.end();
    };
    if (wanted("faults")) faults.clear();
    if (wanted("stats")) quota.reset();
    if (wanted("log")) log.clear();
    if (wanted("settings")) settings.reset();
    if (!wanted("state")) return;
    store.clear();
    idempotency.reset();
    auth.expire_all();
    service->reset();
    commit();
}

}  // namespace weir::standin
