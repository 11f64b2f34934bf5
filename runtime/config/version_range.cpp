#include "runtime/config/version_range.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace weir::config {
namespace {

struct Numbers {
    std::array<std::uint32_t, 3> value{};
    int count = 0;
};

// "1", "1.2" or "1.2.3".
std::optional<Numbers> parse_numbers(std::string_view text) {
    Numbers numbers;
    while (numbers.count < 3) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(),
                                                  numbers.value[static_cast<std::size_t>(numbers.count)]);
        if (error != std::errc{}) return std::nullopt;
        ++numbers.count;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return numbers;
        if (text.front() != '.') return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::string_view without_operator(std::string_view range) { return range.substr(range.find_first_not_of("^~")); }

}  // namespace

std::strong_ordering Version::operator<=>(const Version& other) const noexcept {
    if (const auto order = major <=> other.major; order != 0) return order;
    if (const auto order = minor <=> other.minor; order != 0) return order;
    if (const auto order = patch <=> other.patch; order != 0) return order;
    if (prerelease.empty() != other.prerelease.empty()) {
        return prerelease.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
    }
    return prerelease.compare(other.prerelease) <=> 0;
}

std::optional<Version> parse_version(std::string_view text) {
    text = text.substr(0, text.find('+'));  // build metadata does not order
    const std::size_t dash = text.find('-');
    const auto numbers = parse_numbers(text.substr(0, dash));
    if (!numbers || numbers->count != 3) return std::nullopt;
    Version version{numbers->value[0], numbers->value[1], numbers->value[2], {}};
    if (dash == std::string_view::npos) return version;
    version.prerelease = text.substr(dash + 1);
    const auto allowed = [](char c) {
        return c == '.' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    if (version.prerelease.empty() || !std::all_of(version.prerelease.begin(), version.prerelease.end(), allowed)) {
        return std::nullopt;
    }
    return version;
}

bool is_version_range(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() == '^' || text.front() == '~') return parse_numbers(text.substr(1)).has_value();
    return parse_version(text).has_value();
}

bool in_range(const Version& version, std::string_view range) {
    if (range.empty()) return true;
    if (range.front() != '^' && range.front() != '~') return parse_version(range) == version;
    const auto from = parse_numbers(without_operator(range));
    if (!from || !version.prerelease.empty()) return false;
    const auto [major, minor, patch] = from->value;
    if (version < Version{major, minor, patch, {}} || version.major != major) return false;
    if (range.front() == '~') return from->count == 1 || version.minor == minor;
    // Below 1.0.0 anything may change with the leftmost number that is not zero (semver 4).
    if (major > 0 || from->count == 1) return true;
    if (minor > 0 || from->count == 2) return version.minor == minor;
    return version.minor == minor && version.patch == patch;
}

PluginReference split_plugin_reference(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) return {std::string(text), {}};
    return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

}  // namespace weir::config
