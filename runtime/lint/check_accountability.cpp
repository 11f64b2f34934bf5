// Who answers for a route, who tests it, and what was waived.

#include <algorithm>
#include <array>
#include <cctype>

#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

constexpr std::size_t kReasonMin = 12;  // characters; "accepted" says nothing

std::string bare(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || byte >= 0x80) out += static_cast<char>(std::tolower(byte));
    }
    return out;
}

bool is_meta(RuleId rule) {
    return rule == RuleId::UNKNOWN_WAIVER || rule == RuleId::STALE_WAIVER || rule == RuleId::VAGUE_WAIVER;
}

// Marks what the waiver covers. False when there is nothing.
bool cover(std::vector<Finding>& findings, const config::Route& route, const config::Waiver& waiver, RuleId rule) {
    bool found = false;
    for (Finding& finding : findings) {
        if (finding.rule != rule || finding.route != route.name || is_meta(finding.rule)) continue;
        finding.waiver = Waiver::route;
        finding.waived_because = waiver.why;
        found = true;
    }
    return found;
}

void apply(Check& check, const RouteView& route, const config::Waiver& waiver) {
    const std::string part = "waive " + waiver.code;
    const Rule* rule = find_rule(waiver.code);
    if (rule == nullptr) {
        return check.add(RuleId::UNKNOWN_WAIVER, route, waiver.where, part,
                         "there is no finding " + quote(waiver.code) + " to waive", nearest_rule(waiver.code));
    }
    if (!cover(check.findings(), *route.route, waiver, rule->id)) {
        return check.add(RuleId::STALE_WAIVER, route, waiver.where, part,
                         std::string(rule->code) + " is waived and not found in route " + quote(route.route->name),
                         "remove the waiver");
    }
    if (is_placeholder(waiver.why) || waiver.why.size() < kReasonMin) {
        check.add(RuleId::VAGUE_WAIVER, route, waiver.where, part,
                  std::string(rule->code) + " is waived because " + quote(waiver.why),
                  "write who decided it, and why it does no harm");
    }
}

}  // namespace

bool is_placeholder(std::string_view text) {
    static constexpr std::array<std::string_view, 20> kWords{
        "todo",   "tbd",   "tba",     "me",      "na",    "none",        "nobody", "noone", "someone", "somebody",
        "anyone", "owner", "unknown", "unowned", "fixme", "placeholder", "x",      "xx",    "test",    "changeme"};
    const std::string word = bare(text);
    return word.empty() || std::ranges::find(kWords, word) != kWords.end();
}

std::string quote(std::string_view text) { return '"' + std::string(text) + '"'; }

void check_accountability(Check& check) {
    for (const RouteView& route : check.view().routes) {
        const config::Route& written = *route.route;
        if (is_placeholder(written.owner)) {
            check.add(RuleId::NO_OWNER, route, written.where, "",
                      "route " + quote(written.name) + " is owned by " + quote(written.owner),
                      "name a team or a person");
        }
        if (check.surroundings().has_tests && !check.surroundings().has_tests(written)) {
            check.add(RuleId::NO_TESTS, route, written.where, "", "no test names route " + quote(written.name),
                      "put a *.test.yaml beside its file");
        }
    }
    for (const config::Mapping& mapping : check.config().mappings) {
        if (!is_placeholder(mapping.owner)) continue;
        check.add(RuleId::NO_OWNER, mapping.where, "mapping " + mapping.id(),
                  "mapping " + quote(mapping.id()) + " is owned by " + quote(mapping.owner), "name a team or a person");
    }
}

void apply_waivers(Check& check) {
    for (const RouteView& route : check.view().routes) {
        for (const config::Waiver& waiver : route.route->waivers) apply(check, route, waiver);
    }
}

}  // namespace weir::lint
