// From the text of a schema to its nodes.
#include "schema.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace weir::validate {

namespace {

// The beginning of a value as messages show it: a schema's file spreads it over lines.
std::string on_one_line(std::string_view json) {
    constexpr std::size_t kShownMax = 120;
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size() && out.size() < kShownMax; ++i) {
        const char c = json[i];
        if (!quoted && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        if (c == '"') quoted = !quoted;
        out += c;
        if (quoted && c == '\\') out += json[++i];  // what is escaped ends nothing
    }
    return out;
}

}  // namespace

// Works through the schema once; each subschema is compiled where it is first needed, so that $ref may point anywhere,
// also back.
class Compiler {
  public:
    explicit Compiler(const JsonValue& root) : root_(root) {}

    [[nodiscard]] Result<Schema> compile() {
        collect_anchors(root_, "");
        WEIR_TRY([[maybe_unused]] const Index first, at(root_, ""));
        // Nodes are handed out before they are filled; what they still wait for is done here, not by recursion, so a
        // schema cannot exhaust the stack.
        while (!waiting_.empty()) {
            const auto [index, value, pointer] = std::move(waiting_.back());
            waiting_.pop_back();
            WEIR_TRY(Node node, fill(value, pointer));
            if (node.object) number_required(*node.object);
            node.combines = !node.all_of.empty() || !node.any_of.empty() || !node.one_of.empty() ||
                            node.not_ != kNone || node.if_ != kNone;
            schema_.nodes_[index] = std::move(node);
        }
        WEIR_CHECK_OK(check_loops());
        return std::move(schema_);
    }

  private:
    static void number_required(Schema::ObjectRules& rules) {
        std::uint64_t bit = 1;
        for (const std::string& name : rules.required) {
            const auto property = std::find_if(rules.properties.begin(), rules.properties.end(),
                                               [&](const auto& candidate) { return candidate.name == name; });
            if (property == rules.properties.end() || bit == 0) {
                rules.required_besides.push_back(name);
                continue;
            }
            if (property->required != 0) continue;  // asked for twice
            property->required = bit;
            rules.required_bits |= bit;
            bit <<= 1;
        }
    }

    using Index = Schema::Index;
    using Node = Schema::Node;
    static constexpr Index kNone = Schema::kNone;

    struct Waiting {
        Index index;
        JsonValue value;
        std::string pointer;
    };

    static Error bad(const std::string& pointer, const std::string& problem) {
        return {Errc::invalid, "schema " + (pointer.empty() ? "/" : pointer) + ": " + problem, "BAD_SCHEMA", {}};
    }
    static Error expected(const std::string& pointer, std::string_view what, const JsonValue& found) {
        return bad(pointer, "found " + std::string(found.raw().substr(0, 80)) + ", expected " + std::string(what));
    }

    void collect_anchors(const JsonValue& value, const std::string& pointer) {
        for (const auto& [key, member] : value.members()) {
            if (key == "$anchor" && member.is_string()) anchors_.emplace(*member.string(), pointer);
            collect_anchors(member, pointer + '/' + escape(key));
        }
        std::size_t index = 0;
        for (const JsonValue element : value.elements()) {
            collect_anchors(element, pointer + '/' + std::to_string(index++));
        }
    }
    static std::string escape(std::string_view key) {
        std::string text;
        for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        return text;
    }

    // The node of the subschema at `pointer`; the same one each time.
    Result<Index> at(const JsonValue& value, const std::string& pointer) {
        if (!value.is_object() && !value.is_boolean())
            return expected(pointer, "a schema, an object or a boolean", value);
        const auto [known, is_new] = indices_.emplace(pointer, static_cast<Index>(schema_.nodes_.size()));
        if (is_new) {
            schema_.nodes_.emplace_back();
            waiting_.push_back({known->second, value, pointer});
        }
        return known->second;
    }

    Result<Node> fill(const JsonValue& value, const std::string& pointer) {
        Node node;
        if (value.is_boolean()) {
            node.never = !*value.boolean();
            return node;
        }
        for (const auto& [key, member] : value.members()) {
            WEIR_TRY(const bool known, keyword(node, key, member, pointer + '/' + escape(key)));
            if (!known) {
                return bad(pointer + '/' + escape(key), "keyword \"" + std::string(key) + "\" is not supported");
            }
        }
        return node;
    }

