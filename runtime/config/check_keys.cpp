#include "runtime/config/check_keys.hpp"

#include <algorithm>
#include <optional>

#include "runtime/config/units.hpp"
#include "runtime/config/version_range.hpp"

namespace weir::config {
namespace {

template <class Value>
bool within(const Key& key, const Value& value, std::optional<Value> (*parse)(std::string_view)) {
    const auto [low, high] = bounds_of(key);
    return (low.empty() || *parse(low) <= value) && (high.empty() || value <= *parse(high));
}

template <class Value>
bool parses_within(const Key& key, const Node& node, std::optional<Value> (*parse)(std::string_view)) {
    const auto value = parse(node.text);
    return value && within<Value>(key, *value, parse);
}

bool is_text(const Node& node) { return node.kind == Node::Kind::string && node.secret.empty() && !node.text.empty(); }

bool is_number(const Node& node) { return node.reads_as(Node::Kind::integer) || node.reads_as(Node::Kind::number); }

bool is_record_key(std::string_view text) {
    constexpr std::string_view kPrefix = "record.";
    const auto attributes = record_attributes();
    return text.starts_with(kPrefix) &&
           std::find(attributes.begin(), attributes.end(), text.substr(kPrefix.size())) != attributes.end();
}

bool is_plugin_reference(std::string_view text) {
    const PluginReference reference = split_plugin_reference(text);
    return is_name(reference.id) && is_version_range(reference.range) && !text.ends_with('@');
}

bool is_choice(const Key& key, const Node& node) {
    const auto choices = choices_of(key);
    return is_text(node) && std::find(choices.begin(), choices.end(), node.text) != choices.end();
}

// Of one value without values in it.
bool scalar_fits(const Key& key, const Node& node) {
    switch (key.type) {
        case Type::boolean:
            return node.reads_as(Node::Kind::boolean);
        case Type::integer:
            return node.reads_as(Node::Kind::integer) &&
                   parses_within<std::int64_t>(key, node, [](auto t) { return parse_integer(t); });
        case Type::ratio:
            return is_number(node) && parses_within<double>(key, node, [](auto t) { return parse_ratio(t); });
        case Type::duration:
            return is_text(node) &&
                   parses_within<std::chrono::milliseconds>(key, node, [](auto t) { return parse_duration(t); });
        case Type::size:
            return (is_text(node) || node.text == "0") &&
                   parses_within<std::uint64_t>(key, node, [](auto t) { return parse_size(t); });
        case Type::name:
            return is_text(node) && is_name(node.text);
        case Type::plugin_id:
            return is_text(node) && is_name(node.text);
        case Type::listen:
            return is_text(node) && is_listen_address(node.text);
        case Type::choice:
            return is_choice(key, node);
        case Type::plugin_reference:
            return is_text(node) && is_plugin_reference(node.text);
        case Type::version_range:
            return is_text(node) && is_version_range(node.text);
        case Type::version:
            return is_text(node) && parse_version(node.text).has_value();
        case Type::date:
            return is_text(node) && is_date(node.text);
        case Type::record_key:
            return is_text(node) && is_record_key(node.text);
        default:
            return is_text(node);
    }
}

std::string duration_hint(const Node& node) {
    if (node.kind == Node::Kind::integer) return "write a unit: " + node.text + "s";
    return "write it as 500ms, 30s, 10m, 2h or 400d";
}

std::string size_hint(const Node& node) {
    if (node.kind == Node::Kind::integer) return "write a unit: " + node.text + "B";
    return "write it as 512B, 64KiB, 8MiB, 1GiB or 1TiB";
}

std::string hint_for(const Key& key, const Node& node) {
    if (key.type == Type::choice && node.is_scalar() && node.reference.empty()) {
        return suggest_near(node.text, choices_of(key));
    }
    if (key.type == Type::record_key && node.is_scalar()) {
        const auto attributes = record_attributes();
        const std::string_view written = node.text;
        const std::size_t dot = written.find('.');
        return suggest(dot == std::string_view::npos ? written : written.substr(dot + 1),
                       {attributes.begin(), attributes.end()});
    }
    if (key.type == Type::duration && node.is_scalar() && !parse_duration(node.text)) return duration_hint(node);
    if (key.type == Type::size && node.is_scalar() && !parse_size(node.text)) return size_hint(node);
    if (key.type == Type::section && key.name == "from" && node.kind == Node::Kind::string) {
        return "write from: { connection: " + node.text + " }";
    }
    if (node.is_scalar() && node.kind != Node::Kind::string && node.kind != Node::Kind::null &&
        (key.type == Type::text || key.type == Type::name)) {
        return "quote it to make it text";
    }
    return {};
}

class Checker {
  public:
    explicit Checker(Problems& problems) : problems_(problems) {}

