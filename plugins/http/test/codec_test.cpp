#include "codec.hpp"

#include <gtest/gtest.h>

namespace http_plugin {
namespace {

TEST(Rfc3339, is_read_with_any_offset_and_fraction) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999999999Z"), -1);
    EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), 482196050520000000);  // RFC 3339, section 5.8
    EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), 851042397000000000);
    EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z"), 662688000000000000);
    EXPECT_EQ(parse_rfc3339("1937-01-01t12:00:27.87+00:20"), -1041337172130000000);
    EXPECT_EQ(parse_rfc3339("2026-06-01T16:00:00.1234567891Z"), 1780329600123456789);
}

TEST(Rfc3339, refuses_what_is_none) {
    for (const char* text :
         {"", "2026", "2026-06-01", "2026-06-01T16:00:00", "2026-6-01T16:00:00Z", "2026-02-29T00:00:00Z",
          "2026-06-01T24:00:00Z", "2026-06-01T16:60:00Z", "2026-06-01T16:00:00.Z", "2026-06-01T16:00:00+24:00",
          "2026-06-01T16:00:00+0200", "2026-06-01T16:00:00Zx", "1600-01-01T00:00:00Z", "2300-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Rfc3339, is_written_so_that_it_reads_the_same) {
    EXPECT_EQ(format_rfc3339(1780329600000000000), "2026-06-01T16:00:00Z");
    EXPECT_EQ(format_rfc3339(1780329600500000000), "2026-06-01T16:00:00.5Z");
    EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(HttpDate, is_read_in_its_preferred_form) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000000000);
    for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

TEST(Base64, agrees_with_rfc_4648_and_takes_one_text_per_value) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"Zg==", "f"},
                                                           {"Zm8=", "fo"},
                                                           {"Zm9v", "foo"},
                                                           {"Zm9vYg==", "foob"},
                                                           {"Zm9vYmE=", "fooba"},
                                                           {"Zm9vYmFy", "foobar"}};
    for (const auto& [text, bytes] : vectors) {
        std::string out;
        EXPECT_TRUE(append_base64_decoded(out, text)) << text;
        EXPECT_EQ(out, bytes);
    }
    for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm-_", "Zg==Zg=="}) {
        std::string out;
        EXPECT_FALSE(append_base64_decoded(out, text)) << text;
    }
}

TEST(Percent, is_decoded_and_encoded) {
    std::string out;
    EXPECT_TRUE(append_percent_decoded(out, "Euro%20%E2%82%AC%25"));
    EXPECT_EQ(out, "Euro \u20ac%");
    for (const char* text : {"%", "%2", "a%2g", "%%20"}) {
        std::string ignored;
        EXPECT_FALSE(append_percent_decoded(ignored, text)) << text;
    }
    std::string header;
    append_header_encoded(header, "Euro \u20ac \"%\"");
    EXPECT_EQ(header, "Euro%20%E2%82%AC%20%22%25%22");
    std::string query;
    append_percent_encoded(query, "a/b c&d~");
    EXPECT_EQ(query, "a%2Fb%20c%26d~");
}

}  // namespace
}  // namespace http_plugin
