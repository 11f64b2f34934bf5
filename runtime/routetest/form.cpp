#include "runtime/routetest/form.hpp"

#include <algorithm>

#include "runtime/config/units.hpp"
#include "runtime/routetest/json.hpp"

namespace weir::routetest {

namespace {

void add_wrong(config::Problems& problems, const config::Node& node, std::string_view name, std::string_view wanted) {
    problems.add(node.where, "wrong_type",
                 std::string(name) + ": expected " + std::string(wanted) + ", found " + config::describe(node));
}

}  // namespace

Form::Form(const config::Node& node, std::string_view what, std::initializer_list<std::string_view> keys,
           config::Problems& problems)
    : node_(node), what_(what), problems_(problems) {
    if (node.kind != config::Node::Kind::map) {
        add_wrong(problems, node, what, "a map");
        return;
    }
    for (const config::Member& member : node.members) {
        if (std::ranges::find(keys, member.key) != keys.end()) continue;
        problems.add(member.where, "unknown_key", "unknown key " + config::quote(member.key) + " in " + what_,
                     config::suggest(member.key, {keys.begin(), keys.end()}));
    }
}

const config::Node* Form::find(std::string_view key) const {
    const config::Member* member = node_.find(key);
    return member == nullptr ? nullptr : &member->value;
}

std::optional<std::string> Form::text(std::string_view key, bool required) const {
    const config::Node* found = find(key);
    if (found != nullptr) return read_text(*found, key, problems_);
    if (required && node_.kind == config::Node::Kind::map) {
        problems_.add(node_.where, "missing_key", "key " + config::quote(key) + " is missing in " + what_);
    }
    return std::nullopt;
}

std::optional<bool> Form::flag(std::string_view key) const {
    const config::Node* found = find(key);
    if (found == nullptr) return std::nullopt;
    if (found->kind != config::Node::Kind::boolean) {
        add_wrong(problems_, *found, key, "true or false");
        return std::nullopt;
    }
    return json_of(*found).text == "true";
}

std::optional<std::uint32_t> Form::count(std::string_view key) const {
    const config::Node* found = find(key);
    return found == nullptr ? std::nullopt : read_count(*found, key, problems_);
}

std::optional<std::string> read_text(const config::Node& node, std::string_view name, config::Problems& problems) {
    if (node.is_scalar() && node.kind != config::Node::Kind::null) return node.text;
    if (node.kind == config::Node::Kind::string) return node.text;
    add_wrong(problems, node, name, "text");
    return std::nullopt;
}

std::optional<std::uint32_t> read_count(const config::Node& node, std::string_view name, config::Problems& problems) {
    const auto value = node.kind == config::Node::Kind::integer ? config::parse_integer(node.text) : std::nullopt;
    if (value && *value >= 0 && *value <= 1'000'000'000) return static_cast<std::uint32_t>(*value);
    add_wrong(problems, node, name, "a whole number from 0 on");
    return std::nullopt;
}

std::vector<std::string> read_texts(const config::Node& node, std::string_view name, config::Problems& problems) {
    std::vector<std::string> texts;
    if (!is_list(node, name, problems)) return texts;
    for (const config::Node& item : node.items) {
        if (auto text = read_text(item, name, problems)) texts.push_back(std::move(*text));
    }
    return texts;
}

bool is_map(const config::Node& node, std::string_view name, config::Problems& problems) {
    if (node.kind == config::Node::Kind::map) return true;
    add_wrong(problems, node, name, "a map");
    return false;
}

bool is_list(const config::Node& node, std::string_view name, config::Problems& problems) {
    if (node.kind == config::Node::Kind::sequence) return true;
    add_wrong(problems, node, name, "a list");
    return false;
}

void add_unknown(config::Problems& problems, const config::Location& where, std::string_view what,
                 std::string_view found, std::vector<std::string_view> names) {
    problems.add(where, "unknown_name", "unknown " + std::string(what) + " " + config::quote(found),
                 config::suggest(found, std::move(names)));
}

}  // namespace weir::routetest
