#include "runtime/config/keys.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>

namespace weir::config {
namespace {

constexpr bool required = true;
constexpr bool optional = false;

constexpr Section kSections[] = {
#define WEIR_SECTION(name, title, about) {SectionId::name, #name, title, about},
#define WEIR_KEY(section, name, type, detail, fallback, presence, about)
#include "runtime/config/keys.def"
#undef WEIR_SECTION
#undef WEIR_KEY
};

constexpr Key kKeys[] = {
#define WEIR_SECTION(name, title, about)
#define WEIR_KEY(section, name, type, detail, fallback, presence, about) \
    {SectionId::section, #name, Type::type, detail, fallback, presence, about},
#include "runtime/config/keys.def"
#undef WEIR_SECTION
#undef WEIR_KEY
};

constexpr std::string_view kRecordAttributes[] = {"key",    "subject",        "id",          "source", "type",
                                                  "schema", "correlation_id", "causation_id"};

std::string in_bounds(std::string base, const Key& key) {
    const auto [low, high] = bounds_of(key);
    if (!low.empty() && low == high) return std::string(low);
    if (!low.empty()) base += " from " + std::string(low);
    if (!high.empty()) base += " to " + std::string(high);
    return base;
}

std::string one_of(const Key& key) {
    std::string text = "one of";
    for (const std::string_view choice : choices_of(key)) {
        text += text.ends_with("of") ? " " : ", ";
        text += choice;
    }
    return text;
}

}  // namespace

std::span<const Section> sections() noexcept { return kSections; }

std::span<const Key> keys_of(SectionId section) noexcept {
    const auto in_section = [&](const Key& key) { return key.section == section; };
    const auto* const first = std::find_if(std::begin(kKeys), std::end(kKeys), in_section);
    return {first, std::find_if_not(first, std::end(kKeys), in_section)};
}

const Key* find_key(SectionId section, std::string_view name) noexcept {
    const auto keys = keys_of(section);
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

const Section& section_of(SectionId id) noexcept { return kSections[static_cast<std::size_t>(id)]; }

SectionId nested_section(const Key& key) {
    for (const Section& section : kSections) {
        if (section.name == key.detail) return section.id;
    }
    assert(false && "keys.def names a section that is not there");
    std::abort();
}

Bounds bounds_of(const Key& key) noexcept {
    const std::size_t dots = key.detail.find("..");
    if (dots == std::string_view::npos) return {};
    return {key.detail.substr(0, dots), key.detail.substr(dots + 2)};
}

std::vector<std::string_view> choices_of(const Key& key) {
    std::vector<std::string_view> choices;
    for (std::string_view rest = key.detail; !rest.empty();) {
        const std::size_t bar = std::min(rest.find('|'), rest.size());
        choices.push_back(rest.substr(0, bar));
        rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
    return choices;
}

std::string expectation(const Key& key) {
    switch (key.type) {
        case Type::text:
            return "text";
        case Type::name:
            return "a name of a-z, 0-9, '.', '_' and '-', at most 64, a letter or digit first";
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return in_bounds("a whole number", key);
        case Type::ratio:
            return in_bounds("a number", key);
        case Type::duration:
            return in_bounds("a duration", key);
        case Type::size:
            return in_bounds("a size", key);
        case Type::path:
            return "a path";
        case Type::listen:
            return "an address and a port such as 127.0.0.1:8080";
        case Type::choice:
            return one_of(key);
        case Type::plugin_id:
            return "the id of a plugin";
        case Type::plugin_reference:
            return "the id of a plugin, with a range when wanted: ledger@^1.2";
        case Type::version_range:
            return "a version such as 1.2.3 or a range such as ^1.2 or ~1.2";
        case Type::version:
            return "a version such as 1.2.0";
        case Type::date:
            return "a day such as 2026-10-01";
        case Type::record_key:
            return "record. and the name of an attribute";
        case Type::paths:
            return "a list of paths";
        case Type::strings:
            return "a list of texts";
        case Type::steps:
            return "a list of steps";
        case Type::section:
        case Type::settings:
        case Type::sections_by_name:
            return "a map";
        case Type::sections:
            return "a list of maps";
        case Type::section_or_sections:
            return "a map or a list of maps";
    }
    return "?";
}

std::span<const std::string_view> record_attributes() noexcept { return kRecordAttributes; }

}  // namespace weir::config
