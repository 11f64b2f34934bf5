#include "runtime/canonical/dictionary.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/json_pointer.hpp"
#include "runtime/canonical/keywords.hpp"
#include "runtime/canonical/registry.hpp"

namespace weir::canonical {

namespace {

constexpr std::string_view kDefs = "#/$defs/";

std::string text_of(const Json& schema, const char* key) {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const Json& schema, const char* key) {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_boolean() && found->get<bool>();
}

// "canonical/money@1" of "#/$defs/canonical.money@1"; "" of a reference to the schema's own parts.
std::string contract_of(std::string_view reference) {
    if (!reference.starts_with(kDefs) || reference.find('@') == std::string_view::npos) return {};
    std::string name(reference.substr(kDefs.size()));
    if (name.find('/') != std::string::npos) return {};
    std::ranges::replace(name, '.', '/');
    // The dots of an exact version are dots.
    std::replace(name.begin() + static_cast<std::ptrdiff_t>(name.find('@')), name.end(), '/', '.');
    return name;
}

class FieldReader {
  public:
    FieldReader(const Json& root, Depth depth) : root_(root), depth_(depth) {}

    std::vector<Field> run() && {
        members(root_, "");
        return std::move(fields_);
    }

  private:
    // The fields of an object, and of what stands in for it.
    void members(const Json& schema, const std::string& pointer) {
        if (!schema.is_object()) return;
        const auto required = schema.find("required");
        const auto properties = schema.find("properties");
        if (properties != schema.end() && properties->is_object()) {
            for (const auto& [name, property] : properties->items()) {
                const bool needed = required != schema.end() && required->is_array() &&
                                    std::find(required->begin(), required->end(), name) != required->end();
                field(property, pointer + '/' + pointer_token(name), needed);
            }
        }
        if (const auto items = schema.find("items"); items != schema.end()) inside(*items, pointer + "/*");
        for (const char* list : {"allOf", "anyOf", "oneOf"}) {
            const auto parts = schema.find(list);
            for (std::size_t i = 0; parts != schema.end() && i < parts->size(); ++i) inside((*parts)[i], pointer);
        }
        if (schema.contains("$ref")) follow(schema, pointer);
    }
    // The same behind a reference, unless that is another contract's or leads in circles.
    void inside(const Json& schema, const std::string& pointer) { members(schema, pointer); }
    void follow(const Json& schema, const std::string& pointer) {
        const std::string reference = text_of(schema, "$ref");
        if (depth_ == Depth::own && !contract_of(reference).empty()) return;
        const Json* target = resolve_reference(root_, reference);
        if (target == nullptr || std::ranges::find(path_, target) != path_.end()) return;
        path_.push_back(target);
        members(*target, pointer);
        path_.pop_back();
    }

    void field(const Json& schema, const std::string& pointer, bool required) {
        if (!schema.is_object()) return;
        // `if` and its like name members again, only to ask something of them.
        if (std::ranges::find(fields_, pointer, &Field::pointer) != fields_.end()) return;
        Field field;
        field.pointer = pointer;
        field.type = type_of(schema);
        field.required = required;
        field.description = annotation(schema, "description");
        field.unit = annotation(schema, "x-weir-unit");
        if (const std::string from = annotation(schema, "x-weir-unit-from"); !from.empty())
            field.unit = "as in " + from;
        field.sign = annotation(schema, "x-weir-sign");
        field.time = annotation(schema, "x-weir-time");
        field.personal = flag_of(schema, "x-weir-personal");
        field.key = flag_of(schema, "x-weir-key");
        if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
            for (const Json& value : *values) {
                field.values +=
                    (field.values.empty() ? "" : ", ") + (value.is_string() ? value.get<std::string>() : value.dump());
            }
        }
        fields_.push_back(std::move(field));
        members(schema, pointer);
    }

    // Of the schema itself; else of an own part it refers to.
    std::string annotation(const Json& schema, const char* key) const {
        std::string text = text_of(schema, key);
        if (!text.empty() || !schema.contains("$ref")) return text;
        const std::string reference = text_of(schema, "$ref");
        if (!contract_of(reference).empty()) return text;
        const Json* target = resolve_reference(root_, reference);
        return target != nullptr && target->is_object() ? text_of(*target, key) : text;
    }

