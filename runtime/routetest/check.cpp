#include "runtime/routetest/check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/base/text.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/routetest/golden.hpp"

namespace weir::routetest {

namespace {

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

class Checker {
  public:
    Checker(const Case& test, const Actual& actual, Profile profile, const Actual* plain)
        : test_(test), expect_(test.expect), actual_(actual), profile_(profile), plain_(plain) {}

    [[nodiscard]] std::vector<Failure> run() {
        for (const std::string& promise : actual_.broken_promises) fail(promise);
        if (test_.unknown) {
            check_accounts();
            fail("nothing is expected yet: `weir test --accept` writes down what came", show_all());
            return std::move(failures_);
        }
        check_accounts();
        for (const auto& [destination, expected] : expect_.deliveries) check_deliveries(destination, expected);
        check_ended(journal::DeliveryState::held, "held", expect_.held);
        check_ended(journal::DeliveryState::dead, "dead", expect_.dead);
        check_filtered();
        check_pending();
        check_messages();
        check_order();
        if (profile_ == Profile::plain) {
            check_names();
            check_counts("attempts", expect_.attempts, actual_.attempts);
            check_counts("probes", expect_.probes, actual_.probes);
        }
        check_suppressed();
        check_trace();
        return std::move(failures_);
    }

  private:
    void fail(std::string message, std::string diff = {}) {
        failures_.push_back({std::move(message), std::move(diff), expect_.where});
    }

    [[nodiscard]] std::string show_all() const { return diff_lines("", pretty(expectation_of(actual_)) + "\n"); }
    void check_accounts();
    void check_deliveries(const std::string& destination, const std::vector<ExpectedDelivery>& expected);
    void check_ended(journal::DeliveryState state, std::string_view name,
                     const std::map<std::string, std::vector<ExpectedEnd>>& expected);
    void check_filtered();
    void check_pending();
    void check_messages();
    void check_order();
    void check_counts(std::string_view name, const std::map<std::string, std::uint32_t>& expected,
                      const std::map<std::string, std::uint32_t>& actual);
    void check_suppressed();
    void check_trace();
    void check_names();
    [[nodiscard]] bool fixed_order() const { return profile_ == Profile::plain || profile_ == Profile::duplicated; }

