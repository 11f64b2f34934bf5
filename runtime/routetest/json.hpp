// JSON that keeps its numbers as they are written, for comparing what was expected with what came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/config/node.hpp"

namespace weir::routetest {

struct Json {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;  // of a scalar: "true", the digits of a number, the characters of a string
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> members;  // in the order they stand in

    [[nodiscard]] static Json string(std::string value) { return {Kind::string, std::move(value), {}, {}}; }
    [[nodiscard]] static Json number(std::string digits) { return {Kind::number, std::move(digits), {}, {}}; }
    [[nodiscard]] const Json* find(std::string_view key) const noexcept;
    void set(std::string key, Json value);
};

// nullopt: it is no JSON document (RFC 8259), or nested deeper than a record may be.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);
// A value of a test file. YAML's other spellings of numbers (0x1F) stay as they are.
[[nodiscard]] Json json_of(const config::Node& node);

// Two blanks a level; values that fit into a line stay in one.
[[nodiscard]] std::string pretty(const Json& value);
// On one line.
[[nodiscard]] std::string compact(const Json& value);

struct Comparison {
    bool exact_numbers = false;  // 1.10 is not 1.1
    bool only_expected = false;  // members that are not expected are left out
};
// `actual` as it is to be shown beside `expected`: members in the same order, numbers of equal value in the same
// spelling. Equal to `expected` exactly when it is what was expected.
[[nodiscard]] Json align(const Json& expected, const Json& actual, const Comparison& how);
[[nodiscard]] bool equal(const Json& a, const Json& b) noexcept;

}  // namespace weir::routetest
