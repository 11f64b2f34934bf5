// Time zones against facts from the zone database's own history.

#include <gtest/gtest.h>

#include "runtime/expr/tz.hpp"

namespace weir::expr {
namespace {

std::int64_t at(std::string_view text) { return parse_timestamp(text).value().seconds; }

TEST(TimeZones, KnowTheirOffsets) {
    struct Fact {
        std::string_view zone;
        std::string_view time;
        int minutes;
    };
    for (const Fact& fact : {Fact{"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
                             {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
                             {"Europe/Berlin", "2026-10-25T00:59:59Z", 120},
                             {"Europe/Berlin", "2026-10-25T01:00:00Z", 60},
                             {"America/New_York", "2026-03-08T06:59:59Z", -300},
                             {"America/New_York", "2026-03-08T07:00:00Z", -240},
                             {"Australia/Sydney", "2026-01-01T00:00:00Z", 660},
                             {"Australia/Sydney", "2026-07-01T00:00:00Z", 600},
                             {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 345},
                             {"America/St_Johns", "2009-02-13T00:00:00Z", -210},
                             {"Europe/Berlin", "2500-07-01T00:00:00Z", 120},
                             {"Europe/Berlin", "2500-01-01T00:00:00Z", 60},
                             {"Australia/Sydney", "2500-01-01T00:00:00Z", 660},
                             {"Asia/Tokyo", "2500-01-01T00:00:00Z", 540},
                             {"America/New_York", "1900-01-01T00:00:00Z", -300},
                             {"UTC", "2026-01-01T00:00:00Z", 0},
                             {"+05:30", "2026-01-01T00:00:00Z", 330},
                             {"-09:30", "2026-01-01T00:00:00Z", -570}}) {
        const TimeZone* zone = TimeZone::find(fact.zone);
        ASSERT_NE(zone, nullptr) << fact.zone;
        EXPECT_EQ(zone->offset_at(at(fact.time)), fact.minutes * 60) << fact.zone << " " << fact.time;
    }
}

TEST(TimeZones, LocalTimesThatAClockSkipsOrRepeats) {
    const TimeZone& berlin = *TimeZone::find("Europe/Berlin");
    EXPECT_EQ(berlin.to_unix({2026, 3, 29, 1, 30, 0}), at("2026-03-29T00:30:00Z"));
    EXPECT_EQ(berlin.to_unix({2026, 3, 29, 2, 30, 0}), at("2026-03-29T01:30:00Z"));   // skipped: 3:30 summer time
    EXPECT_EQ(berlin.to_unix({2026, 10, 25, 2, 30, 0}), at("2026-10-25T00:30:00Z"));  // twice: the first
    EXPECT_EQ(berlin.to_unix({2026, 10, 25, 3, 30, 0}), at("2026-10-25T02:30:00Z"));
    EXPECT_EQ(berlin.to_local(at("2026-06-01T22:30:00Z")), (Civil{2026, 6, 2, 0, 30, 0}));
}

// Every hour of two years, in zones with changes at different hours: there and back.
TEST(TimeZones, RoundTrip) {
    for (const auto* name :
         {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran"}) {
        const TimeZone& zone = *TimeZone::find(name);
        for (std::int64_t time = at("2025-01-01T00:30:00Z"); time < at("2027-01-01T00:00:00Z"); time += 3600) {
            const std::int64_t again = zone.to_unix(zone.to_local(time));
            const bool repeated = zone.to_local(again) == zone.to_local(time);
            EXPECT_TRUE(again == time || (again < time && repeated)) << name << " " << time;
        }
    }
}

TEST(TimeZones, RefuseWhatIsNone) {
    for (const auto* name : {"", "Mars/Olympus", "/etc/passwd", "../zoneinfo/UTC", "Europe", "europe/berlin\n", "+5:30",
                             "+25:00", "+05:60", "zone.tab", "tzdata.zi"}) {
        EXPECT_EQ(TimeZone::find(name), nullptr) << name;
    }
}

TEST(TimeZones, RefuseBrokenFiles) {
    EXPECT_FALSE(TimeZone::parse("").has_value());
    EXPECT_FALSE(TimeZone::parse("TZif").has_value());
    EXPECT_FALSE(TimeZone::parse(std::string("TZif2") + std::string(39, '\xFF')).has_value());
    EXPECT_FALSE(TimeZone::parse(std::string("TZif2") + std::string(100, '\0')).has_value());
}

TEST(Calendar, RoundTrips) {
    for (std::int64_t day = -719162; day < 2932897; day += 13) {
        const Civil civil = civil_from_seconds(day * kSecondsPerDay + 3661);
        EXPECT_EQ(days_from_civil(civil.year, civil.month, civil.day), day);
        EXPECT_EQ(civil.hour, 1);
    }
    EXPECT_EQ(civil_from_seconds(kSecondsMin).year, 1);
    EXPECT_EQ(civil_from_seconds(kSecondsMax), (Civil{9999, 12, 31, 23, 59, 59}));
}

}  // namespace
}  // namespace weir::expr
