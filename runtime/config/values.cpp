#include "runtime/config/values.hpp"

#include <cassert>

#include "runtime/config/resolve.hpp"
#include "runtime/config/units.hpp"

namespace weir::config {
namespace {

template <class Value, class Parse>
Value parse_or_default(const std::string& text, std::string_view fallback, const Parse& parse) {
    if (const auto value = parse(text)) return *value;
    return parse(fallback).value_or(Value{});
}

}  // namespace

const Node* Values::node(std::string_view name) const {
    assert(find_key(section_, name) != nullptr);
    const Member* member = map_ == nullptr ? nullptr : map_->find(name);
    return member == nullptr ? nullptr : &member->value;
}

std::string Values::raw(std::string_view name) const {
    const Node* found = node(name);
    return found == nullptr ? std::string(find_key(section_, name)->fallback) : found->text;
}

std::string Values::text(std::string_view name) const { return raw(name); }

bool Values::flag(std::string_view name) const {
    const std::string value = raw(name);
    return value.starts_with('t') || value.starts_with('T');
}

std::uint32_t Values::count(std::string_view name) const {
    return static_cast<std::uint32_t>(
        parse_or_default<std::int64_t>(raw(name), find_key(section_, name)->fallback, parse_integer));
}

double Values::ratio(std::string_view name) const {
    return parse_or_default<double>(raw(name), find_key(section_, name)->fallback, parse_ratio);
}

std::chrono::milliseconds Values::duration(std::string_view name) const {
    return parse_or_default<std::chrono::milliseconds>(raw(name), find_key(section_, name)->fallback, parse_duration);
}

std::uint64_t Values::size(std::string_view name) const {
    return parse_or_default<std::uint64_t>(raw(name), find_key(section_, name)->fallback, parse_size);
}

std::string Values::path(std::string_view name) const {
    const std::string value = raw(name);
    return value.empty() ? "" : absolute_path(folder_, value).string();
}

Values Values::section(std::string_view name) const {
    const Node* found = node(name);
    return {found, nested_section(*find_key(section_, name)), folder_};
}

}  // namespace weir::config
