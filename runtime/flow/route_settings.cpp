#include "runtime/flow/route_settings.hpp"

#include <algorithm>
#include <utility>

namespace weir::flow {

namespace {

RetryPolicy policy_of(const config::RetrySettings& settings) {
    return {settings.first_delay,  settings.max_delay,  settings.multiplier, settings.jitter,
            settings.max_attempts, settings.max_probes, settings.deadline};
}

}  // namespace

RetryRules retry_rules(const config::Destination& to) {
    RetryRules rules;
    rules.common = policy_of(to.retry);
    for (const config::RetryRule& rule : to.retry_rules) rules.rules.push_back({rule.codes, policy_of(rule.retry)});
    return rules;
}

GateSettings gate_settings(const config::Connection& connection) {
    GateSettings settings;
    settings.connection = connection.name;
    settings.quota = {connection.quota.concurrency,  connection.quota.per_second, connection.quota.per_minute,
                      connection.quota.per_day,      connection.quota.batch,      connection.quota.critical_reserve,
                      connection.quota.bulk_at_least};
    settings.breaker = {connection.breaker.failures, connection.breaker.open_for, connection.breaker.open_for_max};
    return settings;
}

Priority priority_of(const config::Route& route) {
    if (route.priority == "critical") return Priority::critical;
    return route.priority == "bulk" ? Priority::bulk : Priority::normal;
}

KeySelector key_selector(const std::string& expression) {
    auto parsed = KeySelector::parse(expression);
    return parsed ? *parsed : KeySelector{};
}

LaneSettings lane_settings(const config::Route& route, const config::Destination& to, journal::LaneId lane,
                           const plugin::SinkHandle& sink, const ConnectionGate& gate,
                           std::shared_ptr<PostedObjects> posted, std::chrono::nanoseconds posted_for) {
    LaneSettings settings;
    settings.id = lane;
    settings.route = route.name;
    settings.destination = to.name;
    settings.key = key_selector(route.key);
    settings.retry = retry_rules(to);
    settings.provides = {route.provides.object, key_selector(route.provides.key)};
    for (const config::Predecessor& one : route.after) {
        settings.after.push_back({one.object.object, key_selector(one.object.key), one.wait});
    }
    settings.posted = std::move(posted);
    settings.posted_for = posted_for;
    settings.limits = sink.limits();
    for (const std::uint32_t most : {to.batch_records, gate.batch_max()}) {
        if (most != 0) settings.limits.max_batch_records = std::min(settings.limits.max_batch_records, most);
    }
    settings.traits = sink.traits();
    settings.can_resolve = sink.can_resolve();
    settings.window_records = std::max<std::size_t>(settings.window_records, 4ull * settings.limits.max_batch_records);
    return settings;
}

}  // namespace weir::flow