    // False: nobody knows the keyword.
    Result<bool> keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        static constexpr std::string_view kAnnotations[] = {
            "$schema",     "$id",          "$comment",   "$anchor",  "$defs",     "definitions",     "title",
            "description", "default",      "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
            "examples",    "contentSchema"};
        if (key.starts_with("x-") ||
            std::find(std::begin(kAnnotations), std::end(kAnnotations), key) != std::end(kAnnotations)) {
            return true;
        }
        for (const auto part : {&Compiler::any_keyword, &Compiler::combining_keyword, &Compiler::string_keyword,
                                &Compiler::number_keyword, &Compiler::array_keyword, &Compiler::object_keyword}) {
            WEIR_TRY(const bool known, (this->*part)(node, key, value, pointer));
            if (known) return true;
        }
        return false;
    }

    Result<bool> any_keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        if (key == "type") {
            WEIR_CHECK_OK(read_types(node, value, pointer));
        } else if (key == "enum") {
            if (!value.is_array()) return expected(pointer, "an array of values", value);
            Schema::Values& allowed = node.values.emplace_back();
            allowed.text = "one of " + on_one_line(value.raw());
            for (const JsonValue element : value.elements()) allow(allowed, element);
        } else if (key == "const") {
            Schema::Values& allowed = node.values.emplace_back();
            allowed.text = on_one_line(value.raw());
            allow(allowed, value);
        } else if (key == "$ref") {
            WEIR_TRY(const Index target, resolve(value, pointer));
            node.all_of.push_back(target);
        } else {
            return false;
        }
        return true;
    }
    static void allow(Schema::Values& values, const JsonValue& value) {
        std::string text;
        append_canonical(value, text);
        values.canonical.insert(std::move(text));
        if (value.is_string()) values.strings.emplace_back(*value.string());
    }

    static Status read_types(Node& node, const JsonValue& value, const std::string& pointer) {
        static constexpr std::pair<std::string_view, std::uint32_t> kTypes[] = {
            {"null", kNull},     {"boolean", kBoolean}, {"integer", kInteger}, {"number", kNumber | kInteger},
            {"string", kString}, {"array", kArray},     {"object", kObject}};
        const auto add = [&](const JsonValue& name) -> Status {
            const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                           [&](const auto& t) { return name.string() == t.first; });
            if (type == std::end(kTypes)) return expected(pointer, "a type of JSON", name);
            node.types |= type->second;
            node.types_text += (node.types_text.empty() ? "" : " or ") + std::string(type->first);
            return ok();
        };
        if (!value.is_array()) return add(value);
        for (const JsonValue name : value.elements()) WEIR_CHECK_OK(add(name));
        return ok();
    }

    // "#", "#/$defs/money", "#money". Other documents are not fetched.
    Result<Index> resolve(const JsonValue& value, const std::string& pointer) {
        const auto reference = value.string();
        if (!reference || !reference->starts_with('#')) {
            return expected(pointer, "a reference into this schema, \"#/$defs/name\"", value);
        }
        std::string target(reference->substr(1));
        if (!target.empty() && target[0] != '/') {
            const auto anchor = anchors_.find(target);
            if (anchor == anchors_.end()) return expected(pointer, "an anchor of this schema", value);
            target = anchor->second;
        }
        const JsonValue found = root_.pointer(target);
        if (!found.exists()) return expected(pointer, "a reference to something that is there", value);
        return at(found, target);
    }

    Result<bool> combining_keyword(Node& node, std::string_view key, const JsonValue& value,
                                   const std::string& pointer) {
        const std::pair<std::string_view, std::vector<Index>*> lists[] = {
            {"allOf", &node.all_of}, {"anyOf", &node.any_of}, {"oneOf", &node.one_of}};
        for (const auto& [name, list] : lists) {
            if (key != name) continue;
            if (value.size() == 0 || !value.is_array()) return expected(pointer, "an array of schemas", value);
            WEIR_CHECK_OK(read_list(*list, value, pointer));
            return true;
        }
        const std::pair<std::string_view, Index*> singles[] = {
            {"not", &node.not_}, {"if", &node.if_}, {"then", &node.then_}, {"else", &node.else_}};
        for (const auto& [name, single] : singles) {
            if (key != name) continue;
            WEIR_TRY(*single, at(value, pointer));
            return true;
        }
        return false;
    }
    Status read_list(std::vector<Index>& list, const JsonValue& value, const std::string& pointer) {
        std::size_t i = 0;
        for (const JsonValue element : value.elements()) {
            WEIR_TRY(const Index index, at(element, pointer + '/' + std::to_string(i++)));
            list.push_back(index);
        }
        return ok();
    }

    template <class Rules>
    static Rules& rules(std::unique_ptr<Rules>& slot) {
        if (!slot) slot = std::make_unique<Rules>();
        return *slot;
    }
    static Result<std::uint64_t> count(const JsonValue& value, const std::string& pointer) {
        const auto number = value.integer();
        if (!number || *number < 0) return expected(pointer, "a whole number from 0", value);
        return static_cast<std::uint64_t>(*number);
    }
    static Result<Schema::Pattern> pattern_of(std::string_view text, const std::string& pointer) {
        // The one place where Boost throws at compile time; at match time see Checker.
        try {
            return Schema::Pattern{std::string(text), boost::regex(text.begin(), text.end(), boost::regex::ECMAScript)};
        } catch (const boost::regex_error& error) {
            return bad(pointer, "found \"" + std::string(text) + "\", expected a regular expression: " + error.what());
        }
    }

    Result<bool> string_keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        if (key == "minLength") {
            WEIR_TRY(rules(node.string).min, count(value, pointer));
        } else if (key == "maxLength") {
            WEIR_TRY(rules(node.string).max, count(value, pointer));
        } else if (key == "pattern") {
            if (!value.is_string()) return expected(pointer, "a regular expression", value);
            WEIR_TRY(rules(node.string).pattern, pattern_of(*value.string(), pointer));
        } else if (key == "format") {
            if (!value.is_string()) return expected(pointer, "a format's name", value);
            // Others stay annotations, as the specification has it.
            const std::string_view name = *value.string();
            rules(node.string).format = name == "date"        ? Schema::Format::date
                                        : name == "date-time" ? Schema::Format::date_time
                                        : name == "uuid"      ? Schema::Format::uuid
                                                              : Schema::Format::none;
        } else {
            return false;
        }
        return true;
    }

    Result<bool> number_keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        using Bound = std::optional<std::pair<Number, std::string>> Schema::NumberRules::*;
        static constexpr std::pair<std::string_view, Bound> kBounds[] = {
            {"minimum", &Schema::NumberRules::minimum},
            {"maximum", &Schema::NumberRules::maximum},
            {"exclusiveMinimum", &Schema::NumberRules::above},
            {"exclusiveMaximum", &Schema::NumberRules::below},
            {"multipleOf", &Schema::NumberRules::multiple_of}};
        const auto bound =
            std::find_if(std::begin(kBounds), std::end(kBounds), [&](const auto& b) { return b.first == key; });
        if (bound == std::end(kBounds)) return false;
        if (!value.is_number()) return expected(pointer, "a number", value);
        Number number(value.raw());
        if (key == "multipleOf" && number.compare(Number("0")) <= 0)
            return expected(pointer, "a number above 0", value);
        rules(node.number).*(bound->second) = std::pair(std::move(number), std::string(value.raw()));
        return true;
    }

    Result<bool> array_keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        const auto array = [&]() -> Schema::ArrayRules& { return rules(node.array); };
        if (key == "items") {
            if (value.is_array())
                return expected(pointer, "one schema (a list is \"prefixItems\" since 2020-12)", value);
            WEIR_TRY(array().items, at(value, pointer));
        } else if (key == "prefixItems") {
            if (!value.is_array()) return expected(pointer, "an array of schemas", value);
            WEIR_CHECK_OK(read_list(array().prefix, value, pointer));
        } else if (key == "contains") {
            WEIR_TRY(array().contains, at(value, pointer));
        } else if (key == "minContains") {
            WEIR_TRY(array().min_contains, count(value, pointer));
        } else if (key == "maxContains") {
            WEIR_TRY(array().max_contains, count(value, pointer));
        } else if (key == "minItems") {
            WEIR_TRY(array().min, count(value, pointer));
        } else if (key == "maxItems") {
            WEIR_TRY(array().max, count(value, pointer));
        } else if (key == "uniqueItems") {
            if (!value.is_boolean()) return expected(pointer, "true or false", value);
            array().unique = *value.boolean();
        } else {
            return false;
        }
        return true;
    }

    Result<bool> object_keyword(Node& node, std::string_view key, const JsonValue& value, const std::string& pointer) {
        const auto object = [&]() -> Schema::ObjectRules& { return rules(node.object); };
        if (key == "additionalProperties") {
            WEIR_TRY(object().additional, at(value, pointer));
        } else if (key == "propertyNames") {
            WEIR_TRY(object().names, at(value, pointer));
        } else if (key == "minProperties") {
            WEIR_TRY(object().min, count(value, pointer));
        } else if (key == "maxProperties") {
            WEIR_TRY(object().max, count(value, pointer));
        } else if (key == "required") {
            WEIR_TRY(object().required, names(value, pointer));
        } else if (key == "dependentRequired") {
            if (!value.is_object()) return expected(pointer, "an object", value);
            for (const auto& [name, list] : value.members()) {
                WEIR_TRY(auto needed, names(list, pointer + '/' + escape(name)));
                object().dependent_required.emplace_back(name, std::move(needed));
            }
        } else {
            return object_schemas(object, key, value, pointer);
        }
        return true;
    }

    // Keywords that hold a schema per name.
    template <class Object>
    Result<bool> object_schemas(Object object, std::string_view key, const JsonValue& value,
                                const std::string& pointer) {
        if (key != "properties" && key != "patternProperties" && key != "dependentSchemas") return false;
        if (!value.is_object()) return expected(pointer, "an object of schemas", value);
        for (const auto& [name, schema] : value.members()) {
            WEIR_TRY(const Index index, at(schema, pointer + '/' + escape(name)));
            if (key == "properties") {
                object().properties.push_back({std::string(name), index});
            } else if (key == "dependentSchemas") {
                object().dependent.emplace_back(name, index);
            } else {
                WEIR_TRY(auto pattern, pattern_of(name, pointer));
                object().patterns.emplace_back(std::move(pattern), index);
            }
        }
        return true;
    }
    static Result<std::vector<std::string>> names(const JsonValue& value, const std::string& pointer) {
        if (!value.is_array()) return expected(pointer, "an array of names", value);
        std::vector<std::string> all;
        for (const JsonValue name : value.elements()) {
            if (!name.is_string()) return expected(pointer, "an array of names", value);
            all.emplace_back(*name.string());
        }
        return all;
    }

    // A schema that leads back to itself without going down into the document would never come to an end.
    Status check_loops() const {
        enum : std::uint8_t { unseen, open, done };
        std::vector<std::uint8_t> state(schema_.nodes_.size(), unseen);
        for (Index start = 0; start < schema_.nodes_.size(); ++start) {
            std::vector<Index> path{start};
            while (!path.empty()) {
                const Index index = path.back();
                if (state[index] != unseen) {
                    state[index] = done;
                    path.pop_back();
                    continue;
                }
                state[index] = open;
                for (const Index next : in_place(schema_.nodes_[index])) {
                    if (state[next] == open) return bad("", "a \"$ref\" leads back to itself");
                    if (state[next] == unseen) path.push_back(next);
                }
            }
        }
        return ok();
    }
    static std::vector<Index> in_place(const Node& node) {
        std::vector<Index> all;
        for (const auto* list : {&node.all_of, &node.any_of, &node.one_of})
            all.insert(all.end(), list->begin(), list->end());
        for (const Index index : {node.not_, node.if_, node.then_, node.else_}) {
            if (index != kNone) all.push_back(index);
        }
        if (node.object) {
            for (const auto& [name, index] : node.object->dependent) all.push_back(index);
        }
        return all;
    }

    JsonValue root_;
    Schema schema_;
    std::map<std::string, Index, std::less<>> indices_;
    std::map<std::string, std::string, std::less<>> anchors_;
    std::vector<Waiting> waiting_;
};

Result<Schema> Schema::compile(std::string_view text) {
    JsonParser parser;
    WEIR_TRY(const JsonValue root, parser.parse(text));
    return Compiler(root).compile();
}

}  // namespace weir::validate
