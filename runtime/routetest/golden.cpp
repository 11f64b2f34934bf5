#include "runtime/routetest/golden.hpp"

#include <fstream>
#include <utility>

#include "runtime/config/load_yaml.hpp"
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

Json ended(const Actual& actual, journal::DeliveryState state) {
    Json codes{Json::Kind::object, {}, {}, {}};
    std::map<std::string, std::string> by_id;
    for (const Unfinished& one : actual.unfinished) {
        if (one.state == state) by_id[one.id] = one.code;
    }
    for (const auto& [id, code] : by_id) codes.set(id, Json::string(code));
    return codes;
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
