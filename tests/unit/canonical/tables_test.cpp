// Lookup tables from files, and everything that may be wrong with such a file.

#include "runtime/canonical/tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "runtime/canonical/csv.hpp"

namespace weir::canonical {
namespace {

using ::testing::ElementsAre;

class Tables : public ::testing::Test {
  protected:
    Tables() {
        char path[] = "/tmp/weir-tables-XXXXXX";
        if (mkdtemp(path) != nullptr) dir_ = path;
    }
    ~Tables() override {
        std::error_code ignored;
        std::filesystem::remove_all(dir_, ignored);
    }
    Result<Table> read(const std::string& name, const std::string& text, TableSettings settings = {.key = "code"}) {
        std::ofstream(dir_ / name, std::ios::binary) << text;
        return read_table(dir_ / name, settings);
    }
    // What is wrong, without the directory.
    std::string problem(const std::string& name, const std::string& text, TableSettings settings = {.key = "code"}) {
        const auto table = read(name, text, std::move(settings));
        if (table.ok()) return "none";
        return table.error().message.substr(dir_.string().size() + 1);
    }
    std::filesystem::path dir_;
};

TEST_F(Tables, reads_csv_rows_as_objects_of_strings) {
    auto read_ = read("accounts.csv",
                      "\xef\xbb\xbf"
                      "name,code,number\r\n\"Usage, \"\"metered\"\"\",usage,4020\r\nSubscription,sub,0040\r\n"
                      "\"two\nlines\",tax,2200");
    ASSERT_TRUE(read_.ok()) << read_.error().message;
    const Table table = std::move(read_).value();  // views survive the move
    EXPECT_EQ(table.size(), 3U);
    EXPECT_THAT(table.columns(), ElementsAre("name", "code", "number"));
    EXPECT_EQ(table.row("usage"), R"({"name":"Usage, \"metered\"","code":"usage","number":"4020"})");
    EXPECT_EQ(table.row("sub"), R"({"name":"Subscription","code":"sub","number":"0040"})");
    EXPECT_EQ(table.row("tax"), R"({"name":"two\nlines","code":"tax","number":"2200"})");
    EXPECT_EQ(table.row("TAX"), std::nullopt);
    EXPECT_EQ(table.row(""), std::nullopt);
}

TEST_F(Tables, gives_the_value_itself_where_there_is_one) {
    EXPECT_EQ(read("a.csv", "code,number\nusage,4020\n")->row("usage"), "\"4020\"");
    EXPECT_EQ(read("a.csv", "number,code\n4020,usage\n")->row("usage"), "\"4020\"");
    EXPECT_EQ(read("a.csv", "code\nusage\n")->row("usage"), "\"usage\"");
    EXPECT_EQ(read("a.csv", "code;number\nusage;4,5\n", {.key = "code", .delimiter = ';'})->row("usage"), "\"4,5\"");
    EXPECT_EQ(read("a.json", R"([{"code":"usage","number":4020.50}])")->row("usage"), "4020.50");
}

TEST_F(Tables, reads_json_as_it_is_written) {
    const auto map = read("m.json", R"({"us": {"rate": 8.250000000000000000001}, "de\u002d": null, "fr": [1, 2]})", {});
    ASSERT_TRUE(map.ok()) << map.error().message;
    EXPECT_EQ(map->row("us"), R"({"rate": 8.250000000000000000001})");
    EXPECT_EQ(map->row("de-"), "null");
    EXPECT_EQ(map->row("fr"), "[1, 2]");
    const auto rows = read("r.json", R"([{"code":"a","x":1,"y":2},{"x":3,"code":"b"}])");
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    EXPECT_EQ(rows->row("a"), R"({"code":"a","x":1,"y":2})");
    EXPECT_EQ(rows->row("b"), R"({"x":3,"code":"b"})") << "rows of one table look alike";
}

TEST_F(Tables, says_what_is_wrong_and_where) {
    EXPECT_EQ(problem("a.csv", "code,n\na,1\nb,2\na,3\n"), "a.csv:4:1: key \"a\" stands twice, first on line 2");
    EXPECT_EQ(problem("a.csv", "code,n\na,1\nb\n"), "a.csv:3:1: found 1 fields, expected 2 as in the header");
    EXPECT_EQ(problem("a.csv", "code,n\n\na,1\n"), "a.csv:2:1: found 1 fields, expected 2 as in the header");
    EXPECT_EQ(problem("a.csv", "code,n\n,1\n"), "a.csv:2:1: found an empty key");
    EXPECT_EQ(problem("a.csv", "n,code\n1,\n"), "a.csv:2:3: found an empty key");
    EXPECT_EQ(problem("a.csv", "key,n\na,1\n"), "a.csv:1:1: found no column \"code\", there are \"key\", \"n\"");
    EXPECT_EQ(problem("a.csv", "code,n,n\n"), "a.csv:1:8: column \"n\" stands twice");
    EXPECT_EQ(problem("a.csv", "code,\n"), "a.csv:1:6: column 2 has no name");
    EXPECT_EQ(problem("a.csv", "\n\n"), "a.csv:1:1: expected a header row, found nothing");
    EXPECT_EQ(problem("a.csv", "code,n\na,\"1\n"), "a.csv:2:3: a quoted field that does not end");
    EXPECT_EQ(problem("a.csv", "code,n\na,\"1\"x\n"), "a.csv:2:6: text behind the quote that ends a field");
    EXPECT_EQ(problem("a.csv", "code,n\na,1\"2\n"), "a.csv:2:4: a quote in a field that has none around it");
    EXPECT_EQ(problem("a.csv", "code,n\na,\xff\n"), "a.csv: is not UTF-8");
    EXPECT_EQ(problem("a.csv", "code,n\na,1\nb,2\n", {.key = "code", .rows_max = 1}),
              "a.csv:3:1: has more than 1 rows");
    EXPECT_EQ(problem("a.csv", "code,n\n", {.key = "code", .bytes_max = 3}), "a.csv: has 7 bytes, at most 3");
    EXPECT_EQ(problem("a.csv", "code,n\n", {}), "a.csv: a CSV file needs a key column");
    EXPECT_EQ(problem("a.txt", "code,n\n"), "a.txt: expected a file *.csv or *.json");
    EXPECT_EQ(problem("a.json", R"([{"code":"a"},{"code":"a"}])"),
              "a.json:1:15: key \"a\" stands twice, first on line 1");
    EXPECT_EQ(problem("a.json", "[{\"code\":\"a\"},\n{\"code\":7}]"),
              "a.json:2:9: expected an object with a string in \"code\", found 7");
    EXPECT_EQ(problem("a.json", R"({"a":1,"a":2})", {}),
              "a.json:1:13: not JSON: at byte 12: expected each key once in an object");
    EXPECT_EQ(problem("a.json", R"([1])", {}),
              "a.json:1:1: expected an object of key to value; an array needs a key column");
    EXPECT_EQ(problem("a.json", R"({})"), "a.json:1:1: expected an array of objects with \"code\"");
    EXPECT_FALSE(read_table(dir_ / "none.csv", {.key = "code"}).ok());
}

TEST_F(Tables, hold_many_rows) {
    std::string text = "code,n,note\n";
    for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + ',' + std::to_string(i) + ",note\n";
    const auto table = read("big.csv", text);
    ASSERT_TRUE(table.ok());
    EXPECT_EQ(table->size(), 100'000U);
    EXPECT_EQ(table->row("k99999"), R"({"code":"k99999","n":"99999","note":"note"})");
}

TEST(Csv, survives_every_truncation) {
    const std::string text = "a,\"b\"\"\n\",c\r\nd,,\"\"\n";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string cut = text.substr(0, size);
        CsvReader reader(cut);
        std::vector<CsvField> row;
        std::size_t rows = 0;
        for (auto any = reader.next(row); any.ok() && *any; any = reader.next(row)) ++rows;
        EXPECT_LE(rows, 2U) << cut;
        EXPECT_LE(reader.offset(), size) << cut;
    }
}

}  // namespace
}  // namespace weir::canonical
