// Time zones from the system's compiled database (RFC 8536), which C++20's calendar would give but GCC 12 lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/expr/time.hpp"

namespace weir::expr {

// The rule of a POSIX TZ string's end of summer or winter: "M3.2.0/2", "J60", "59".
struct ZoneRuleDate {
    enum class Kind : std::uint8_t { month_week_day, julian, day };
    Kind kind = Kind::day;
    int month = 0, week = 0, day = 0;
    std::int32_t time = 7200;  // seconds after midnight, local
};

// Immutable.
class TimeZone {
  public:
    // "Europe/Berlin", "UTC", or an offset: "+02:00", "-09:30", "02:00". Null when there is no such zone. Lives as long
    // as the thread.
    [[nodiscard]] static const TimeZone* find(std::string_view name);
    // The content of a TZif file; nullopt when it is none.
    [[nodiscard]] static std::optional<TimeZone> parse(std::string_view file);

    // Seconds east of UTC at that instant.
    [[nodiscard]] std::int32_t offset_at(std::int64_t unix_seconds) const noexcept;
    // The instant of a local time. A time that a clock skips is taken as if it had not been set forward; of one that
    // comes twice the first is taken.
    [[nodiscard]] std::int64_t to_unix(const Civil& local) const noexcept;
    [[nodiscard]] Civil to_local(std::int64_t unix_seconds) const noexcept {
        return civil_from_seconds(unix_seconds + offset_at(unix_seconds));
    }

  private:
    struct Rule {  // of the years behind the table
        std::int32_t standard = 0;
        std::int32_t summer = 0;
        bool has_summer = false;
        ZoneRuleDate begin;
        ZoneRuleDate end;
    };
    [[nodiscard]] static std::optional<Rule> parse_rule(std::string_view text);
    [[nodiscard]] std::int32_t offset_by_rule(std::int64_t unix_seconds) const noexcept;

    std::vector<std::int64_t> transitions_;
    std::vector<std::int32_t> offsets_;  // behind each transition
    std::int32_t first_offset_ = 0;      // before the first
    std::optional<Rule> rule_;
};

}  // namespace weir::expr
