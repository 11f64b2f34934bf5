#include "runtime/routetest/case.hpp"

#include <array>
#include <utility>

#include "runtime/config/units.hpp"

namespace weir::routetest {

namespace {

constexpr std::array<std::pair<Profile, std::string_view>, 5> kProfiles{{{Profile::plain, "plain"},
                                                                         {Profile::restart, "restart"},
                                                                         {Profile::capacity_one, "capacity-one"},
                                                                         {Profile::duplicated, "duplicated"},
                                                                         {Profile::shuffled, "shuffled"}}};
using Kind = Word::Kind;
constexpr std::array<std::pair<Kind, std::string_view>, 11> kWords{{{Kind::ok, "ok"},
                                                                    {Kind::duplicate, "duplicate"},
                                                                    {Kind::retry, "retry"},
                                                                    {Kind::throttled, "throttled"},
                                                                    {Kind::rejected, "rejected"},
                                                                    {Kind::policy, "policy"},
                                                                    {Kind::refused, "refused"},
                                                                    {Kind::unknown, "unknown"},
                                                                    {Kind::unknown_applied, "unknown_applied"},
                                                                    {Kind::disconnected, "disconnected"},
                                                                    {Kind::broken, "broken"}}};

bool takes_code(Kind kind) {
    return kind == Kind::retry || kind == Kind::rejected || kind == Kind::policy || kind == Kind::refused;
}

}  // namespace

std::optional<Word> parse_word(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string_view name = std::string_view(text).substr(0, colon);
    for (const auto& [kind, known] : kWords) {
        if (known != name) continue;
        Word word{kind, {}, {}};
        const std::string rest = colon == std::string::npos ? std::string() : text.substr(colon + 1);
        if (takes_code(kind)) {
            if (rest.empty()) return std::nullopt;
            word.code = rest;
        } else if (kind == Kind::throttled) {
            const auto after = config::parse_duration(rest.empty() ? "0s" : rest);
            if (!after) return std::nullopt;
            word.after = *after;
        } else if (colon != std::string::npos) {
            return std::nullopt;
        }
        return word;
    }
    return std::nullopt;
}

std::string_view to_string(Profile profile) noexcept {
    for (const auto& [known, name] : kProfiles) {
        if (known == profile) return name;
    }
    return {};
}

std::optional<Profile> parse_profile(std::string_view name) noexcept {
    for (const auto& [profile, known] : kProfiles) {
        if (known == name) return profile;
    }
    return std::nullopt;
}

}  // namespace weir::routetest
