#include "csv.hpp"

#include <gtest/gtest.h>

#include <random>

namespace {

using weir::file::csv_row_end;
using weir::file::CsvFields;
using weir::file::CsvHeader;

std::string joined(std::string_view row, char delimiter = ',') {
    CsvFields fields;
    if (const auto split = fields.split(row, delimiter); !split.ok())
        return "error: " + weir::Status(split).error().message;
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i) text.append(i > 0 ? "|" : "").append(fields[i]);
    return text;
}

TEST(Csv, splits_rows_as_rfc_4180_says) {
    const std::pair<const char*, const char*> cases[] = {
        {"a,b,c", "a|b|c"},
        {"a,,c", "a||c"},
        {"a,b,", "a|b|"},
        {",", "|"},
        {"", ""},
        {"a\r", "a"},
        {R"("a","b")", "a|b"},
        {R"("a,b",c)", "a,b|c"},
        {R"("say ""hi""",x)", "say \"hi\"|x"},
        {R"("""",x)", "\"|x"},
        {"\"two\nlines\",x", "two\nlines|x"},
        {R"("",x)", "|x"},
        {R"(x,"")", "x|"},
    };
    for (const auto& [row, expected] : cases) EXPECT_EQ(joined(row), expected) << row;
    EXPECT_EQ(joined("a;b,c", ';'), "a|b,c");
}

TEST(Csv, names_the_column_where_quotes_are_wrong) {
    EXPECT_EQ(joined(R"(a,5" pipe)"), "error: column 2: a quote inside an unquoted field");
    EXPECT_EQ(joined(R"("a" b,c)"), "error: column 1: text after the closing quote");
    EXPECT_EQ(joined(R"(a,"b)"), "error: column 2: the quote is not closed");
}

TEST(Csv, finds_where_a_row_ends) {
    const struct {
        std::string_view text;
        std::optional<std::size_t> end;
    } cases[] = {
        {"a,b\nc", 3},
        {"\nc", 0},
        {"a,b", std::nullopt},
        {"\"a\nb\",c\nd", 7},
        {"\"a\nb", std::nullopt},
        {"\"a\"\"\n\",c\nd", 8},
        {"x,\"a\n\"\nd", 6},
        {"5\" pipe,x\n\"next\n\"\n", 9},  // a stray quote spoils its own row only
        {"\"a\" b\nd", 5},
    };
    for (const auto& c : cases) EXPECT_EQ(csv_row_end(c.text, ','), c.end) << c.text;
}

// Whatever values a table holds: written with quotes and read back, they are the same.
TEST(Csv, reads_back_what_quoting_wrote) {
    std::mt19937 random(7);
    constexpr std::string_view kAlphabet = "ab,\"\n\r ;";
    for (int round = 0; round < 3000; ++round) {
        std::vector<std::string> values(1 + random() % 5);
        std::string row;
        for (std::string& value : values) {
            for (std::size_t i = random() % 6; i > 0; --i) value += kAlphabet[random() % kAlphabet.size()];
            row += row.empty() ? "\"" : ",\"";
            for (const char c : value) row.append(c == '"' ? 2 : 1, c);
            row += '"';
        }
        ASSERT_EQ(csv_row_end(row + "\nnext", ','), row.size()) << row;
        CsvFields fields;
        ASSERT_TRUE(fields.split(row, ',').ok()) << row;
        ASSERT_EQ(fields.size(), values.size()) << row;
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(fields[i], values[i]) << row;
    }
}

TEST(CsvHeader, writes_rows_as_json_objects) {
    const auto header = CsvHeader::parse("id,\"a \"\"b\"\"\",note\r", ',');
    ASSERT_TRUE(header.ok());
    CsvFields fields;
    const std::string row = "7,\\,\"tab\tand\nline\x01\"";
    ASSERT_TRUE(fields.split(row, ',').ok());
    std::string json(header->json_bound(row.size()), '\0');
    json.resize(static_cast<std::size_t>(header->to_json(fields, json.data()) - json.data()));
    EXPECT_EQ(json, R"({"id":"7","a \"b\"":"\\","note":"tab\tand\nline\u0001"})");
}

TEST(CsvHeader, refuses_columns_nobody_could_tell_apart) {
    EXPECT_EQ(CsvHeader::parse("a,b,a", ',').error().message, "header: column 3: \"a\" stands there twice");
    EXPECT_EQ(CsvHeader::parse("a,,b", ',').error().message, "header: column 2: expected a name");
    EXPECT_EQ(CsvHeader::parse("", ',').error().message, "header: column 1: expected a name");
    EXPECT_EQ(CsvHeader::parse("a\xff", ',').error().message, "header: not UTF-8");
}

}  // namespace
