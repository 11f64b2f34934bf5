#include "faults.hpp"

#include <algorithm>
#include <initializer_list>

namespace weir::standin {

struct Faults::Fault {
    std::int64_t id = 0;
    std::string name;
    Json source;
    // match
    std::string method;
    std::string path = "*";
    std::int64_t nth = 0;
    std::int64_t every = 0;
    std::int64_t count = 0;
    std::optional<std::int64_t> until_ms;
    std::uint32_t probability_ppm = 1'000'000;
    std::mt19937_64 random;
    // do
    Down down = Down::no;
    Plan plan;
    // so far
    std::int64_t seen = 0;
    std::int64_t applied = 0;
};

namespace {

Error invalid(const std::string& message) { return {Errc::invalid, message, "INVALID_FAULT", {}}; }

Status check_members(const Json& object, const char* where, std::initializer_list<const char*> known) {
    if (!object.is_object()) return invalid(std::string(where) + ": expected an object");
    for (const auto& [key, value] : object.items()) {
        const bool is_known =
            std::any_of(known.begin(), known.end(), [&k = key](const char* name) { return k == name; });
        if (!is_known) return invalid(std::string(where) + ": unknown member \"" + key + "\"");
    }
    return ok();
}

Result<std::int64_t> whole_number(const Json& object, const char* key, std::int64_t otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_number_integer() || *found < 0) {
        return invalid(std::string(key) + ": found " + found->dump() + ", expected a whole number of 0 or more");
    }
    return found->get<std::int64_t>();
}

// "0.25" or 0.25 (kept as text by parse_json()) in parts of a million: chance needs no floating point either.
Result<std::uint32_t> parts_per_million(const Json& value) {
    auto share = Decimal::parse(text_of(value));
    if (!share.ok() || share->is_negative() || *share > *Decimal::parse("1")) {
        return invalid("probability: found " + value.dump() + ", expected 0 to 1");
    }
    const auto million = Decimal::checked_mul(*share, *Decimal::parse("1000000"));
    if (!million.ok()) return invalid("probability: too many digits");
    return static_cast<std::uint32_t>(std::stoul(million->round(0, Rounding::half_up).to_string()));
}

Result<When> when_of(const Json& action) {
    const std::string text = text_at(action, "when", "before_commit");
    if (text == "before_commit") return When::before_commit;
    if (text == "after_commit") return When::after_commit;
    return invalid("when: found \"" + text + "\", expected \"before_commit\" or \"after_commit\"");
}

Result<int> http_status(const Json& value) {
    if (!value.is_number_integer() || value < 200 || value > 599) {
        return invalid("status: found " + value.dump() + ", expected 200 to 599");
    }
    return value.get<int>();
}

Result<Plan::Answer> status_answer(const Json& action) {
    WEIR_CHECK_OK(check_members(action, "do", {"status", "retry_after", "when", "code"}));
    WEIR_TRY(const int status, http_status(action.at("status")));
    WEIR_TRY(const When when, when_of(action));
    const std::string code = text_at(action, "code", "INJECTED_" + std::to_string(status));
    Reply reply = status < 300 ? json_reply(status, Json::object()) : problem(status, code, "a fault of the stand-in");
    if (const std::string after = text_at(action, "retry_after"); !after.empty()) {
        reply.headers.emplace_back("Retry-After", after);
    }
    return Plan::Answer{when, std::move(reply)};
}

Result<Plan::Answer> html_answer(const Json& options) {
    WEIR_CHECK_OK(check_members(options, "wrong_content_type", {"status", "when"}));
    WEIR_TRY(const int status, http_status(options.value("status", Json(200))));
    WEIR_TRY(const When when, when_of(options));
    Reply reply;
    reply.status = status;
    reply.content_type = "text/html; charset=utf-8";
    reply.body =
        "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Please try later</h1></body></html>\n";
    return Plan::Answer{when, std::move(reply)};
}

Status read_slow(const Json& options, Plan& plan) {
    WEIR_CHECK_OK(check_members(options, "slow", {"before_ms", "after_ms"}));
    WEIR_TRY(plan.slow_before_ms, whole_number(options, "before_ms", 0));
    WEIR_TRY(plan.slow_after_ms, whole_number(options, "after_ms", 0));
    return ok();
}

Status read_cut(const Json& options, Plan& plan) {
    WEIR_CHECK_OK(check_members(options, "cut", {"at", "byte"}));
    WEIR_TRY(const std::int64_t byte, whole_number(options, "byte", 0));
    const std::string at = text_at(options, "at", "response");
    if (at != "request" && at != "response") {
        return invalid("cut: at: found \"" + at + "\", expected \"request\" or \"response\"");
    }
    (at == "request" ? plan.cut_request_at : plan.cut_response_at) = static_cast<std::size_t>(byte);
    return ok();
}

Status read_late(const Json& options, Plan& plan) {
    WEIR_CHECK_OK(check_members(options, "late_commit", {"after_ms", "status"}));
    Plan::LateCommit late;
    WEIR_TRY(late.after_ms, whole_number(options, "after_ms", 1000));
    WEIR_TRY(late.status, http_status(options.value("status", Json(504))));
    plan.late_commit = late;
    return ok();
}

Result<Down> read_down(const Json& value) {
    const std::string text = value.is_boolean() && value.get<bool>() ? "refuse" : text_of(value);
    if (text == "refuse") return Down::refuse;
    if (text == "accept") return Down::accept;
    return invalid("down: found " + value.dump() + R"(, expected "refuse" or "accept")");
}

Status read_action(const Json& action, Plan& plan, Down& down) {
    if (!action.is_object() || action.empty()) return invalid("do: expected an object with an action");
    if (action.contains("status")) {
        WEIR_TRY(plan.answer, status_answer(action));
        return ok();
    }
    if (action.size() != 1) return invalid("do: expected one action; add a fault for each");
    const std::string name = action.begin().key();
    const Json& options = action.begin().value();
    if (name == "slow") return read_slow(options, plan);
    if (name == "cut") return read_cut(options, plan);
    if (name == "late_commit") return read_late(options, plan);
    if (name == "down") {
        WEIR_TRY(down, read_down(options));
    } else if (name == "wrong_content_type") {
        WEIR_TRY(plan.answer, html_answer(options));
    } else if (name == "closed_period" && options.is_string()) {
        plan.closed_period = options.get<std::string>();
    } else if (name == "quota" && options.is_object()) {
        plan.quota = options;
    } else if (name == "expire_sessions" && options.is_boolean()) {
        plan.expire_sessions = options.get<bool>();
    } else {
        return invalid("do: unknown action or wrong options: " + action.dump());
    }
    return ok();
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
    // Goes back to the last star only: enough, because a later star can take over all that an earlier one could.
    std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

Result<std::int64_t> Faults::add(const Json& source, std::int64_t now_ms) {
    WEIR_CHECK_OK(check_members(source, "fault", {"match", "do", "name"}));
    const Json match = source.value("match", Json::object());
    WEIR_CHECK_OK(check_members(match, "match",
                                {"method", "path", "nth", "every", "count", "probability", "seed", "for_seconds"}));
    auto fault = std::make_shared<Fault>();
    fault->source = source;
    fault->method = text_at(match, "method");
    fault->path = text_at(match, "path", "*");
    WEIR_TRY(fault->nth, whole_number(match, "nth", 0));
    WEIR_TRY(fault->every, whole_number(match, "every", 0));
    WEIR_TRY(fault->count, whole_number(match, "count", 0));
    WEIR_TRY(const std::int64_t seed, whole_number(match, "seed", 1));
    fault->random.seed(static_cast<std::uint64_t>(seed));
    if (match.contains("probability")) {
        WEIR_TRY(fault->probability_ppm, parts_per_million(match["probability"]));
    }
    if (match.contains("for_seconds")) {
        const auto seconds = Decimal::parse(text_of(match["for_seconds"]));
        if (!seconds.ok() || seconds->is_negative() || *seconds > *Decimal::parse("1000000")) {
            return invalid("for_seconds: found " + match["for_seconds"].dump() + ", expected seconds such as 2.5");
        }
        const Decimal milliseconds = (*seconds * *Decimal::parse("1000")).round(0, Rounding::up);
        fault->until_ms = now_ms + std::stoll(milliseconds.to_string());
    }
    WEIR_CHECK_OK(read_action(source.value("do", Json()), fault->plan, fault->down));
    fault->id = ++last_id_;
    fault->name = text_at(source, "name", "fault-" + std::to_string(fault->id));
    const std::int64_t id = fault->id;
    faults_.push_back(std::move(fault));
    if (changed_) changed_();
    return id;
}

bool Faults::remove(std::int64_t id) {
    const bool removed = std::erase_if(faults_, [id](const auto& fault) { return fault->id == id; }) != 0;
    if (removed && changed_) changed_();
    return removed;
}

void Faults::clear() {
    faults_.clear();
    if (changed_) changed_();
}

Json Faults::list(std::int64_t now_ms) const {
    Json all = Json::array();
    for (const auto& fault : faults_) {
        Json entry = fault->source;
        entry["id"] = fault->id;
        entry["name"] = fault->name;
        entry["seen"] = fault->seen;
        entry["applied"] = fault->applied;
        entry["in_force"] = in_force(*fault, now_ms);
        all.push_back(std::move(entry));
    }
    return all;
}

bool Faults::in_force(const Fault& fault, std::int64_t now_ms) {
    if (fault.until_ms && now_ms >= *fault.until_ms) return false;
    return fault.count == 0 || fault.applied < fault.count;
}

bool Faults::hits(Fault& fault, std::string_view method, std::string_view path, std::int64_t now_ms) {
    if (fault.down != Down::no || !in_force(fault, now_ms)) return false;
    if (!fault.method.empty() && fault.method != method) return false;
    if (!matches_pattern(fault.path, path)) return false;
    ++fault.seen;
    if (fault.nth != 0 && fault.seen != fault.nth) return false;
    if (fault.every != 0 && fault.seen % fault.every != 0) return false;
    if (fault.probability_ppm < 1'000'000 && fault.random() % 1'000'000 >= fault.probability_ppm) return false;
    ++fault.applied;
    return true;
}

void Faults::merge(const Fault& fault, Plan& plan) {
    const Plan& from = fault.plan;
    plan.names.push_back(fault.name);
    if (plan.slow_before_ms == 0) plan.slow_before_ms = from.slow_before_ms;
    if (plan.slow_after_ms == 0) plan.slow_after_ms = from.slow_after_ms;
    if (!plan.answer) plan.answer = from.answer;
    if (!plan.late_commit) plan.late_commit = from.late_commit;
    if (!plan.cut_request_at) plan.cut_request_at = from.cut_request_at;
    if (!plan.cut_response_at) plan.cut_response_at = from.cut_response_at;
    if (!plan.closed_period) plan.closed_period = from.closed_period;
    if (plan.quota.is_null()) plan.quota = from.quota;
    plan.expire_sessions = plan.expire_sessions || from.expire_sessions;
}

Plan Faults::plan(std::string_view method, std::string_view path, std::int64_t now_ms) {
    Plan plan;
    for (const auto& fault : faults_) {
        if (hits(*fault, method, path, now_ms)) merge(*fault, plan);
    }
    return plan;
}

Down Faults::down(std::int64_t now_ms) const {
    for (const auto& fault : faults_) {
        if (fault->down != Down::no && in_force(*fault, now_ms)) return fault->down;
    }
    return Down::no;
}

void Faults::connection_refused() {
    for (const auto& fault : faults_) {
        if (fault->down != Down::accept) continue;
        ++fault->seen;
        ++fault->applied;
        return;
    }
}

std::optional<std::int64_t> Faults::down_until() const {
    std::optional<std::int64_t> first;
    for (const auto& fault : faults_) {
        if (fault->down == Down::no || !fault->until_ms) continue;
        if (!first || *fault->until_ms < *first) first = fault->until_ms;
    }
    return first;
}

}  // namespace weir::standin
