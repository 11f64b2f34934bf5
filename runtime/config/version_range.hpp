// Semantic versions (semver.org 2.0.0) and the ranges that connections may write behind a plugin's id.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::config {

struct Version {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;
    std::string prerelease;  // "rc.1"; such a version is below the same one without
    // Prereleases are compared as text: enough to choose among installed files.
    [[nodiscard]] std::strong_ordering operator<=>(const Version& other) const noexcept;
    [[nodiscard]] bool operator==(const Version& other) const noexcept = default;
};
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

// "" any | "1.2.3" this one | "^1.2" from 1.2.0 below 2.0.0 (below 0.3.0 for ^0.2) | "~1.2" from 1.2.0 below 1.3.0.
// A prerelease is only in the range that names it, and in "".
[[nodiscard]] bool is_version_range(std::string_view text);
[[nodiscard]] bool in_range(const Version& version, std::string_view range);

// "http@^1.2" -> {"http", "^1.2"}; range "" without an @.
struct PluginReference {
    std::string id;
    std::string range;
};
[[nodiscard]] PluginReference split_plugin_reference(std::string_view text);

}  // namespace weir::config
