#include "runtime/canonical/schema_rules.hpp"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>

#include "runtime/base/json_pointer.hpp"

namespace weir::canonical {

namespace {

std::string quoted(const Json& value) { return value.dump().substr(0, 80); }

bool is_type(const Json& value) {
    constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                        "string", "array",   "object"};
    return value.is_string() &&
           std::ranges::find(kTypes, value.get_ref<const std::string&>()) != std::ranges::end(kTypes);
}
bool is_count(const Json& value) { return value.is_number_unsigned() || (value.is_number_integer() && value >= 0); }
bool is_text_list(const Json& value) {
    return value.is_array() && std::ranges::all_of(value, [](const Json& one) { return one.is_string(); });
}
// As the validate step reads it.
bool is_pattern(const std::string& text) {
    try {
        return !boost::regex(text, boost::regex::ECMAScript).empty() || text.empty();
    } catch (const boost::regex_error&) {
        return false;
    }
}

// What the keyword's value has to be; "" when it is that.
std::string_view expected_value(std::string_view key, const Json& value) {
    constexpr std::array<std::string_view, 8> kCounts = {"minLength",     "maxLength",    "minItems",
                                                         "maxItems",      "minContains",  "maxContains",
                                                         "minProperties", "maxProperties"};
    constexpr std::array<std::string_view, 4> kNumbers = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"};
    const auto among = [&](const auto& keys) { return std::ranges::find(keys, key) != keys.end(); };
    if (key == "type") {
        const bool list = value.is_array() && std::ranges::all_of(value, is_type);
        return is_type(value) || list ? "" : "a type of JSON or a list of them";
    }
    if (key == "required") return is_text_list(value) ? "" : "a list of names";
    if (key == "enum") return value.is_array() ? "" : "a list of values";
    if (key == "uniqueItems") return value.is_boolean() ? "" : "true or false";
    if (key == "multipleOf") return value.is_number() && value > 0 ? "" : "a number above 0";
    if (key == "pattern") {
        return value.is_string() && is_pattern(value.get<std::string>()) ? "" : "a regular expression";
    }
    if (among(kCounts)) return is_count(value) ? "" : "a whole number from 0 on";
    if (among(kNumbers)) return value.is_number() ? "" : "a number";
    return "";
}

std::string problem_of(const std::string& key, const Json& value) {
    std::string_view expected;
    switch (holds(key)) {
        case Holds::unknown:
            return "keyword \"" + key + "\" is not supported; own annotations begin with \"x-\"";
        case Holds::schema_list:
            if (!value.is_array() || value.empty()) expected = "an array of schemas";
            break;
        case Holds::schema_map:
            if (!value.is_object()) expected = "an object of schemas";
            break;
        default:
            expected = expected_value(key, value);
    }
    if (key == "$schema" && value != kDialect)
        return "expected \"" + std::string(kDialect) + "\", found " + quoted(value);
    return expected.empty() ? std::string() : "expected " + std::string(expected) + ", found " + quoted(value);
}

}  // namespace

std::vector<RuleProblem> check_rules(Json schema) {
    std::vector<RuleProblem> problems;
    visit_schemas(schema, "", [&](Json& node, const std::string& pointer) {
        if (node.is_boolean()) return;
        if (!node.is_object()) {
            problems.push_back({pointer, "expected a schema, an object or a boolean, found " + quoted(node)});
            return;
        }
        for (const auto& [key, value] : node.items()) {
            std::string problem = problem_of(key, value);
            if (!problem.empty()) problems.push_back({pointer + '/' + pointer_token(key), std::move(problem)});
            if (key != "patternProperties" || !value.is_object()) continue;
            for (const auto& [pattern, inner] : value.items()) {
                if (is_pattern(pattern)) continue;
                problems.push_back({pointer + "/patternProperties/" + pointer_token(pattern),
                                    "expected a regular expression, found " + quoted(Json(pattern))});
            }
        }
    });
    return problems;
}

}  // namespace weir::canonical
