#include "runtime/routetest/golden.hpp"

#include <fstream>
#include <set>
#include <utility>

#include "runtime/config/load_yaml.hpp"
#include "runtime/routetest/read_expect.hpp"
#include "runtime/routetest/read_tests.hpp"

namespace weir::routetest {

namespace {

Json delivery_of(const Delivered& delivered) {
    Json value = delivered.envelope;
    if (auto data = parse_json(delivered.payload)) {
        value.set("data", std::move(*data));
    } else {
        value.set("text", Json::string(delivered.payload));
    }
    return value;
}

Json codes_of(const std::set<std::string>& codes) {
    if (codes.size() == 1) return Json::string(*codes.begin());
    Json list{Json::Kind::array, {}, {}, {}};
    for (const std::string& code : codes) list.items.push_back(Json::string(code));
    return list;
}

// By place, where there is more than one that could be meant.
Json ended(const Actual& actual, journal::DeliveryState state) {
    std::map<std::string, std::map<std::string, std::set<std::string>>> ids;
    for (const Unfinished& one : actual.unfinished) {
        if (one.state == state) ids[one.id][one.place()].insert(one.code);
    }
    Json ended{Json::Kind::object, {}, {}, {}};
    for (const auto& [id, places] : ids) {
        if (actual.deliveries.size() == 1 && places.size() == 1) {
            ended.set(id, codes_of(places.begin()->second));
            continue;
        }
        Json by_place{Json::Kind::object, {}, {}, {}};
        for (const auto& [place, codes] : places) by_place.set(place, codes_of(codes));
        ended.set(id, std::move(by_place));
    }
    return ended;
}

// Of the ids that are stated.
Json counts_of(const Json& stated, const std::map<std::string, std::uint32_t>& came) {
    Json counts{Json::Kind::object, {}, {}, {}};
    for (const auto& [id, count] : stated.members) {
        const auto found = came.find(id);
        counts.set(id, Json::number(std::to_string(found == came.end() ? 0 : found->second)));
    }
    return counts;
}

Json ways_of(const Json& stated, const Actual& actual) {
    Json ways{Json::Kind::object, {}, {}, {}};
    for (const auto& [id, way] : stated.members) {
        Json steps{Json::Kind::array, {}, {}, {}};
        for (std::string& step : actual.way_of(id)) steps.items.push_back(Json::string(std::move(step)));
        ways.set(id, std::move(steps));
    }
    return ways;
}

}  // namespace

Json expectation_of(const Actual& actual) {
    Json expect{Json::Kind::object, {}, {}, {}};
    Json deliveries{Json::Kind::object, {}, {}, {}};
    for (const auto& [name, books] : actual.deliveries) {
        Json list{Json::Kind::array, {}, {}, {}};
        for (const Delivered& one : books) list.items.push_back(delivery_of(one));
        deliveries.set(name, std::move(list));
    }
    expect.set("deliveries", std::move(deliveries));
    Json filtered{Json::Kind::object, {}, {}, {}};
    for (const auto& [id, code] : actual.filtered) filtered.set(id, Json::string(code));
    expect.set("filtered", std::move(filtered));
    Json held = ended(actual, journal::DeliveryState::held);
    if (!held.members.empty()) expect.set("held", std::move(held));
    Json dead = ended(actual, journal::DeliveryState::dead);
    if (!dead.members.empty()) expect.set("dead", std::move(dead));
    Json pending{Json::Kind::array, {}, {}, {}};
    for (const std::string& id : actual.pending) pending.items.push_back(Json::string(id));
    for (const Unfinished& one : actual.unfinished) {
        if (one.state == journal::DeliveryState::held || one.state == journal::DeliveryState::dead) continue;
        pending.items.push_back(Json::string(one.id));
    }
    if (!pending.items.empty()) expect.set("pending", std::move(pending));
    return expect;
}

Json renewed_expectation(const Case& test, const Actual& actual) {
    Json renewed = expectation_of(actual);
    if (!test.golden_stated) return renewed;
    for (const auto& [key, stated] : test.golden_stated->members) {
        if (key == "exact_numbers" || key == "messages") renewed.set(key, stated);
        if (key == "attempts") renewed.set(key, counts_of(stated, actual.attempts));
        if (key == "probes") renewed.set(key, counts_of(stated, actual.probes));
        if (key == "suppressed") renewed.set(key, Json::number(std::to_string(actual.suppressed)));
        if (key == "trace") renewed.set(key, ways_of(stated, actual));
    }
    return renewed;
}

std::vector<Failure> check_renewed(const TestFile& file, const Case& test, const Json& expectation,
                                   const Actual& actual) {
    Json whole{Json::Kind::object, {}, {}, {}};
    whole.set(test.name, expectation);
    config::Problems problems;
    Case renewed = test;
    renewed.unknown = false;
    if (const auto node = config::parse_text(pretty(whole), golden_file(file.file).string(), problems)) {
        std::vector<std::string_view> destinations;
        for (const auto& [name, books] : actual.deliveries) destinations.push_back(name);
        const config::Member* read = node->find(test.name);
        if (read != nullptr) {
            renewed.expect = read_expect(read->value, destinations, file.file.parent_path(), problems);
        }
    }
    if (problems.size() == 0) return check_case(renewed, actual, Profile::plain, nullptr);
    const config::Problem first = std::move(problems).take_sorted().front();
    return {{"what came cannot stand in a golden file: " + first.message, {}, test.where}};
}

Status write_golden(const TestFile& test, const std::map<std::string, Json>& accepted) {
    const std::filesystem::path file = golden_file(test.file);
    config::Problems problems;
    std::optional<config::Node> before;
    if (std::filesystem::exists(file)) before = config::parse_file(file, {file.string(), 1, 1}, problems);
    Json all{Json::Kind::object, {}, {}, {}};
    for (const Case& one : test.cases) {
        if (!one.golden) continue;
        const auto fresh = accepted.find(one.name);
        const config::Member* kept = before ? before->find(one.name) : nullptr;
        if (fresh != accepted.end()) {
            all.set(one.name, fresh->second);
        } else if (kept != nullptr) {
            all.set(one.name, json_of(kept->value));
        }
    }
    const std::string text =
        "# Written by `weir test --accept`. Review a change of it like a change of code.\n" + pretty(all) + "\n";
    if (!config::parse_text(text, file.string(), problems)) {
        return Error{
            Errc::invalid,
            "\"" + file.string() + "\" would not be readable: " + std::move(problems).take_sorted().front().message,
            "golden",
            {}};
    }
    // In one step: a reader sees the old expectations or the new ones.
    const std::filesystem::path fresh = file.string() + ".new";
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(fresh, file, error);
    if (!out || error) return Error{Errc::unavailable, "cannot write \"" + file.string() + "\"", "write", {}};
    return ok();
}

}  // namespace weir::routetest
