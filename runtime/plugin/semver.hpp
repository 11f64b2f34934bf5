// Versions of plugins and the ranges routes pin them with. https://semver.org/spec/v2.0.0.html
#pragma once

#include <weir/result.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::plugin {

struct Version {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;
    std::vector<std::string> pre;  // dot-separated identifiers after '-'; build metadata is dropped: it has no order

    [[nodiscard]] bool is_pre_release() const noexcept { return !pre.empty(); }
};
// Precedence as in section 11.
[[nodiscard]] std::strong_ordering operator<=>(const Version& a, const Version& b) noexcept;
[[nodiscard]] inline bool operator==(const Version& a, const Version& b) noexcept { return (a <=> b) == 0; }

// "1.2.3", "1.2.3-rc.1", "1.2.3+build". `invalid` when it is anything else.
[[nodiscard]] Result<Version> parse_version(std::string_view text);

// What a route accepts: "" any, "1.2.3" exactly, "^1.2" compatible, "~1.2.3" same minor, ">=1.2" from there on.
// Missing parts count as 0. A pre-release is in a range only when the range itself names a pre-release of the same
// major.minor.patch, so that nobody gets one without asking.
class VersionRange {
  public:
    [[nodiscard]] static Result<VersionRange> parse(std::string_view text);
    [[nodiscard]] bool contains(const Version& version) const noexcept;

  private:
    enum class Kind : std::uint8_t { any, exact, below, at_least };
    Kind kind_ = Kind::any;
    Version low_;
    Version high_;  // exclusive; with Kind::below
};

}  // namespace weir::plugin
