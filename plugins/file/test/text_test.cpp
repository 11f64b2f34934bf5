#include "base64.hpp"
#include "time_text.hpp"

#include <gtest/gtest.h>

namespace {

using weir::file::append_base64;
using weir::file::decode_base64;
using weir::file::format_rfc3339;
using weir::file::parse_rfc3339;

TEST(TimeText, reads_rfc_3339) {
    const std::pair<const char*, std::int64_t> cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-07-01T00:00:00Z", 1'782'864'000'000'000'000},
        {"2026-07-01t00:00:00z", 1'782'864'000'000'000'000},
        {"2026-07-01T02:00:00+02:00", 1'782'864'000'000'000'000},
        {"2026-06-30T20:00:00-04:00", 1'782'864'000'000'000'000},
        {"2026-07-01T00:00:00.5Z", 1'782'864'000'500'000'000},
        {"2026-07-01T00:00:00.0000000019Z", 1'782'864'000'000'000'001},
        {"1969-12-31T23:59:59Z", -1'000'000'000},
        {"2016-12-31T23:59:60Z", 1'483'228'800'000'000'000},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(parse_rfc3339(text), expected) << text;
}

TEST(TimeText, refuses_everything_else) {
    for (const char* text :
         {"", "2026-07-01", "2026-07-01T00:00:00", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
          "2026-07-01T24:00:00Z", "2026-07-01T00:60:00Z", "2026-07-01T00:00:00.Z", "2026-07-01T00:00:00+2:00",
          "2026-07-01T00:00:00Zx", "1500-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "1782864000"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(TimeText, writes_what_it_reads) {
    for (const char* text : {"1970-01-01T00:00:00Z", "2026-07-01T03:30:00.25Z", "1969-12-31T23:59:59.999999999Z"}) {
        EXPECT_EQ(format_rfc3339(parse_rfc3339(text).value()), text);
    }
}

TEST(Base64, both_ways) {
    const std::pair<std::string, const char*> cases[] = {
        {"", ""},        {"f", "Zg=="},          {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {{"\x00\xff\xfe", 3}, "AP/+"}};
    for (const auto& [bytes, text] : cases) {
        std::string out;
        append_base64(bytes, out);
        EXPECT_EQ(out, text);
        EXPECT_TRUE(decode_base64(text, out));
        EXPECT_EQ(out, bytes);
    }
    std::string out;
    for (const char* bad : {"Zg", "Zg=", "Z===", "Zh==", "Z g=", "Zm9-"}) EXPECT_FALSE(decode_base64(bad, out)) << bad;
}

}  // namespace
