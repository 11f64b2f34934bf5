#include "runtime/canonical/keywords.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "runtime/base/json_pointer.hpp"

namespace weir::canonical {

namespace {

constexpr std::string_view kValues[] = {"$schema",
                                        "$id",
                                        "$comment",
                                        "title",
                                        "description",
                                        "default",
                                        "deprecated",
                                        "readOnly",
                                        "writeOnly",
                                        "contentEncoding",
                                        "contentMediaType",
                                        "contentSchema",
                                        "examples",
                                        "type",
                                        "enum",
                                        "const",
                                        "$ref",
                                        "minLength",
                                        "maxLength",
                                        "pattern",
                                        "format",
                                        "minimum",
                                        "maximum",
                                        "exclusiveMinimum",
                                        "multipleOf",
                                        "minContains",
                                        "maxContains",
                                        "minItems",
                                        "maxItems",
                                        "exclusiveMaximum",
                                        "uniqueItems",
                                        "minProperties",
                                        "maxProperties",
                                        "required",
                                        "dependentRequired"};
constexpr std::string_view kSchemas[] = {"items", "contains", "additionalProperties", "propertyNames", "not", "if",
                                         "then",  "else"};
constexpr std::string_view kLists[] = {"prefixItems", "allOf", "anyOf", "oneOf"};
constexpr std::string_view kMaps[] = {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"};

template <std::size_t kSize>
bool is_in(const std::string_view (&names)[kSize], std::string_view name) noexcept {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

Holds holds(std::string_view keyword) noexcept {
    if (keyword.starts_with("x-") || is_in(kValues, keyword)) return Holds::value;
    if (is_in(kSchemas, keyword)) return Holds::schema;
    if (is_in(kLists, keyword)) return Holds::schema_list;
    if (is_in(kMaps, keyword)) return Holds::schema_map;
    return Holds::unknown;
}

const Json* resolve_reference(const Json& root, std::string_view reference) {
    if (!reference.starts_with('#')) return nullptr;
    reference.remove_prefix(1);
    const Json* at = &root;
    while (!reference.empty()) {
        if (reference.front() != '/') return nullptr;
        reference.remove_prefix(1);
        const std::string_view token = reference.substr(0, reference.find('/'));
        reference.remove_prefix(token.size());
        std::string name;
        for (std::size_t i = 0; i < token.size(); ++i) {
            const bool escaped = token[i] == '~' && i + 1 < token.size();
            name += !escaped ? token[i] : token[++i] == '1' ? '/' : '~';
        }
        if (at->is_array()) {
            std::size_t index = at->size();
            std::from_chars(name.data(), name.data() + name.size(), index);
            if (index >= at->size()) return nullptr;
            at = &(*at)[index];
        } else {
            const auto member = at->is_object() ? at->find(name) : at->end();
            if (member == at->end()) return nullptr;
            at = &*member;
        }
    }
    return at;
}

void visit_schemas(Json& schema, const std::string& pointer, const Visit& visit) {
    visit(schema, pointer);
    if (!schema.is_object()) return;
    for (auto member = schema.begin(); member != schema.end(); ++member) {
        const std::string inside = pointer + '/' + pointer_token(member.key());
        Json& held = member.value();
        switch (holds(member.key())) {
            case Holds::schema:
                visit_schemas(held, inside, visit);
                break;
            case Holds::schema_list:
                for (std::size_t i = 0; held.is_array() && i < held.size(); ++i) {
                    visit_schemas(held[i], inside + '/' + std::to_string(i), visit);
                }
                break;
            case Holds::schema_map:
                for (auto item = held.begin(); held.is_object() && item != held.end(); ++item) {
                    visit_schemas(item.value(), inside + '/' + pointer_token(item.key()), visit);
                }
                break;
            case Holds::value:
            case Holds::unknown:
                break;
        }
    }
}

}  // namespace weir::canonical
