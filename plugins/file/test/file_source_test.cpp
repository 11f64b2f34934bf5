// The file source against real files that grow, rotate, shrink and come back.
#include "temp_directory.hpp"

#include <gtest/gtest.h>
#include <weir/testing.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

extern const weir_component source;

namespace {

using nlohmann::json;
using weir::testing::Harness;
using weir::testing::Sent;

std::string rows(int from, int to) {
    std::string text;
    for (int i = from; i <= to; ++i) text += "{\"n\":" + std::to_string(i) + "}\n";
    return text;
}

class FileSource : public testing::Test {
  protected:
    void configure(const json& settings, const std::string& name = "usage.ndjson") {
        config_ = settings;
        config_["path"] = directory_.at(name);
    }
    // Starts an instance where the last one's submits left off: what the host keeps over a restart.
    void start() {
        source_.reset();
        source_ = std::make_unique<Harness>(source, config_);
        ASSERT_TRUE(*source_) << source_->error.message;
        for (const auto& [partition, cursor] : cursors_) {
            ASSERT_EQ(source_->resume(partition, cursor), WEIR_OK) << source_->error.message;
        }
        taken_ = 0;
        source_->deadline_mono_ns = 1;  // long past: polls do not wait
    }
    // Polls until nothing more comes; returns the records since the last read.
    std::vector<Sent> read(std::uint32_t max_records = 1000, std::uint64_t max_bytes = 1u << 20) {
        if (!source_) start();
        for (int polls = 0; source_->poll(max_records, max_bytes) == WEIR_OK; ++polls) {
            if (polls > 100'000) ADD_FAILURE() << "the source never comes to an end";
        }
        EXPECT_GE(source_->status, 0) << source_->error.message;
        source_->ack_all();
        std::vector<Sent> records;
        for (; taken_ < source_->submits.size(); ++taken_) {
            const auto& submit = source_->submits[taken_];
            cursors_[submit.partition] = submit.cursor;
            records.insert(records.end(), submit.records.begin(), submit.records.end());
        }
        EXPECT_EQ(source_->breaches, 0);
        return records;
    }
    static std::vector<std::string> payloads(const std::vector<Sent>& records) {
        std::vector<std::string> all;
        for (const Sent& record : records) all.push_back(record.payload);
        return all;
    }
    static std::vector<std::string> ids(const std::vector<Sent>& records) {
        std::vector<std::string> all;
        for (const Sent& record : records) all.push_back(record.id);
        return all;
    }
    using Strings = std::vector<std::string>;

    TempDirectory directory_;
    json config_;
    std::map<std::string, std::string> cursors_;
    std::unique_ptr<Harness> source_;
    std::size_t taken_ = 0;
};

TEST_F(FileSource, reads_rows_with_ids_that_name_file_and_row) {
    configure({{"type", "usage"}, {"key", "/customer"}, {"time", "/at"}, {"subject", "/no/such"}});
    directory_.write("usage.ndjson", "{\"customer\":\"c1\",\"at\":\"1970-01-01T00:00:01Z\"}\n\n{\"customer\":42}\r\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(ids(records), (Strings{"usage.ndjson:1", "usage.ndjson:3"}));
    EXPECT_EQ(records[0].source, "file://" + directory_.at("usage.ndjson"));
    EXPECT_EQ(records[0].type, "usage");
    EXPECT_EQ(records[0].key, "c1");
    EXPECT_EQ(records[0].time_unix_ns, 1'000'000'000);
    EXPECT_EQ(records[1].key, "42");
    EXPECT_EQ(records[1].payload, "{\"customer\":42}");
}

TEST_F(FileSource, holds_bad_rows_with_their_number_and_goes_on) {
    configure({{"id", "/id"}});
    directory_.write(
        "usage.ndjson",
        "{\"id\":\"a\"}\n{\"id\":\n{\"id\":\"\xff\"}\n{\"no\":1}\n{\"id\":1.5}\n{\"id\":2} x\n{\"id\":\"b\"}\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 7u);
    const Strings held{"", "BAD_ROW", "BAD_ROW", "BAD_ROW", "BAD_ROW", "BAD_ROW", ""};
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].held, held[i]) << i;
    EXPECT_EQ(records[1].payload, "{\"id\":");
    EXPECT_EQ(records[1].id, "usage.ndjson:2");
    EXPECT_EQ(ids({records[0], records[6]}), (Strings{"a", "b"}));
}

TEST_F(FileSource, numbers_no_machine_type_holds_are_good_json) {
    configure(json::object());
    directory_.write("usage.ndjson", "{\"big\":12345678901234567890123,\"small\":1e-999}\n{\"big\":01}\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].held, "");
    EXPECT_EQ(records[1].held, "BAD_ROW");
}

TEST_F(FileSource, an_unfinished_last_row_waits_for_its_newline) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 2) + "{\"n\":");
    EXPECT_EQ(read().size(), 2u);
    EXPECT_EQ(read().size(), 0u);
    directory_.append("usage.ndjson", "3}");
    EXPECT_EQ(read().size(), 0u);
    directory_.append("usage.ndjson", "\n" + rows(4, 4));
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson:3", "usage.ndjson:4"}));
}

TEST_F(FileSource, on_end_stop_takes_the_unfinished_row_and_ends) {
    configure({{"on_end", "stop"}});
    directory_.write("usage.ndjson", rows(1, 2) + "{\"n\":3}");
    EXPECT_EQ(read().size(), 3u);
    EXPECT_EQ(source_->status, WEIR_END);
}

TEST_F(FileSource, a_missing_file_is_waited_for_or_reported) {
    configure(json::object());
    EXPECT_EQ(read().size(), 0u);
    EXPECT_EQ(source_->status, WEIR_IDLE);
    directory_.write("usage.ndjson", rows(1, 1));
    EXPECT_EQ(read().size(), 1u);
    configure({{"on_end", "stop"}}, "none.ndjson");
    cursors_.clear();
    start();
    EXPECT_EQ(source_->poll(), WEIR_E_RETRY);
    EXPECT_STREQ(source_->error.code, "FILE_MISSING");
}

TEST_F(FileSource, resumes_at_every_row_without_loss_or_repeat) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 57));
    Strings seen;
    for (int restarts = 0; restarts < 100; ++restarts) {
        start();
        ASSERT_GE(source_->poll(1 + static_cast<std::uint32_t>(restarts % 3)), 0);
        for (const auto& submit : source_->submits) {
            for (const Sent& record : submit.records) seen.push_back(record.payload);
            cursors_[submit.partition] = submit.cursor;
        }
    }
    Strings expected;
    for (int i = 1; i <= 57; ++i) expected.push_back("{\"n\":" + std::to_string(i) + "}");
    EXPECT_EQ(seen, expected);
}

