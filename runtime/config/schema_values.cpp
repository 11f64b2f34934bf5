#include "runtime/config/schema_values.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <vector>

#include "runtime/base/text.hpp"
#include "runtime/config/plugin_schema.hpp"
#include "runtime/config/units.hpp"

namespace weir::config {
namespace {

using nlohmann::json;

struct TypeName {
    std::string_view schema;
    std::string_view words;
};
constexpr TypeName kTypes[] = {{"string", "text"},           {"integer", "a whole number"}, {"number", "a number"},
                               {"boolean", "true or false"}, {"object", "a map"},           {"array", "a list"},
                               {"null", "nothing"}};

std::vector<std::string> types_of(const json& schema) {
    std::vector<std::string> types;
    const auto type = schema.find("type");
    if (type == schema.end()) return types;
    if (type->is_string()) types.push_back(type->get<std::string>());
    for (const json& each : type->is_array() ? *type : json::array()) {
        if (each.is_string()) types.push_back(each.get<std::string>());
    }
    return types;
}

bool is_of(const Node& node, std::string_view type) {
    using Kind = Node::Kind;
    if (type == "string") return node.kind == Kind::string;
    if (type == "integer") return node.reads_as(Kind::integer);
    if (type == "number") return node.reads_as(Kind::integer) || node.reads_as(Kind::number);
    if (type == "boolean") return node.reads_as(Kind::boolean);
    if (type == "object") return node.kind == Kind::map;
    if (type == "array") return node.kind == Kind::sequence;
    return type == "null" && node.kind == Kind::null;
}

// A plain "${env:PORT}" was read as text; where the schema wants no text it becomes what it reads as.
void retype(Node& node, const std::vector<std::string>& types) {
    if (node.kind != Node::Kind::string || !node.retypable) return;
    if (types.empty() || std::find(types.begin(), types.end(), "string") != types.end()) return;
    node.kind = core_kind(node.text);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string plain_text(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::optional<double> number_of(const json& schema, const char* keyword) {
    const auto found = schema.find(keyword);
    return found != schema.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

bool format_fits(std::string_view format, std::string_view text) {
    if (format == "weir-duration") return parse_duration(text).has_value();
    if (format == "weir-size") return parse_size(text).has_value();
    if (format == "weir-listen") return is_listen_address(text);
    if (format == "weir-name") return is_name(text);
    if (format == "date-time") return parse_time(text).has_value();
    if (format == "uri") {  // RFC 3986, 3: a scheme and something behind it
        const std::size_t colon = text.find(':');
        return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
               text.find_first_of(" \t\"<>\\^`{|}") == std::string_view::npos;
    }
    return true;
}

std::string_view format_words(std::string_view format) {
    if (format == "weir-duration") return "a duration such as 500ms, 30s, 10m, 2h or 400d";
    if (format == "weir-size") return "a size such as 512B, 64KiB, 8MiB or 1GiB";
    if (format == "weir-listen") return "an address and a port such as 127.0.0.1:8080";
    if (format == "weir-name") return "a name of a-z, 0-9, '.', '_' and '-'";
    if (format == "date-time") return "a time such as 2026-06-01T16:00:00Z";
    return "a URI such as https://example.com/path";
}

// Looks at one value and reports the first thing that is wrong with it.
class ValueCheck {
  public:
    ValueCheck(const Node& node, const json& schema, const std::string& name, Problems& problems)
        : node_(node), schema_(schema), label_(name.empty() ? "" : name + ": "), problems_(problems) {}

    bool passes() {
        if (!type_fits(node_, schema_)) return fail("wrong_type", type_names(schema_), type_hint());
        if (!choices_fit()) return false;
        switch (node_.kind) {
            case Node::Kind::integer:
            case Node::Kind::number:
                return number_fits();
            case Node::Kind::string:
                return text_fits();
            case Node::Kind::sequence:
                return count_fits("minItems", "maxItems", node_.items.size(), "items");
            case Node::Kind::map:
                return count_fits("minProperties", "maxProperties", node_.members.size(), "keys");
            default:
                return true;
        }
    }

  private:
    bool fail(const char* code, const std::string& expected, std::string hint = {}) {
        problems_.add(node_.where, code, label_ + "expected " + expected + ", found " + describe(node_),
                      std::move(hint));
        return false;
    }

    std::string type_hint() const {
        const auto types = types_of(schema_);
        const bool wants_text = std::find(types.begin(), types.end(), "string") != types.end();
        const bool has_text = node_.is_scalar() && node_.kind != Node::Kind::null && node_.kind != Node::Kind::string;
        if (wants_text && has_text) return "quote it to make it text";
        Node plain;
        plain.kind = core_kind(node_.text);
        const bool would_fit = node_.kind == Node::Kind::string && node_.reference.empty() && type_fits(plain, schema_);
        return would_fit ? "write it without quotes" : "";
    }

    bool choices_fit() {
        const auto constant = schema_.find("const");
        const auto choices = schema_.find("enum");
        if (constant == schema_.end() && choices == schema_.end()) return true;
        const json found = json::parse(to_json(node_), nullptr, false);
        if (constant != schema_.end() && found != *constant) return fail("wrong_value", constant->dump());
        if (choices == schema_.end() || !choices->is_array()) return true;
        if (std::find(choices->begin(), choices->end(), found) != choices->end()) return true;
        std::vector<std::string> names;
        for (const json& choice : *choices) names.push_back(plain_text(choice));
        const std::vector<std::string_view> views(names.begin(), names.end());
        std::string list = "one of";
        for (const std::string& choice : names) list += (list.ends_with("of") ? " " : ", ") + choice;
        const bool quotable = node_.is_scalar() && node_.reference.empty();
        return fail("wrong_value", list, quotable ? suggest_near(node_.text, views) : std::string{});
    }

    // Bounds of settings are small numbers; a double holds them. The value itself stays the text it is.
    bool number_fits() {
        const std::optional<double> value = parse_ratio(node_.text.starts_with("0x") || node_.text.starts_with("0o")
                                                            ? std::to_string(parse_integer(node_.text).value_or(0))
                                                            : node_.text);
        if (!value) return fail("wrong_value", "a number that fits");
        if (const auto low = number_of(schema_, "minimum"); low && *value < *low) {
            return fail("wrong_value", "at least " + schema_["minimum"].dump());
        }
        if (const auto high = number_of(schema_, "maximum"); high && *value > *high) {
            return fail("wrong_value", "at most " + schema_["maximum"].dump());
        }
        if (const auto low = number_of(schema_, "exclusiveMinimum"); low && *value <= *low) {
            return fail("wrong_value", "more than " + schema_["exclusiveMinimum"].dump());
        }
        if (const auto high = number_of(schema_, "exclusiveMaximum"); high && *value >= *high) {
            return fail("wrong_value", "less than " + schema_["exclusiveMaximum"].dump());
        }
        return true;
    }

    bool text_fits() {
        const std::string_view text = node_.text;
        if (schema_.contains("minLength") || schema_.contains("maxLength")) {
            if (!count_fits("minLength", "maxLength", characters(text), "characters")) return false;
        }
        const auto pattern = schema_.find("pattern");
        if (pattern != schema_.end() && pattern->is_string() && !matches(pattern->get<std::string>(), node_.text)) {
            // People read what it is for sooner than what it looks like.
            const auto about = schema_.find("description");
            const bool described = about != schema_.end() && about->is_string();
            return fail("wrong_value", "text that matches " + pattern->get<std::string>(),
                        described ? about->get<std::string>() : "");
        }
        const auto format = schema_.find("format");
        if (format == schema_.end() || !format->is_string()) return true;
        const auto& name = format->get_ref<const std::string&>();
        return format_fits(name, text) || fail("wrong_value", std::string(format_words(name)));
    }

    bool count_fits(const char* low_keyword, const char* high_keyword, std::size_t count, const std::string& what) {
        const auto low = number_of(schema_, low_keyword);
        const auto high = number_of(schema_, high_keyword);
        const auto size = static_cast<double>(count);
        if ((!low || size >= *low) && (!high || size <= *high)) return true;
        const std::string bound =
            low && size < *low ? "at least " + schema_[low_keyword].dump() : "at most " + schema_[high_keyword].dump();
        problems_.add(node_.where, "wrong_value",
                      label_ + "expected " + bound + " " + what + ", found " + std::to_string(count));
        return false;
    }

    const Node& node_;
    const json& schema_;
    std::string label_;
    Problems& problems_;
};

}  // namespace

bool check_value(Node& node, const json& schema, const std::string& name, Problems& problems) {
    retype(node, types_of(schema));
    return ValueCheck(node, schema, name, problems).passes();
}

bool type_fits(const Node& node, const json& schema) {
    const auto types = types_of(schema);
    return types.empty() ||
           std::any_of(types.begin(), types.end(), [&](const auto& type) { return is_of(node, type); });
}

std::string type_names(const json& schema) {
    std::string names;
    for (const std::string& type : types_of(schema)) {
        const auto* const known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                               [&](const TypeName& each) { return each.schema == type; });
        names += names.empty() ? "" : " or ";
        names += known == std::end(kTypes) ? type : known->words;
    }
    return names.empty() ? "a value" : names;
}

std::string expected_of(const json& schema) {
    if (!schema.is_object()) return {};
    if (has_flag(schema, "x-weir-secret")) return "expected ${secret:file:PATH} or ${env:NAME}";
    const auto description = schema.find("description");
    const bool described = description != schema.end() && description->is_string();
    if (types_of(schema).empty()) return described ? description->get<std::string>() : "";
    return "expected " + type_names(schema) + (described ? ": " + description->get<std::string>() : "");
}

Node node_from_json(const json& value, const Location& where) {
    Node node;
    node.where = where;
    if (value.is_object()) {
        node.kind = Node::Kind::map;
        for (const auto& entry : value.items()) {
            node.members.push_back({entry.key(), where, node_from_json(entry.value(), where)});
        }
    } else if (value.is_array()) {
        node.kind = Node::Kind::sequence;
        for (const json& item : value) node.items.push_back(node_from_json(item, where));
    } else if (value.is_string()) {
        node.kind = Node::Kind::string;
        node.text = value.get<std::string>();
    } else {
        node.text = value.dump();
        node.kind = core_kind(node.text);
    }
    return node;
}

bool matches(const std::string& pattern, const std::string& text) {
    // std::regex recurses with the length of the text (GCC bug 86164): long text would overflow the stack.
    constexpr std::size_t kTextMax = 4096;
    if (text.size() > kTextMax) return false;
    try {
        return std::regex_search(text, std::regex(pattern, std::regex::ECMAScript));
    } catch (const std::regex_error&) {
        return false;
    }
}

}  // namespace weir::config
