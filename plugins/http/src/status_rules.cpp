#include "status_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "codec.hpp"

namespace http_plugin {

namespace {

constexpr std::array<std::pair<std::string_view, Verdict>, 7> kVerdicts{{
    {"delivered", Verdict::delivered},
    {"duplicate", Verdict::duplicate},
    {"retry", Verdict::retry},
    {"throttled", Verdict::throttled},
    {"unknown", Verdict::unknown},
    {"rejected", Verdict::rejected},
    {"rejected_technical", Verdict::rejected_technical},
}};

std::string_view code_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::delivered:
        case Verdict::duplicate:
            return "";
        case Verdict::retry:
            return "HTTP_RETRY";
        case Verdict::throttled:
            return "HTTP_THROTTLED";
        case Verdict::unknown:
            return "HTTP_UNKNOWN";
        case Verdict::rejected:
            return "HTTP_REJECTED";
        case Verdict::rejected_technical:
            return "HTTP_REFUSED";
    }
    return "HTTP_UNKNOWN";
}

// Safe where nothing is said: a server error may come after the effect, so it is "unknown" and never just repeated.
Judgement by_default(std::int32_t status, bool has_retry_after) {
    if (status >= 200 && status < 300) return {Verdict::delivered, ""};
    switch (status) {
        case 401:
        case 403:
            return {Verdict::retry,
                    "HTTP_AUTH"};  // a credential was rotated or a right is missing: not the record's fault
        case 407:
            return {Verdict::retry, "HTTP_AUTH"};
        case 408:
        case 425:
            return {has_retry_after ? Verdict::throttled : Verdict::retry, "HTTP_RETRY"};
        case 409:
            return {Verdict::rejected, "HTTP_CONFLICT"};
        case 429:
            return {Verdict::throttled, "HTTP_THROTTLED"};
        case 503:
            return {has_retry_after ? Verdict::throttled : Verdict::retry, "HTTP_UNAVAILABLE"};
        case 501:
        case 505:
            return {Verdict::rejected_technical, "HTTP_REFUSED"};
        default:
            break;
    }
    if (status >= 500) return {Verdict::unknown, "HTTP_SERVER_ERROR"};
    if (status >= 400) return {Verdict::rejected, "HTTP_REJECTED"};
    return {Verdict::rejected_technical, "HTTP_REDIRECT"};
}

}  // namespace

StatusRules::StatusRules(const std::map<std::string, std::string>& overrides, bool conflict_is_delivered) {
    if (conflict_is_delivered) exact_[409] = Verdict::duplicate;
    for (const auto& [key, name] : overrides) {
        const std::string pointer = "/statuses/" + key;
        const auto* const verdict = std::find_if(kVerdicts.begin(), kVerdicts.end(),
                                                 [&n = name](const auto& entry) { return entry.first == n; });
        if (verdict == kVerdicts.end()) {
            throw weir::ConfigError(pointer, "found \"" + name +
                                                 "\", expected delivered, duplicate, retry, throttled, unknown, "
                                                 "rejected or rejected_technical");
        }
        std::int32_t number = 0;
        const bool whole_class = key.size() == 3 && key.ends_with("xx");
        const char* end = key.data() + (whole_class ? 1 : key.size());
        const auto [stop, error] = std::from_chars(key.data(), end, number);
        const bool in_range = whole_class ? number >= 1 && number <= 5 : number >= 200 && number <= 599;
        if (error != std::errc{} || stop != end || !in_range) {
            throw weir::ConfigError(pointer,
                                    "found the key \"" + key + "\", expected a status like \"409\" or \"5xx\"");
        }
        (whole_class ? classes_ : exact_)[number] = verdict->second;
    }
}

Judgement StatusRules::judge(std::int32_t status, bool has_retry_after) const {
    if (const auto found = exact_.find(status); found != exact_.end()) return {found->second, code_of(found->second)};
    if (const auto found = classes_.find(status / 100); found != classes_.end()) {
        return {found->second, code_of(found->second)};
    }
    return by_default(status, has_retry_after);
}

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_unix_ns) {
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc{} && end == value.data() + value.size() && seconds >= 0) {
        constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kSecondNs;
        return std::min(seconds, kSecondsMax) * kSecondNs;
    }
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    return std::max<std::int64_t>(0, *date - now_unix_ns);
}

}  // namespace http_plugin