TEST_F(FileSource, batches_keep_to_the_limits) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 100));
    read(7);
    for (const auto& submit : source_->submits) EXPECT_LE(submit.records.size(), 7u);
    EXPECT_EQ(source_->submits.size(), 15u);
}

TEST_F(FileSource, rotation_finishes_the_old_file_first) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 2));
    EXPECT_EQ(read().size(), 2u);
    directory_.append("usage.ndjson", rows(3, 3) + "{\"n\":4}");
    directory_.rename("usage.ndjson", "usage.ndjson.1");
    directory_.write("usage.ndjson", rows(5, 6));
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson:3", "usage.ndjson:4", "usage.ndjson~2:1", "usage.ndjson~2:2"}));
    directory_.append("usage.ndjson", rows(7, 7));
    EXPECT_EQ(payloads(read()), (Strings{"{\"n\":7}"}));
}

TEST_F(FileSource, rotation_while_nobody_reads_loses_nothing) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 2));
    EXPECT_EQ(read().size(), 2u);
    source_.reset();
    directory_.append("usage.ndjson", rows(3, 3));
    directory_.rename("usage.ndjson", "usage.ndjson.1");
    directory_.write("usage.ndjson", rows(10, 11));
    start();
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson:3", "usage.ndjson~2:1", "usage.ndjson~2:2"}));
}

TEST_F(FileSource, a_rename_inside_the_pattern_is_no_new_file) {
    configure(json::object(), "usage*.ndjson");
    directory_.write("usage.ndjson", rows(1, 2));
    EXPECT_EQ(read().size(), 2u);
    directory_.rename("usage.ndjson", "usage-june.ndjson");
    EXPECT_EQ(read().size(), 0u);
    directory_.write("usage.ndjson", rows(3, 3));
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson~2:1"}));
    start();
    EXPECT_EQ(read().size(), 0u) << "the host keeps a cursor for the new name, too";
    directory_.append("usage-june.ndjson", rows(4, 4));
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson:3"}));
}

TEST_F(FileSource, a_truncated_file_begins_a_new_generation) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 3));
    EXPECT_EQ(read().size(), 3u);
    directory_.write("usage.ndjson", "{\"m\":1}\n");
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson~2:1"}));
    EXPECT_NE(source_->host.log_text().find("truncated"), std::string::npos);
    directory_.write("usage.ndjson", "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n");  // longer than before, other content
    EXPECT_EQ(ids(read()), (Strings{"usage.ndjson~3:1", "usage.ndjson~3:2", "usage.ndjson~3:3"}));
}