    std::string type_of(const Json& schema, int hops = 0) const {
        if (!schema.is_object()) return "any";
        if (const std::string reference = text_of(schema, "$ref"); !reference.empty()) {
            if (std::string contract = contract_of(reference); !contract.empty()) return contract;
            const Json* target = resolve_reference(root_, reference);
            return target == nullptr || hops > 8 ? "any" : type_of(*target, hops + 1);
        }
        if (flag_of(schema, "x-weir-decimal")) return "decimal";
        for (const char* list : {"anyOf", "oneOf"}) {
            const auto parts = schema.find(list);
            if (parts == schema.end() || !parts->is_array() || hops > 8) continue;
            std::string all;
            for (const Json& part : *parts) all += (all.empty() ? "" : " or ") + type_of(part, hops + 1);
            return all;
        }
        if (schema.contains("const")) return schema.at("const").dump();
        const auto type = schema.find("type");
        if (type == schema.end()) return "any";
        if (type->is_array()) {
            std::string all;
            for (const Json& one : *type) all += (all.empty() ? "" : " or ") + one.get<std::string>();
            return all;
        }
        const auto name = type->get<std::string>();
        if (name == "array")
            return "list of " + (schema.contains("items") ? type_of(schema.at("items"), hops + 1) : "any");
        const std::string format = text_of(schema, "format");
        return name == "string" && !format.empty() ? format : name;
    }

    const Json& root_;
    Depth depth_;
    std::vector<const Json*> path_;
    std::vector<Field> fields_;
};

std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
}

// Another contract's page, where it has one beside this one.
std::string linked(const std::string& type) {
    const std::size_t at = type.find("canonical/");
    if (at == std::string::npos) return cell(type);
    const std::string reference = type.substr(at, type.find(' ', at) - at);
    const std::string name = reference.substr(10, reference.find('@') - 10);
    return type.substr(0, at) + '[' + name + "](" + name + ".md)" + type.substr(at + reference.size());
}

// "`/lines/*/amount`", shown as a path below its object.
std::string row(const Field& field) {
    std::string name = field.pointer.substr(1);
    for (std::size_t at = 0; (at = name.find("/*", at)) != std::string::npos;) name.replace(at, 2, "[]");
    std::ranges::replace(name, '/', '.');
    std::string meaning = field.description;
    if (!field.values.empty()) meaning += " One of: " + field.values + '.';
    if (field.key) meaning += " **Natural key.**";
    return "| `" + name + "` | " + linked(field.type) + " | " + (field.required ? "yes" : "") + " | " +
           cell(field.unit) + " | " + cell(field.sign) + " | " + cell(field.time) + " | " +
           (field.personal ? "yes" : "") + " | " + cell(meaning) + " |\n";
}

// "When `status` is `"closed"`: needs `closed_at`."
std::string rules_of(const Json& schema) {
    std::string rules;
    const auto list = schema.find("allOf");
    for (std::size_t i = 0; list != schema.end() && i < list->size(); ++i) {
        const Json& rule = (*list)[i];
        if (!rule.contains("if") || !rule.contains("then")) continue;
        std::string condition;
        for (const Json& name : rule.at("if").value("required", Json::array())) {
            const Json properties = rule.at("if").value("properties", Json::object());
            const Json wanted = properties.value(name.get<std::string>(), Json::object());
            condition += (condition.empty() ? "`" : " and `") + name.get<std::string>() + '`';
            if (wanted.contains("const")) condition += " is `" + wanted.at("const").dump() + '`';
            if (wanted.contains("enum")) condition += " is one of `" + wanted.at("enum").dump() + '`';
            if (wanted.contains("minItems")) condition += " is not empty";
            if (wanted.empty()) condition += " is there";
        }
        std::string then;
        for (const Json& name : rule.at("then").value("required", Json::array())) {
            then += (then.empty() ? "needs `" : ", `") + name.get<std::string>() + '`';
        }
        const Json asked_of = rule.at("then").value("properties", Json::object());
        for (const auto& [name, asked] : asked_of.items()) {
            if (asked.contains("minItems")) then += (then.empty() ? "`" : "; `") + name + "` must not be empty";
        }
        rules += "- When " + condition + ": " + then + ".\n";
    }
    return rules;
}

}  // namespace

std::vector<Field> fields_of(std::string_view schema_text, Depth depth) {
    const Json root = Json::parse(schema_text, nullptr, false);
    if (root.is_discarded()) return {};
    return FieldReader(root, depth).run();
}

std::string contract_markdown(const Contract& contract, std::string_view example) {
    std::string page = "# " + contract.name + '@' + std::to_string(contract.version.major) + "\n\n";
    page += contract.description + "\n\nVersion " + contract.version.to_string();
    if (!contract.owner_kind.empty())
        page += "; owned by the " + contract.owner_kind + " system unless declared otherwise";
    page +=
        ".\n\n| field | type | required | unit | sign | time | personal | meaning "
        "|\n|---|---|---|---|---|---|---|---|\n";
    for (const Field& field : fields_of(contract.schema_text, Depth::own)) page += row(field);
    const Json schema = Json::parse(contract.schema_text, nullptr, false);
    if (schema.is_object() && schema.value("additionalProperties", Json(true)) == Json(false)) {
        page += "\nOther members are refused.\n";
    }
    if (const std::string rules = rules_of(schema); !rules.empty()) page += "\n## Rules\n\n" + rules;
    if (!example.empty()) {
        page += "\n## Example\n\n```json\n";
        page += example;
        if (!example.ends_with('\n')) page += '\n';
        page += "```\n";
    }
    return page;
}

}  // namespace weir::canonical