    void section(const Node& node, const Location& owner, SectionId id) {
        for (const Member& member : node.members) {
            if (const Key* key = find_key(id, member.key)) {
                value(*key, member.value);
            } else if (id != SectionId::connection) {
                unknown(member, id);
            }
        }
        for (const Key& key : keys_of(id)) {
            if (key.required && !node.broken && node.find(key.name) == nullptr) {
                problems_.add(owner, "missing_key", "key " + quote(key.name) + " is missing",
                              "expected " + expectation(key));
            }
        }
    }

  private:
    void unknown(const Member& member, SectionId id) {
        std::vector<std::string_view> names;
        for (const Key& key : keys_of(id)) names.push_back(key.name);
        const bool no_space = member.value.kind == Node::Kind::null && member.key.find(':') != std::string::npos;
        problems_.add(member.where, "unknown_key", "unknown key " + quote(member.key),
                      no_space ? "write a space after the colon" : suggest(member.key, std::move(names)));
    }

    void value(const Key& key, const Node& node) {
        if (node.broken && node.is_scalar()) return;
        if (!node.secret.empty()) {
            problems_.add(node.where, "secret_misplaced", std::string(key.name) + ": a secret cannot stand here");
            return;
        }
        switch (key.type) {
            case Type::paths:
            case Type::strings:
                list(key, node, [&](const Node& item) { text(key, item); });
                return;
            case Type::steps:
                list(key, node, [&](const Node& item) { step(item); });
                return;
            case Type::section:
                map(key, node, node.where);
                return;
            case Type::settings:
                if (node.kind != Node::Kind::map) wrong(key, node);
                return;
            case Type::sections:
                list(key, node, [&](const Node& item) { map(key, item, item.where); });
                return;
            case Type::section_or_sections:
                if (node.kind == Node::Kind::map) {
                    map(key, node, node.where);
                } else if (list(key, node, [&](const Node& item) { map(key, item, item.where); }) &&
                           node.items.empty()) {
                    problems_.add(node.where, "wrong_value", std::string(key.name) + ": the list is empty");
                }
                return;
            case Type::sections_by_name:
                by_name(key, node);
                return;
            default:
                if (!scalar_fits(key, node)) wrong(key, node);
        }
    }

    void by_name(const Key& key, const Node& node) {
        if (node.kind != Node::Kind::map) return wrong(key, node);
        for (const Member& member : node.members) {
            if (!is_name(member.key)) {
                problems_.add(
                    member.where, "wrong_value",
                    "expected a name of a-z, 0-9, '.', '_' and '-', at most 64, a letter or digit first, found " +
                        quote(member.key));
            }
            if (member.value.kind == Node::Kind::map) {
                section(member.value, member.where, nested_section(key));
            } else {
                problems_.add(member.value.where, "wrong_type",
                              member.key + ": expected a map, found " + describe(member.value));
            }
        }
    }

    template <class Check>
    bool list(const Key& key, const Node& node, const Check& check) {
        if (node.kind != Node::Kind::sequence) {
            wrong(key, node);
            return false;
        }
        for (const Node& item : node.items) check(item);
        return true;
    }

    void map(const Key& key, const Node& node, const Location& owner) {
        if (node.kind == Node::Kind::map) return section(node, owner, nested_section(key));
        problems_.add(node.where, "wrong_type", std::string(key.name) + ": expected a map, found " + describe(node),
                      hint_for(key, node));
    }

    void text(const Key& key, const Node& item) {
        if (is_text(item) || item.broken) return;
        problems_.add(item.where, "wrong_type", std::string(key.name) + ": expected text, found " + describe(item));
    }

    void step(const Node& item) {
        if (item.kind == Node::Kind::string && !item.text.empty()) {
            problems_.add(item.where, "wrong_type", "a step is a transform with its settings, found " + describe(item),
                          "write - " + item.text + ": {}");
        } else if (item.kind != Node::Kind::map || item.members.size() != 1) {
            problems_.add(
                item.where, "wrong_type",
                "a step is one transform with its settings, found " +
                    (item.kind == Node::Kind::map ? std::to_string(item.members.size()) + " keys" : describe(item)),
                "write - <transform>: { settings }");
        }
    }

    void wrong(const Key& key, const Node& node) {
        const bool type_differs = !node.is_scalar() || node.kind == Node::Kind::null;
        problems_.add(node.where, type_differs ? "wrong_type" : "wrong_value",
                      std::string(key.name) + ": expected " + expectation(key) + ", found " + describe(node),
                      hint_for(key, node));
    }

    Problems& problems_;
};

}  // namespace

void check_section(const Node& node, const Location& owner, SectionId section, Problems& problems) {
    if (node.kind != Node::Kind::map) {
        problems.add(node.where, "wrong_type", "expected a map, found " + describe(node));
        return;
    }
    Checker(problems).section(node, owner, section);
}

}  // namespace weir::config