TEST_F(FileSource, the_same_file_dropped_again_adds_nothing) {
    configure({{"format", "csv"}}, "in.csv");
    directory_.write("in.csv", "a,b\n1,2\n3,4\n");
    EXPECT_EQ(read().size(), 2u);
    std::filesystem::remove(directory_.at("in.csv"));
    EXPECT_EQ(read().size(), 0u);
    directory_.write("in.csv", "a,b\n1,2\n3,4\n");
    EXPECT_EQ(read().size(), 0u);
    start();
    EXPECT_EQ(read().size(), 0u);
    std::filesystem::remove(directory_.at("in.csv"));
    directory_.write("in.csv", "a,b\n1,2\n3,4\n5,6\n");
    EXPECT_EQ(payloads(read()), (Strings{R"({"a":"5","b":"6"})"})) << "only what is new";
}

TEST_F(FileSource, with_identity_by_content_the_name_does_not_matter) {
    configure({{"format", "csv"}, {"identity", "content"}}, "*.csv");
    directory_.write("june.csv", "a,b\n1,2\n3,4\n1,2\n");
    const auto first = read();
    directory_.write("june-again.csv", "a,b\n1,2\n3,4\n1,2\n5,6\n");
    const auto again = read();
    ASSERT_EQ(first.size(), 3u);
    ASSERT_EQ(again.size(), 4u);
    std::set<std::string> identities;
    for (const Sent& record : first) identities.insert(record.source + ' ' + record.id);
    EXPECT_EQ(identities.size(), 3u) << "equal rows of one file are different rows";
    for (const Sent& record : again) identities.insert(record.source + ' ' + record.id);
    EXPECT_EQ(identities.size(), 4u) << "only the last row is new";
}

TEST_F(FileSource, csv_rows_become_objects_and_bad_ones_are_held) {
    configure({{"format", "csv"}, {"id", "id"}, {"time", "at"}, {"on_end", "stop"}}, "in.csv");
    directory_.write("in.csv",
                     "\xEF\xBB\xBFid,qty,at\r\n1,\"9,980\",2026-07-01T00:00:00Z\r\n2,x\r\n3,\"two\r\nlines\",\r\n"
                     "4,5\" pipe,\r\n5,6,yesterday\r\n,7,\r\n8,\"open,\r\n9,10,\r\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 8u);
    EXPECT_EQ(records[0].payload, R"({"id":"1","qty":"9,980","at":"2026-07-01T00:00:00Z"})");
    EXPECT_EQ(records[0].id, "1");
    EXPECT_EQ(records[0].time_unix_ns, 1'782'864'000'000'000'000);
    EXPECT_EQ(records[2].payload, R"({"id":"3","qty":"two\r\nlines","at":""})");
    const Strings held{"", "BAD_ROW", "", "BAD_ROW", "BAD_ROW", "BAD_ROW", "BAD_ROW", ""};
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].held, held[i]) << i << records[i].payload;
    EXPECT_EQ(records[1].id, "in.csv:3") << "the header is row 1";
}

TEST_F(FileSource, rows_of_a_csv_file_without_usable_header_are_held) {
    configure({{"format", "csv"}}, "in.csv");
    directory_.write("in.csv", "a,a\n1,2\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 2u);
    for (const Sent& record : records) EXPECT_EQ(record.held, "BAD_ROW");
}

TEST_F(FileSource, a_row_beyond_the_limit_is_held_short_and_the_next_one_read) {
    configure({{"max_row_bytes", 100}, {"identity", "content"}});
    const std::string at_limit = "{\"s\":\"" + std::string(92, 'x') + "\"}";
    ASSERT_EQ(at_limit.size(), 100u);
    directory_.write("usage.ndjson", at_limit + "\n" + std::string(3'000'000, 'y') + "\n" + rows(1, 1));
    const auto records = read();
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[0].held, "");
    EXPECT_EQ(records[1].held, "BAD_ROW");
    EXPECT_EQ(records[1].payload.size(), 65'536u);
    EXPECT_EQ(records[2].payload, "{\"n\":1}");
}

TEST_F(FileSource, rows_larger_than_a_block_are_read) {
    configure(json::object());
    const std::string large = "{\"s\":\"" + std::string(3u << 20, 'x') + "\"}";
    directory_.write("usage.ndjson", rows(1, 1) + large + "\n" + rows(2, 2));
    const auto records = read();
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[1].payload, large);
}

TEST_F(FileSource, identities_do_not_depend_on_how_the_file_was_read) {
    configure({{"identity", "content"}, {"max_row_bytes", 50}, {"format", "csv"}}, "in.csv");
    std::string text = "a,b\n";
    for (int i = 0; i < 300; ++i) {
        text += i % 10 == 3   ? "\"" + std::string(70, 'q') + "\n\",x\n"
                : i % 10 == 7 ? std::string(60, 'l') + ",x\n"
                              : std::to_string(i) + ",\"y\nz\"\n";
    }
    directory_.write("in.csv", text);
    const auto whole = ids(read());
    for (const std::uint32_t step : {1u, 2u, 7u}) {
        cursors_.clear();
        start();
        EXPECT_EQ(ids(read(step)), whole) << step;
    }
}

