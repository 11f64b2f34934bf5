#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

extern const weir_component ndjson;
using weir::testing::Harness;

TEST(Ndjson, appends_a_line_per_record) {
    const auto path = std::filesystem::temp_directory_path() / ("ndjson_test." + std::to_string(::getpid()));
    {
        Harness h(ndjson, {{"path", path.string()}});
        const auto verdicts = h.deliver({{.payload = R"({"a":1})"}, {.payload = "{\n}"}, {.payload = "{}"}});
        EXPECT_TRUE(verdicts.at(0).ok());
        EXPECT_EQ(verdicts.at(1).code, "LINE_BREAK");
        EXPECT_TRUE(verdicts.at(2).ok());
    }
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "{\"a\":1}\n{}\n");
    std::filesystem::remove(path);
}

TEST(Ndjson, says_when_nothing_was_written_for_sure) {
    Harness h(ndjson, {{"path", "/nonexistent/out.ndjson"}});
    EXPECT_EQ(h.start(), WEIR_E_RETRY);
    EXPECT_STREQ(h.error.code, "OPEN");
}
