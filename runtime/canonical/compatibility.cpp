#include "runtime/canonical/compatibility.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "runtime/base/json_pointer.hpp"
#include "runtime/canonical/keywords.hpp"

namespace weir::canonical {

namespace {

constexpr std::string_view kWords[] = {"title", "description", "$comment", "examples",  "x-weir-owner", "$schema",
                                       "$id",   "deprecated",  "readOnly", "writeOnly", "contentSchema"};
// Compared where they stand, or no part of the meaning.
constexpr std::string_view kSilent[] = {"$schema", "$id", "$comment", "$defs", "definitions", "x-weir-contract"};
// What a value means. Data that looks the same says something else when one of them changes.
constexpr std::string_view kMeaning[] = {"x-weir-unit", "x-weir-unit-from", "x-weir-sign",
                                         "x-weir-time", "x-weir-currency",  "x-weir-decimal",
                                         "x-weir-key",  "contentEncoding",  "contentMediaType"};
constexpr std::string_view kLowerBounds[] = {"minLength",   "minItems",         "minProperties",
                                             "minContains", "exclusiveMinimum", "minimum"};
constexpr std::string_view kUpperBounds[] = {"maxLength",   "maxItems",         "maxProperties",
                                             "maxContains", "exclusiveMaximum", "maximum"};
// Rules of which only their presence can be judged.
constexpr std::string_view kOpaque[] = {
    "pattern", "format", "multipleOf", "contains",    "patternProperties", "propertyNames",     "not",
    "if",      "then",   "else",       "uniqueItems", "prefixItems",       "dependentRequired", "dependentSchemas"};

template <std::size_t kSize>
bool is_in(const std::string_view (&names)[kSize], std::string_view name) noexcept {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string shown(const Json& value) {
    std::string text = value.dump();
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
}

const Json* member(const Json& schema, std::string_view key) {
    const auto found = schema.find(std::string(key));
    return found == schema.end() ? nullptr : &*found;
}

std::set<std::string> names_in(const Json* list) {
    std::set<std::string> names;
    if (list == nullptr) return names;
    if (list->is_string()) return {list->get<std::string>()};
    for (const Json& name : *list) {
        if (name.is_string()) names.insert(name.get<std::string>());
    }
    return names;
}

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// Equal whatever the order of members, and without words.
nlohmann::json essence(const Json& root, const Json& schema, int depth = 0) {
    if (!schema.is_object() || depth > 40) return nlohmann::json::parse(schema.dump());
    nlohmann::json made = nlohmann::json::object();
    for (const auto& [key, value] : schema.items()) {
        if (is_in(kWords, key) || is_in(kSilent, key)) continue;
        const Json* target =
            key == "$ref" && value.is_string() ? resolve_reference(root, value.get<std::string>()) : nullptr;
        if (target != nullptr) {
            const nlohmann::json inner = essence(root, *target, depth + 1);
            if (inner.is_object()) {
                for (const auto& [name, part] : inner.items()) made.emplace(name, part);
                continue;
            }
        }
        switch (holds(key)) {
            case Holds::schema:
                made[key] = essence(root, value, depth + 1);
                break;
            case Holds::schema_list:
                made[key] = nlohmann::json::array();
                for (const Json& part : value) made[key].push_back(essence(root, part, depth + 1));
                break;
            case Holds::schema_map:
                made[key] = nlohmann::json::object();
                for (const auto& [name, part] : value.items()) made[key][name] = essence(root, part, depth + 1);
                break;
            default:
                made[key] = nlohmann::json::parse(value.dump());
        }
    }
    return made;
}

class Differ {
  public:
    Differ(const Json& old_root, const Json& new_root) : old_root_(old_root), new_root_(new_root) {}

    std::vector<Change> run() && {
        compare(old_root_, new_root_, "");
        return std::move(changes_);
    }

  private:
    enum Breaks : std::uint8_t { nobody = 0, readers = 1, writers = 2, both = 3 };

    void add(const std::string& pointer, const char* kind, Breaks breaks, std::string message,
             Level level = Level::minor) {
        changes_.push_back({pointer, kind, (breaks & readers) != 0, (breaks & writers) != 0,
                            breaks == nobody ? level : Level::major, std::move(message)});
    }

    // A schema with what it refers to taken in: members beside a "$ref" go before those behind it. Where both ask
    // something, what is behind it becomes a part of "allOf".
    static Json whole(const Json& root, const Json& schema) {
        if (schema.is_boolean()) return schema.get<bool>() ? Json::object() : Json{{"not", Json::object()}};
        if (!schema.is_object()) return Json::object();
        Json made = schema;
        for (int hops = 0; made.contains("$ref") && hops < 16; ++hops) {
            const std::string reference = made["$ref"].is_string() ? made["$ref"].get<std::string>() : "";
            made.erase("$ref");
            const Json* target = resolve_reference(root, reference);
            if (target == nullptr || !target->is_object()) break;
            const bool collides = std::ranges::any_of(target->items(), [&](const auto& item) {
                return made.contains(item.key()) && !is_in(kWords, item.key()) && !item.key().starts_with("x-");
            });
            if (collides) {
                made["allOf"].push_back(*target);
                break;
            }
            for (const auto& [key, value] : target->items()) {
                if (!made.contains(key)) made[key] = value;
            }
        }
        return made;
    }
    static std::string reference_of(const Json& schema) {
        const Json* reference = schema.is_object() ? member(schema, "$ref") : nullptr;
        return reference != nullptr && reference->is_string() ? reference->get<std::string>() : std::string();
    }

    void compare(const Json& old_schema, const Json& new_schema, const std::string& pointer) {
        // A schema that refers to itself says nothing new the second time.
        const std::pair<std::string, std::string> step{reference_of(old_schema), reference_of(new_schema)};
        const bool refers = !step.first.empty() || !step.second.empty();
        if (refers && std::ranges::find(path_, step) != path_.end()) return;
        if (refers) path_.push_back(step);
        if (!compare_never(old_schema, new_schema, pointer)) compare_all(old_schema, new_schema, pointer);
        if (refers) path_.pop_back();
    }

    // True: one of them allows nothing at all, and everything is said.
    bool compare_never(const Json& old_schema, const Json& new_schema, const std::string& pointer) {
        if (old_schema != false && new_schema != false) return false;
        if (old_schema != false)
            add(pointer, "closed", writers, "nothing is allowed here now: writers may send something");
        if (new_schema != false)
            add(pointer, "opened", readers, "something is allowed here now: readers do not expect it");
        return true;
    }

    void compare_all(const Json& old_schema, const Json& new_schema, const std::string& pointer) {
        const Json old_whole = whole(old_root_, old_schema);
        const Json new_whole = whole(new_root_, new_schema);
        compare_types(old_whole, new_whole, pointer);
        compare_values(old_whole, new_whole, pointer);
        compare_bounds(old_whole, new_whole, pointer);
        compare_opaque(old_whole, new_whole, pointer);
        compare_meaning(old_whole, new_whole, pointer);
        compare_default(old_whole, new_whole, pointer);
        compare_words(old_whole, new_whole, pointer);
        compare_required(old_whole, new_whole, pointer);
        compare_properties(old_whole, new_whole, pointer);
        compare_additional(old_whole, new_whole, pointer);
        compare_items(old_whole, new_whole, pointer);
        compare_all_of(old_whole, new_whole, pointer);
        compare_alternatives(old_whole, new_whole, pointer, "anyOf");
        compare_alternatives(old_whole, new_whole, pointer, "oneOf");
    }

    static std::set<std::string> types_of(const Json& schema) {
        std::set<std::string> types = names_in(member(schema, "type"));
        if (types.empty()) types = {"null", "boolean", "integer", "number", "string", "array", "object"};
        if (types.contains("number")) types.insert("integer");
        return types;
    }
    void compare_types(const Json& before, const Json& after, const std::string& pointer) {
        const auto was = types_of(before);
        const auto is = types_of(after);
        const bool narrower = !std::ranges::includes(is, was);
        const bool wider = !std::ranges::includes(was, is);
        const std::string change =
            "type was " + joined(names_in(member(before, "type"))) + ", is " + joined(names_in(member(after, "type")));
        if (narrower && wider) {
            add(pointer, "type_changed", both, change + ": neither side understands the other");
        } else if (narrower) {
            add(pointer, "type_narrowed", writers, change + ": writers of the old may send what is refused now");
        } else if (wider) {
            add(pointer, "type_widened", readers, change + ": readers of the old do not expect it");
        }
    }

    // nullopt: any value.
    static std::optional<std::set<std::string>> values_of(const Json& schema) {
        std::set<std::string> values;
        if (const Json* constant = member(schema, "const")) return std::set{constant->dump()};
        const Json* list = member(schema, "enum");
        if (list == nullptr || !list->is_array()) return std::nullopt;
        for (const Json& value : *list) values.insert(value.dump());
        return values;
    }
    void compare_values(const Json& before, const Json& after, const std::string& pointer) {
        const auto was = values_of(before);
        const auto is = values_of(after);
        if (was == is) return;
        if (!was)
            return add(pointer, "enum_narrowed", writers, "only " + joined(*is) + " now: writers may send others");
        if (!is) return add(pointer, "enum_widened", readers, "any value now: readers know only " + joined(*was));
        std::set<std::string> gone;
        std::set<std::string> come;
        std::ranges::set_difference(*was, *is, std::inserter(gone, gone.end()));
        std::ranges::set_difference(*is, *was, std::inserter(come, come.end()));
        if (!gone.empty()) add(pointer, "enum_narrowed", writers, joined(gone) + " removed: writers may still send it");
        if (!come.empty()) add(pointer, "enum_widened", readers, joined(come) + " added: readers do not know it");
    }

    void compare_bounds(const Json& before, const Json& after, const std::string& pointer) {
        for (const std::string_view key : kLowerBounds) compare_bound(before, after, pointer, key, true);
        for (const std::string_view key : kUpperBounds) compare_bound(before, after, pointer, key, false);
    }
    void compare_bound(const Json& before, const Json& after, const std::string& pointer, std::string_view key,
                       bool lower) {
        const Json* was = member(before, key);
        const Json* is = member(after, key);
        // Where it is not given, one must be there.
        static const Json kOne = 1;
        if (key == "minContains") {
            if (was == nullptr) was = &kOne;
            if (is == nullptr) is = &kOne;
        }
        // At least nothing is no bound.
        const bool counts = lower && key != "minimum" && key != "exclusiveMinimum" && key != "minContains";
        if (counts && was != nullptr && *was == 0) was = nullptr;
        if (counts && is != nullptr && *is == 0) is = nullptr;
        if ((was == nullptr && is == nullptr) || (was != nullptr && is != nullptr && *was == *is)) return;
        const std::string change = std::string(key) + " was " + (was == nullptr ? "not given" : shown(*was)) + ", is " +
                                   (is == nullptr ? "not given" : shown(*is));
        const bool narrower = was == nullptr || (is != nullptr && (lower ? *was < *is : *is < *was));
        if (narrower) {
            add(pointer, "bound_narrowed", writers, change + ": writers may send what is refused now");
        } else {
            add(pointer, "bound_widened", readers, change + ": readers do not expect it");
        }
    }

    void compare_opaque(const Json& before, const Json& after, const std::string& pointer) {
        for (const std::string_view key : kOpaque) {
            const Json* was = member(before, key);
            const Json* is = member(after, key);
            if (key == "uniqueItems" && was != nullptr && *was == false) was = nullptr;
            if (key == "uniqueItems" && is != nullptr && *is == false) is = nullptr;
            if (was == nullptr && is == nullptr) continue;
            const std::string name = '"' + std::string(key) + '"';
            if (was == nullptr) {
                add(pointer, "rule_added", writers, name + " is new: writers may send what is refused now");
            } else if (is == nullptr) {
                add(pointer, "rule_removed", readers, name + " is gone: readers relied on it");
            } else if (essence_of(key, old_root_, *was) != essence_of(key, new_root_, *is)) {
                add(pointer, "rule_changed", both,
                    name + " changed from " + shown(*was) + " to " + shown(*is) + ": cannot tell whom it hurts");
            }
        }
    }
    static nlohmann::json essence_of(std::string_view key, const Json& root, const Json& value) {
        return essence(root, Json{{std::string(key), value}});
    }

    void compare_meaning(const Json& before, const Json& after, const std::string& pointer) {
        for (const std::string_view key : kMeaning) {
            const Json* was = member(before, key);
            const Json* is = member(after, key);
            const std::string name = '"' + std::string(key) + '"';
            if (was != nullptr && is != nullptr && *was != *is) {
                add(pointer, "meaning_changed", both,
                    name + " was " + shown(*was) + ", is " + shown(*is) + ": the same data means something else");
            } else if (was == nullptr && is != nullptr) {
                add(pointer, "meaning_added", nobody, name + " says now " + shown(*is));
            } else if (was != nullptr && is == nullptr) {
                add(pointer, "meaning_removed", readers,
                    name + " was " + shown(*was) + ", is not said any more: readers relied on it");
            }
        }
        const auto personal = [](const Json& schema) {
            const Json* flag = member(schema, "x-weir-personal");
            return flag != nullptr && *flag == true;
        };
        if (personal(after) && !personal(before)) {
            add(pointer, "personal_added", nobody, "is personal data now: whoever keeps it must protect it");
        } else if (personal(before) && !personal(after)) {
            add(pointer, "personal_removed", nobody, "is personal data no more");
        }
    }

    void compare_default(const Json& before, const Json& after, const std::string& pointer) {
        const Json* was = member(before, "default");
        const Json* is = member(after, "default");
        if (was == nullptr && is != nullptr) {
            add(pointer, "default_added", nobody, "left out means " + shown(*is) + " now");
        } else if (was != nullptr && is == nullptr) {
            add(pointer, "default_removed", readers, "left out meant " + shown(*was) + "; nothing says so any more");
        } else if (was != nullptr && *was != *is) {
            add(pointer, "default_changed", both,
                "left out meant " + shown(*was) + ", means " + shown(*is) + ": the same data means something else");
        }
    }

    void compare_words(const Json& before, const Json& after, const std::string& pointer) {
        for (const std::string_view key : kWords) {
            if (is_in(kSilent, key)) continue;
            const Json* was = member(before, key);
            const Json* is = member(after, key);
            if ((was == nullptr) == (is == nullptr) && (was == nullptr || *was == *is)) continue;
            add(pointer, "words", nobody, '"' + std::string(key) + "\" changed", Level::patch);
        }
    }

    void compare_required(const Json& before, const Json& after, const std::string& pointer) {
        const auto was = names_in(member(before, "required"));
        const auto is = names_in(member(after, "required"));
        for (const std::string& name : is) {
            if (was.contains(name)) continue;
            add(pointer + '/' + pointer_token(name), "required_added", writers,
                "must be there now: writers of the old may leave it out");
        }
        for (const std::string& name : was) {
            const bool removed = has_property(before, name) && !has_property(after, name);
            if (is.contains(name) || removed) continue;  // a removed one is told of as such
            add(pointer + '/' + pointer_token(name), "required_removed", readers,
                "may be left out now: readers of the old rely on it");
        }
    }
    static bool has_property(const Json& schema, const std::string& name) {
        const Json* properties = member(schema, "properties");
        return properties != nullptr && properties->contains(name);
    }

    void compare_properties(const Json& before, const Json& after, const std::string& pointer) {
        const Json none = Json::object();
        const Json* old_list = member(before, "properties");
        const Json* new_list = member(after, "properties");
        const Json& was = old_list == nullptr ? none : *old_list;
        const Json& is = new_list == nullptr ? none : *new_list;
        for (const auto& [name, schema] : is.items()) {
            const std::string at = pointer + '/' + pointer_token(name);
            const Json* rule = member(before, "additionalProperties");
            if (was.contains(name)) {
                compare(was.at(name), schema, at);
            } else if (rule != nullptr && rule->is_object()) {
                compare(*rule, schema, at);  // it could be there before, of that kind
            } else if (!names_in(member(after, "required")).contains(name)) {
                add(at, "property_added", nobody,
                    is_closed(before)
                        ? "is new and may be left out: readers pass over it; one that checks against the "
                          "old contract must get the new one first"
                        : "is new and may be left out: readers pass over it; the old contract was open, so "
                          "a writer may already send something else under this name");
            } else {
                add(at, "property_added", nobody, "is new");  // that it must be there is told apart
            }
        }
        for (const auto& [name, schema] : was.items()) {
            if (is.contains(name)) continue;
            const Json* rule = member(after, "additionalProperties");
            const bool required = names_in(member(before, "required")).contains(name);
            if (rule != nullptr && rule->is_object() && !required) {
                compare(schema, *rule, pointer + '/' + pointer_token(name));  // it may be there still, of that kind
                continue;
            }
            const bool refused = is_closed(after);
            add(pointer + '/' + pointer_token(name), "property_removed", refused ? both : readers,
                std::string("is gone: readers of the old look for it") +
                    (refused ? ", and what writers of the old send is refused" : ""));
        }
    }
    static bool is_closed(const Json& schema) {
        const Json* additional = member(schema, "additionalProperties");
        return additional != nullptr && *additional != true;
    }

    void compare_additional(const Json& before, const Json& after, const std::string& pointer) {
        static const Json kOpen = true;
        const Json* old_rule = member(before, "additionalProperties");
        const Json* new_rule = member(after, "additionalProperties");
        const Json& was = old_rule == nullptr ? kOpen : *old_rule;
        const Json& is = new_rule == nullptr ? kOpen : *new_rule;
        if (was.is_object() && is.is_object()) return compare(was, is, pointer + "/*");
        if (was == is) return;
        if (was.is_object() && is == true) return compare(was, Json::object(), pointer + "/*");
        if (is == false || was == true) {
            add(pointer, "closed", writers,
                is == false ? "other members are refused now: writers may send some"
                            : "other members must be of a certain kind now: writers may send others");
        } else {
            add(pointer, "opened", nobody, "other members are allowed now: readers pass over them");
        }
    }

    void compare_items(const Json& before, const Json& after, const std::string& pointer) {
        const Json* was = member(before, "items");
        const Json* is = member(after, "items");
        if (was != nullptr && is != nullptr) return compare(*was, *is, pointer + "/*");
        if (was == nullptr && is != nullptr) {
            add(pointer, "rule_added", writers, "\"items\" is new: writers may send what is refused now");
        } else if (was != nullptr) {
            add(pointer, "rule_removed", readers, "\"items\" is gone: readers relied on it");
        }
    }

    // Every part holds: parts are compared by their place, more of them ask for more.
    void compare_all_of(const Json& before, const Json& after, const std::string& pointer) {
        const Json none = Json::array();
        const Json* old_list = member(before, "allOf");
        const Json* new_list = member(after, "allOf");
        const auto was = essences(old_root_, old_list == nullptr ? none : *old_list);
        const auto is = essences(new_root_, new_list == nullptr ? none : *new_list);
        const auto missing_in = [](const auto& list, const auto& part) {
            return std::ranges::find(list, part) == list.end();
        };
        const auto gone = std::ranges::count_if(was, [&](const auto& part) { return missing_in(is, part); });
        const auto come = std::ranges::count_if(is, [&](const auto& part) { return missing_in(was, part); });
        if (gone > 0 && come > 0) {
            add(pointer, "rule_changed", both, "a rule of \"allOf\" changed: cannot tell whom it hurts");
        } else if (come > 0) {
            add(pointer, "rule_added", writers, "\"allOf\" asks for more: writers may send what is refused now");
        } else if (gone > 0) {
            add(pointer, "rule_removed", readers, "\"allOf\" asks for less: readers relied on it");
        }
    }
    static std::vector<nlohmann::json> essences(const Json& root, const Json& list) {
        std::vector<nlohmann::json> made;
        for (const Json& part : list) made.push_back(essence(root, part));
        return made;
    }

    void compare_alternatives(const Json& before, const Json& after, const std::string& pointer, const char* key) {
        const Json* old_list = member(before, key);
        const Json* new_list = member(after, key);
        const std::string name = '"' + std::string(key) + '"';
        if (old_list == nullptr && new_list == nullptr) return;
        if (old_list == nullptr) {
            return add(pointer, "rule_added", writers, name + " is new: writers may send what is refused now");
        }
        if (new_list == nullptr) {
            return add(pointer, "rule_removed", readers, name + " is gone: readers relied on it");
        }
        const auto was = essences(old_root_, *old_list);
        const auto is = essences(new_root_, *new_list);
        const auto in = [](const auto& list) {
            return [&list](const auto& part) { return std::ranges::find(list, part) != list.end(); };
        };
        const bool all_old_kept = std::ranges::all_of(was, in(is));
        const bool all_new_known = std::ranges::all_of(is, in(was));
        if (all_old_kept && all_new_known) return;
        if (all_old_kept && std::string_view(key) == "anyOf") {
            add(pointer, "alternative_added", readers, name + " has a further alternative: readers do not know it");
        } else if (all_new_known && std::string_view(key) == "anyOf") {
            add(pointer, "alternative_removed", writers, name + " has an alternative less: writers may still use it");
        } else {
            add(pointer, "rule_changed", both, name + " changed: cannot tell whom it hurts");
        }
    }

    const Json& old_root_;
    const Json& new_root_;
    std::vector<std::pair<std::string, std::string>> path_;
    std::vector<Change> changes_;
};

}  // namespace

std::optional<Mode> parse_mode(std::string_view text) noexcept {
    if (text == "backward") return Mode::backward;
    if (text == "forward") return Mode::forward;
    if (text == "full") return Mode::full;
    return std::nullopt;
}

std::string_view to_string(Level level) noexcept {
    constexpr std::string_view kNames[] = {"none", "patch", "minor", "major"};
    return kNames[static_cast<std::size_t>(level)];
}

Level Difference::level(Mode mode) const noexcept {
    Level highest = Level::none;
    for (const Change& change : changes) {
        const bool counts =
            (change.breaks_readers && mode != Mode::backward) || (change.breaks_writers && mode != Mode::forward);
        highest = std::max(highest, change.level == Level::major && !counts ? Level::minor : change.level);
    }
    return highest;
}

Result<Difference> diff(std::string_view old_schema, std::string_view new_schema) {
    const Json was = Json::parse(old_schema, nullptr, false);
    const Json is = Json::parse(new_schema, nullptr, false);
    for (const auto& [schema, which] : {std::pair(&was, "old"), std::pair(&is, "new")}) {
        if (schema->is_discarded() || (!schema->is_object() && !schema->is_boolean())) {
            return Error{Errc::invalid, std::string("the ") + which + " one is not a JSON Schema", "schema", {}};
        }
    }
    return Difference{Differ(was, is).run()};
}

}  // namespace weir::canonical