TEST_F(FileSource, what_the_host_did_not_take_is_read_again) {
    configure(json::object());
    directory_.write("usage.ndjson", rows(1, 4));
    start();
    source_->busy_submits = 1;
    ASSERT_EQ(source_->poll(2), WEIR_IDLE);
    ASSERT_EQ(source_->poll(2), WEIR_OK);
    ASSERT_EQ(source_->poll(2), WEIR_OK);
    ASSERT_EQ(source_->submits.size(), 2u);
    source_->ack(source_->submits[0].token, WEIR_OUT_RETRY);
    source_->ack(source_->submits[1].token, WEIR_OUT_RETRY);
    source_->submits.clear();
    while (source_->poll(10) == WEIR_OK) {
    }
    ASSERT_EQ(source_->submits.size(), 1u);
    EXPECT_EQ(source_->submits[0].records.size(), 4u);
}

TEST_F(FileSource, reads_cloudevents_with_their_data_byte_for_byte) {
    configure({{"envelope", "cloudevents"}});
    directory_.write(
        "usage.ndjson",
        R"({"specversion":"1.0","id":"e1","source":"//s","type":"t","subject":"cus","time":"1970-01-01T00:00:01Z","partitionkey":"k","region":"eu","count":7,"data":{"q": 1.10, "big":12345678901234567890123} })"
        "\n"
        R"({"specversion":"1.0","id":"e2","source":"//s","type":"t","datacontenttype":"text/plain","data":"a\nb"})"
        "\n"
        R"({"specversion":"1.0","id":"e3","source":"//s","type":"t","datacontenttype":"application/octet-stream","data_base64":"AP8="})"
        "\n"
        R"({"specversion":"0.3","id":"e4","source":"//s","type":"t"})"
        "\n"
        R"({"specversion":"1.0","source":"//s","type":"t"})"
        "\n"
        R"({"specversion":"1.0","id":"e6","id":"e7","source":"//s","type":"t"})"
        "\n"
        R"([1])"
        "\n");
    const auto records = read();
    ASSERT_EQ(records.size(), 7u);
    EXPECT_EQ(records[0].payload, R"({"q": 1.10, "big":12345678901234567890123})");
    EXPECT_EQ(records[0].id, "e1");
    EXPECT_EQ(records[0].subject, "cus");
    EXPECT_EQ(records[0].key, "k");
    EXPECT_EQ(records[0].time_unix_ns, 1'000'000'000);
    EXPECT_EQ(records[0].attrs, (std::vector<std::pair<std::string, std::string>>{{"region", "eu"}, {"count", "7"}}));
    EXPECT_EQ(records[1].payload, "a\nb");
    EXPECT_EQ(records[2].payload, std::string("\x00\xff", 2));
    for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(records[i].held, "BAD_ROW") << i;
}

TEST_F(FileSource, several_files_are_read_one_after_the_other) {
    configure(json::object(), "*.ndjson");
    directory_.write("b.ndjson", rows(3, 4));
    directory_.write("a.ndjson", rows(1, 2));
    directory_.write(".hidden.ndjson", rows(9, 9));
    EXPECT_EQ(ids(read(1)), (Strings{"a.ndjson:1", "a.ndjson:2", "b.ndjson:1", "b.ndjson:2"}));
    directory_.write("c.ndjson", rows(5, 5));
    EXPECT_EQ(ids(read(1)), (Strings{"c.ndjson:1"}));
}

TEST(FileSourceConfig, says_what_is_wrong_and_where) {
    const struct {
        const char* pointer;
        json config;
    } cases[] = {
        {"/path", json::object()},
        {"/path", {{"path", "in*/x.csv"}}},
        {"/delimiter", {{"path", "x"}, {"delimiter", ";;"}}},
        {"/envelope", {{"path", "x"}, {"format", "csv"}, {"envelope", "cloudevents"}}},
        {"/id", {{"path", "x"}, {"id", "id"}}},
        {"/key", {{"path", "x"}, {"envelope", "cloudevents"}, {"key", "/k"}}},
        {"/max_row_bytes", {{"path", "x"}, {"max_row_bytes", 9u << 20}}},
        {"/format", {{"path", "x"}, {"format", "xml"}}},
    };
    for (const auto& c : cases) {
        const Harness file(source, c.config);
        EXPECT_FALSE(file) << c.config;
        EXPECT_STREQ(file.error.pointer, c.pointer) << file.error.message;
    }
}

}  // namespace