    const Case& test_;
    const Expectation& expect_;
    const Actual& actual_;
    const Profile profile_;
    const Actual* plain_;
    std::vector<Failure> failures_;
};

void Checker::check_accounts() {
    for (const journal::LaneAccount& account : actual_.accounts) {
        if (account.balanced()) continue;
        fail("the books do not add up for " + account.route + " to " + account.destination + ": accepted " +
             std::to_string(account.accepted) + ", delivered " + std::to_string(account.delivered) + ", filtered " +
             std::to_string(account.filtered) + ", held " + std::to_string(account.held) + ", dead " +
             std::to_string(account.dead) + ", pending " + std::to_string(account.pending));
    }
}

// ------------------------------------------------------------------------------------------------ deliveries

Json payload_json(const std::string& payload) {
    auto data = parse_json(payload);
    return data ? std::move(*data) : Json::string(payload);
}

// Both sides of one delivery as they are shown.
std::pair<Json, Json> sides(const ExpectedDelivery& expected, const Delivered& actual, bool exact_numbers) {
    Json left = expected.envelope;
    Json right = align(expected.envelope, actual.envelope, {exact_numbers, true});
    right.kind = Json::Kind::object;
    if (expected.text) {
        left.set("text", Json::string(*expected.text));
        right.set("text", Json::string(actual.payload));
    }
    const bool partial = expected.data_contains.has_value();
    const std::optional<Json>& data = partial ? expected.data_contains : expected.data;
    if (data) {
        left.set(partial ? "data_contains" : "data", *data);
        right.set(partial ? "data_contains" : "data",
                  align(*data, payload_json(actual.payload), {exact_numbers, partial}));
    }
    return {std::move(left), std::move(right)};
}

Json whole(const Delivered& actual) {
    Json shown{Json::Kind::object, {}, {}, {}};
    shown.set("id", Json::string(actual.id));
    shown.set("data", payload_json(actual.payload));
    return shown;
}

std::string id_of(const ExpectedDelivery& expected) {
    const Json* id = expected.envelope.find("id");
    return id == nullptr ? "" : id->text;
}

void Checker::check_deliveries(const std::string& destination, const std::vector<ExpectedDelivery>& expected) {
    const auto found = actual_.deliveries.find(destination);
    std::vector<Delivered> came = found == actual_.deliveries.end() ? std::vector<Delivered>{} : found->second;
    std::vector<ExpectedDelivery> wanted = expected;
    if (!fixed_order()) {
        // Keys may overtake each other: as they were expected, and among those of one id as they came.
        std::ranges::stable_sort(came, {}, &Delivered::id);
        if (std::ranges::none_of(wanted, [](const auto& one) { return id_of(one).empty(); })) {
            std::ranges::stable_sort(wanted, {}, id_of);
        }
    }
    Json left{Json::Kind::array, {}, {}, {}};
    Json right = left;
    for (std::size_t i = 0; i < std::max(wanted.size(), came.size()); ++i) {
        if (i >= wanted.size()) {
            right.items.push_back(whole(came[i]));
        } else if (i >= came.size()) {
            left.items.push_back(sides(wanted[i], {}, expect_.exact_numbers).first);
        } else {
            auto [one, other] = sides(wanted[i], came[i], expect_.exact_numbers);
            left.items.push_back(std::move(one));
            right.items.push_back(std::move(other));
        }
    }
    if (equal(left, right)) return;
    std::string message = "deliveries to " + destination;
    if (wanted.size() != came.size()) {
        message += ": expected " + counted(wanted.size(), "record") + ", there came " + std::to_string(came.size());
    } else {
        message += " are not as expected";
    }
    fail(std::move(message), diff_lines(pretty(left), pretty(right)));
}

std::map<std::string, std::vector<std::string>> order_by_key(const std::vector<Delivered>& books) {
    std::map<std::string, std::vector<std::string>> order;
    for (const Delivered& one : books) {
        const Json* subject = one.envelope.find("subject");
        const std::string key = !one.key.empty() ? one.key : subject != nullptr ? subject->text : one.id;
        order[key].push_back(one.id);
    }
    return order;
}

// Whatever the profile, each key's records come in the same order.
void Checker::check_order() {
    if (plain_ == nullptr) return;
    for (const auto& [destination, books] : plain_->deliveries) {
        const auto found = actual_.deliveries.find(destination);
        if (found == actual_.deliveries.end()) continue;
        const auto expected = order_by_key(books);
        const auto actual = order_by_key(found->second);
        if (expected == actual) continue;
        for (const auto& [key, ids] : expected) {
            const auto other = actual.find(key);
            if (other != actual.end() && other->second == ids) continue;
            std::string left;
            std::string right;
            for (const std::string& id : ids) left += id + "\n";
            if (other != actual.end()) {
                for (const std::string& id : other->second) right += id + "\n";
            }
            fail("key " + in_quotes(key) + " at " + destination + " is not delivered as without the profile",
                 diff_lines(left, right));
        }
    }
}

// ------------------------------------------------------------------------------------------------ what did not arrive

std::string ended_line(const std::string& id, const std::string& code) { return id + ": " + code; }

std::string ended_line(const std::string& id, const ExpectedEnd& end) {
    return end.place.empty() ? ended_line(id, end.code) : id + ": " + end.place + ": " + end.code;
}

void Checker::check_ended(journal::DeliveryState state, std::string_view name,
                          const std::map<std::string, std::vector<ExpectedEnd>>& expected) {
    // Of a record whose places are stated, each of them is told; of others the codes.
    const auto line_of = [&](const Unfinished& one) {
        const auto stated = expected.find(one.id);
        const bool places = stated != expected.end() &&
                            std::ranges::any_of(stated->second, [](const auto& end) { return !end.place.empty(); });
        return ended_line(one.id, ExpectedEnd{places ? one.place() : "", one.code});
    };
    std::set<std::string> left;
    std::set<std::string> right;
    for (const auto& [id, ends] : expected) {
        for (const ExpectedEnd& end : ends) left.insert(ended_line(id, end));
    }
    for (const Unfinished& one : actual_.unfinished) {
        if (one.state == state) right.insert(line_of(one));
    }
    if (left == right) return;
    std::string a;
    std::string b;
    for (const std::string& line : left) a += line + "\n";
    for (const std::string& line : right) b += line + "\n";
    std::string diff = diff_lines(a, b);
    for (const Unfinished& one : actual_.unfinished) {
        if (one.state != state || left.contains(line_of(one))) continue;
        diff += "  " + one.id + ": " + one.place() + ": " + one.message + "\n";
    }
    fail(std::string(name) + " records are not as expected", std::move(diff));
}

void Checker::check_filtered() {
    if (!expect_.filtered) return;
    std::string left;
    std::string right;
    for (const auto& [id, code] : *expect_.filtered) left += code.empty() ? id + "\n" : ended_line(id, code) + "\n";
    for (const auto& [id, code] : actual_.filtered) {
        const auto named = expect_.filtered->find(id);
        const bool any = named != expect_.filtered->end() && named->second.empty();
        right += any || code.empty() ? id + "\n" : ended_line(id, code) + "\n";
    }
    if (left != right) fail("filtered records are not as expected", diff_lines(left, right));
}

void Checker::check_pending() {
    std::set<std::string> left(expect_.pending.begin(), expect_.pending.end());
    std::set<std::string> right(actual_.pending.begin(), actual_.pending.end());
    std::string why;
    for (const Unfinished& one : actual_.unfinished) {
        if (one.state == journal::DeliveryState::held || one.state == journal::DeliveryState::dead) continue;
        right.insert(one.id);
        if (!left.contains(one.id)) why += "  " + one.id + ": " + one.code + ": " + one.message + "\n";
    }
    if (left == right) return;
    std::string a;
    std::string b;
    for (const std::string& id : left) a += id + "\n";
    for (const std::string& id : right) b += id + "\n";
    fail("pending records are not as expected", diff_lines(a, b) + why);
}

void Checker::check_messages() {
    for (const auto& [id, text] : expect_.messages) {
        std::string seen;
        bool found = false;
        for (const Unfinished& one : actual_.unfinished) {
            if (one.id != id) continue;
            found = found || one.message.find(text) != std::string::npos;
            seen += "+ " + one.message + "\n";
        }
        if (!found) fail("no message about " + in_quotes(id) + " contains the text", "- " + text + "\n" + seen);
    }
}

void Checker::check_counts(std::string_view name, const std::map<std::string, std::uint32_t>& expected,
                           const std::map<std::string, std::uint32_t>& actual) {
    for (const auto& [id, count] : expected) {
        const auto found = actual.find(id);
        const std::uint32_t came = found == actual.end() ? 0 : found->second;
        if (came != count) {
            fail(std::string(name) + " of " + in_quotes(id) + ": expected " + std::to_string(count) + ", there were " +
                 std::to_string(came));
        }
    }
}

// What is said of a record that is not there holds, whatever the route does.
void Checker::check_names() {
    for (const std::string& unused : actual_.unused) fail(unused);
    std::set<std::string> ids;
    for (const Given& given : test_.given) {
        if (const auto* record = std::get_if<GivenRecord>(&given)) ids.insert(record->id);
    }
    for (const auto& [id, count] : actual_.attempts) ids.insert(id);
    for (const auto& [route, watch] : actual_.watches) {
        for (const auto& [id, passages] : watch.passages()) ids.insert(id);
    }
    const auto check = [&](std::string_view key, const auto& stated) {
        for (const auto& [id, value] : stated) {
            if (ids.contains(id)) continue;
            const std::string hint = config::suggest(id, {ids.begin(), ids.end()});
            fail(std::string(key) + ": there was no record " + in_quotes(id) + (hint.empty() ? "" : "; " + hint));
        }
    };
    check("attempts", expect_.attempts);
    check("probes", expect_.probes);
    check("messages", expect_.messages);
    check("trace", expect_.trace);
}

void Checker::check_suppressed() {
    if (!expect_.suppressed || profile_ == Profile::duplicated) return;
    if (*expect_.suppressed == actual_.suppressed) return;
    fail("suppressed duplicates: expected " + std::to_string(*expect_.suppressed) + ", there were " +
         std::to_string(actual_.suppressed));
}

void Checker::check_trace() {
    for (const auto& [id, expected] : expect_.trace) {
        std::string left;
        std::string right;
        for (const std::string& one : expected) left += one + "\n";
        for (const std::string& one : actual_.way_of(id)) right += one + "\n";
        if (left != right) fail("the way of " + in_quotes(id) + " is not as expected", diff_lines(left, right));
    }
}

}  // namespace

std::vector<Failure> check_case(const Case& test, const Actual& actual, Profile profile, const Actual* plain) {
    return Checker(test, actual, profile, plain).run();
}

}  // namespace weir::routetest
