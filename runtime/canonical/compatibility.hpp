// What a new version of a schema means for those who know the old one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::canonical {

// Who must be able to go on without a change.
enum class Mode : std::uint8_t {
    backward,  // writers: what they wrote for the old version is good under the new one
    forward,   // readers: what is written for the new version means to them what they know
    full,      // both
};
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view text) noexcept;

enum class Level : std::uint8_t { none, patch, minor, major };
[[nodiscard]] std::string_view to_string(Level level) noexcept;

// One thing that differs.
struct Change {
    std::string pointer;  // into the data; `*` stands for every element: "/lines/*/amount"; "": the document
    std::string kind;     // stable: "property_removed", "enum_widened", "meaning_changed", ...
    bool breaks_readers = false;
    bool breaks_writers = false;
    Level level = Level::minor;  // major where it breaks anybody
    std::string message;         // what changed, and whom it hurts
};

struct Difference {
    std::vector<Change> changes;  // in the order of the new schema
    // Of what counts in `mode`; what breaks only the other side is minor then.
    [[nodiscard]] Level level(Mode mode = Mode::full) const noexcept;
    [[nodiscard]] bool compatible(Mode mode = Mode::full) const noexcept { return level(mode) != Level::major; }
};

// Compares two bundled schemas. Readers are expected to pass over members they do not know, so a new optional member
// breaks nobody. Where nobody can tell (a changed pattern, `oneOf`, `if`) it counts as breaking, and says so. Things
// that moved to or from "$defs" did not change. `invalid`: one of them is not a JSON Schema.
[[nodiscard]] Result<Difference> diff(std::string_view old_schema, std::string_view new_schema);

}  // namespace weir::canonical
