#include "runtime/plugin/semver.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace weir::plugin {

namespace {

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_identifier(std::string_view text) {
    const auto good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), good);
}

// Leading zeros are refused: "01" and "1" would be two names of one version.
std::optional<std::uint32_t> parse_part(std::string_view text) {
    if (!is_number(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (std::size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

bool parse_pre(std::string_view text, Version& version) {
    for (const std::string_view part : split(text, '.')) {
        if (!is_identifier(part) || (is_number(part) && part.size() > 1 && part[0] == '0')) return false;
        version.pre.emplace_back(part);
    }
    return true;
}

// `parts` says how many of major.minor.patch stand there; 3 unless the caller allows fewer.
std::optional<Version> parse_parts(std::string_view text, std::size_t& parts) {
    if (const auto plus = text.find('+'); plus != std::string_view::npos) {
        for (const std::string_view part : split(text.substr(plus + 1), '.')) {
            if (!is_identifier(part)) return std::nullopt;
        }
        text = text.substr(0, plus);
    }
    Version version;
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        if (!parse_pre(text.substr(dash + 1), version)) return std::nullopt;
        text = text.substr(0, dash);
    }
    const auto numbers = split(text, '.');
    parts = numbers.size();
    if (parts > 3) return std::nullopt;
    std::uint32_t* const fields[] = {&version.major, &version.minor, &version.patch};
    for (std::size_t i = 0; i < parts; ++i) {
        const auto value = parse_part(numbers[i]);
        if (!value) return std::nullopt;
        *fields[i] = *value;
    }
    return version;
}

std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
    const bool a_number = is_number(a);
    const bool b_number = is_number(b);
    if (a_number != b_number) return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
    // Numbers of any length without converting: no leading zeros, so the longer one is larger.
    if (a_number && a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

std::uint32_t next(std::uint32_t value) {
    return value == std::numeric_limits<std::uint32_t>::max() ? value : value + 1;
}

// The first version "^low" does not take: the leftmost part that is not zero may not change.
Version caret_end(const Version& low, std::size_t parts) {
    if (low.major > 0 || parts == 1) return {next(low.major), 0, 0, {}};
    if (low.minor > 0 || parts == 2) return {0, next(low.minor), 0, {}};
    return {0, 0, next(low.patch), {}};
}

Version tilde_end(const Version& low, std::size_t parts) {
    if (parts == 1) return {next(low.major), 0, 0, {}};
    return {low.major, next(low.minor), 0, {}};
}

}  // namespace

std::strong_ordering operator<=>(const Version& a, const Version& b) noexcept {
    if (const auto c = a.major <=> b.major; c != 0) return c;
    if (const auto c = a.minor <=> b.minor; c != 0) return c;
    if (const auto c = a.patch <=> b.patch; c != 0) return c;
    if (a.pre.empty() || b.pre.empty()) return b.pre.size() <=> a.pre.size();  // a release is above its pre-releases
    const std::size_t common = std::min(a.pre.size(), b.pre.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (const auto c = compare_identifiers(a.pre[i], b.pre[i]); c != 0) return c;
    }
    return a.pre.size() <=> b.pre.size();
}

Result<Version> parse_version(std::string_view text) {
    std::size_t parts = 0;
    auto version = parse_parts(text, parts);
    if (!version || parts != 3) {
        return Error{Errc::invalid,
                     "\"" + std::string(text) + "\" is not a version, expected major.minor.patch like \"1.4.0\"",
                     "bad_version",
                     {}};
    }
    return std::move(*version);
}

Result<VersionRange> VersionRange::parse(std::string_view text) {
    VersionRange range;
    if (text.empty() || text == "*") return range;
    std::string_view rest = text;
    char how = '=';
    if (rest.starts_with(">=")) {
        how = '>';
        rest.remove_prefix(2);
    } else if (rest[0] == '^' || rest[0] == '~') {
        how = rest[0];
        rest.remove_prefix(1);
    }
    std::size_t parts = 0;
    auto low = parse_parts(rest, parts);
    if (!low || (how == '=' && parts != 3)) {
        return Error{Errc::invalid,
                     "\"" + std::string(text) +
                         "\" is not a version range, expected \"\", \"1.2.3\", \"^1.2\", \"~1.2.3\" or \">=1.2\"",
                     "bad_range",
                     {}};
    }
    range.low_ = std::move(*low);
    range.kind_ = how == '=' ? Kind::exact : how == '>' ? Kind::at_least : Kind::below;
    if (how == '^') range.high_ = caret_end(range.low_, parts);
    if (how == '~') range.high_ = tilde_end(range.low_, parts);
    return range;
}

bool VersionRange::contains(const Version& version) const noexcept {
    if (kind_ == Kind::exact) return version == low_;
    if (version.is_pre_release()) {
        const bool asked = low_.is_pre_release() && version.major == low_.major && version.minor == low_.minor &&
                           version.patch == low_.patch;
        if (!asked) return false;
    }
    if (kind_ == Kind::any) return true;
    return version >= low_ && (kind_ == Kind::at_least || version < high_);
}

}  // namespace weir::plugin
