#include "runtime/config/delivery.hpp"

namespace weir::config {
namespace {

RetrySettings read_retry(const Values& values) {
    RetrySettings retry;
    retry.first_delay = values.duration("first_delay");
    retry.max_delay = values.duration("max_delay");
    retry.multiplier = values.ratio("multiplier");
    retry.jitter = values.ratio("jitter");
    retry.max_attempts = values.count("max_attempts");
    retry.max_probes = values.count("max_probes");
    retry.deadline = values.duration("deadline");
    return retry;
}

// What the rule leaves out is as in `common`.
RetryRule read_rule(const Values& values, const RetrySettings& common) {
    RetryRule rule;
    rule.retry = common;
    const auto given = [&values](const char* key) { return values.node(key) != nullptr; };
    if (given("first_delay")) rule.retry.first_delay = values.duration("first_delay");
    if (given("max_delay")) rule.retry.max_delay = values.duration("max_delay");
    if (given("multiplier")) rule.retry.multiplier = values.ratio("multiplier");
    if (given("jitter")) rule.retry.jitter = values.ratio("jitter");
    if (given("max_attempts")) rule.retry.max_attempts = values.count("max_attempts");
    if (given("max_probes")) rule.retry.max_probes = values.count("max_probes");
    if (given("deadline")) rule.retry.deadline = values.duration("deadline");
    if (const Node* codes = values.node("codes")) {
        for (const Node& code : codes->items) rule.codes.push_back(code.text);
    }
    return rule;
}

void check_retry(const RetrySettings& retry, const Values& values, const Location& owner, Problems& problems) {
    if (retry.first_delay <= retry.max_delay) return;
    const Node* written = values.node("max_delay") != nullptr ? values.node("max_delay") : values.node("first_delay");
    problems.add(written == nullptr ? owner : written->where, "wrong_value",
                 "max_delay (" + values.text("max_delay") + ") is shorter than first_delay (" +
                     values.text("first_delay") + ")");
}

}  // namespace

void read_delivery(const Values& values, const std::filesystem::path& folder, Destination& into, Problems& problems) {
    const Values retry = values.section("retry");
    into.retry = read_retry(retry);
    into.retry_declared = values.node("retry") != nullptr;
    into.batch_records = values.count("batch");
    into.deadline = values.duration("deadline");
    into.linger = values.duration("linger");
    check_retry(into.retry, retry, into.where, problems);
    const Node* rules = retry.node("rules");
    if (rules == nullptr) return;
    for (const Node& rule : rules->items) {
        const Values limits(&rule, SectionId::retry_rule, folder);
        into.retry_rules.push_back(read_rule(limits, into.retry));
        check_retry(into.retry_rules.back().retry, limits, rule.where, problems);
    }
}

}  // namespace weir::config
