// The table of the core's keys, from keys.def.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

enum class Type : std::uint8_t {
    text,  // not empty
    name,  // is_name()
    boolean,
    integer,
    ratio,  // a number with a fraction
    duration,
    size,
    path,    // relative to the file it stands in
    listen,  // address:port
    choice,  // one of the words in `detail`
    plugin_id,
    plugin_reference,  // id[@range]
    version_range,
    version,              // 1.2.3
    date,                 // 2026-10-01
    record_key,           // record.<attribute>
    paths,                // list of path
    strings,              // list of text
    steps,                // list of {transform: settings}
    settings,             // map that something else checks
    section,              // map with the keys of the section in `detail`
    sections,             // list of such maps
    section_or_sections,  // one such map, or a list
    sections_by_name,     // name -> such a map
};

enum class SectionId : std::uint8_t {
#define WEIR_SECTION(name, title, about) name,
#define WEIR_KEY(section, name, type, detail, fallback, presence, about)
#include "runtime/config/keys.def"
#undef WEIR_SECTION
#undef WEIR_KEY
};

struct Section {
    SectionId id;
    std::string_view name;
    std::string_view title;
    std::string_view about;
};

struct Key {
    SectionId section;
    std::string_view name;
    Type type;
    std::string_view detail;
    std::string_view fallback;
    bool required;
    std::string_view about;
};

[[nodiscard]] std::span<const Section> sections() noexcept;
[[nodiscard]] std::span<const Key> keys_of(SectionId section) noexcept;
[[nodiscard]] const Key* find_key(SectionId section, std::string_view name) noexcept;
[[nodiscard]] const Section& section_of(SectionId id) noexcept;
// The section a key's detail names. Aborts on a name that is none: keys.def would be wrong.
[[nodiscard]] SectionId nested_section(const Key& key);

// "1..1024" -> {"1", "1024"}; a missing end is "".
struct Bounds {
    std::string_view low;
    std::string_view high;
};
[[nodiscard]] Bounds bounds_of(const Key& key) noexcept;
// "a|b|c" -> a, b, c.
[[nodiscard]] std::vector<std::string_view> choices_of(const Key& key);
// What a value of this key must be: `a duration such as "500ms", from 1s to 1h`.
[[nodiscard]] std::string expectation(const Key& key);

// The attributes a route's `key` may name, without "record.".
[[nodiscard]] std::span<const std::string_view> record_attributes() noexcept;

}  // namespace weir::config
