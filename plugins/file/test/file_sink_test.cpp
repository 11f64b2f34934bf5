#include "temp_directory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weir/testing.hpp>

#include <csignal>
#include <memory>
#include <string>

extern const weir_component sink;

namespace {

using nlohmann::json;
using weir::testing::Harness;
using weir::testing::In;

In record(const std::string& payload, int number = 1) {
    In in{.payload = payload};
    char key[33];
    std::snprintf(key, sizeof key, "%032d", number);
    in.idempotency_key = key;
    return in;
}

class FileSink : public testing::Test {
  protected:
    void open(const json& settings = json::object()) {
        json config = settings;
        config["path"] = directory_.at("out.ndjson");
        sink_.reset();
        sink_ = std::make_unique<Harness>(sink, config);
        ASSERT_TRUE(*sink_) << sink_->error.message;
        ASSERT_EQ(sink_->start(), WEIR_OK) << sink_->error.message;
    }
    std::string written() const { return directory_.read("out.ndjson"); }

    TempDirectory directory_;
    std::unique_ptr<Harness> sink_;
};

TEST_F(FileSink, appends_one_line_per_record) {
    open();
    const auto verdicts = sink_->deliver({record("{\"a\":1}", 1), record("{\n \"b\": 2\r\n}", 2)});
    EXPECT_EQ(written(), "{\"a\":1}\n{  \"b\": 2  }\n");
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_TRUE(verdicts[1].ok());
}

TEST_F(FileSink, refuses_what_is_no_line_and_writes_the_rest) {
    open();
    In text = record("two\nlines", 1);
    text.content_type = "text/plain";
    const auto verdicts = sink_->deliver({text, record("", 2), record("{}", 3)});
    EXPECT_EQ(verdicts[0].code, "MULTILINE_PAYLOAD");
    EXPECT_EQ(verdicts[1].code, "NO_PAYLOAD");
    EXPECT_TRUE(verdicts[2].ok());
    EXPECT_EQ(written(), "{}\n");
}

TEST_F(FileSink, writes_whole_cloudevents) {
    open({{"envelope", "cloudevents"}});
    In in = record("{\"q\": 1.10}");
    in.id = "e\"1";
    in.type = "t";
    in.time_unix_ns = 1'500'000'000;
    in.attrs = {{"region", "eu"}};
    In binary = record(std::string("\x00\xff", 2), 2);
    binary.type = "t";
    binary.content_type = "application/octet-stream";
    In text = record("a\nb", 3);
    text.type = "t";
    text.content_type = "text/plain";
    for (const auto& verdict : sink_->deliver({in, binary, text})) EXPECT_TRUE(verdict.ok()) << verdict.message;
    const std::string all = written();
    const std::string first = all.substr(0, all.find('\n'));
    EXPECT_EQ(
        first,
        R"({"specversion":"1.0","id":"e\"1","source":"test","type":"t","time":"1970-01-01T00:00:01.5Z",)"
        R"("datacontenttype":"application/json","externalref":"WR-ABCDEFGHIJKLMNOP","region":"eu","data":{"q": 1.10}})");
    EXPECT_NE(all.find(R"("data_base64":"AP8=")"), std::string::npos) << all;
    EXPECT_NE(all.find(R"("data":"a\nb")"), std::string::npos) << all;
}

TEST_F(FileSink, answers_whether_it_happened_also_after_a_restart) {
    open();
    ASSERT_TRUE(sink_->deliver({record("{\"n\":1}", 1), record("{\"n\":2}", 2)}).at(0).ok());
    open();
    const auto verdicts = sink_->resolve({record("{\"n\":2}", 2), record("{\"n\":3}", 3)});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[0].remote_id, "out.ndjson@8");
    EXPECT_EQ(verdicts[1].kind, WEIR_OUT_RETRY) << "surely not there";
}

TEST_F(FileSink, a_dry_run_writes_nothing) {
    open();
    sink_->call_flags = WEIR_CALL_DRY_RUN;
    EXPECT_TRUE(sink_->deliver({record("{}")}).at(0).ok());
    EXPECT_EQ(written(), "");
}

// A child whose files may not grow beyond a limit stands in for a full disk: the write comes back short.
TEST_F(FileSink, a_write_that_does_not_fit_is_undone) {
    open();
    ASSERT_TRUE(sink_->deliver({record("{\"n\":1}", 1)}).at(0).ok());
    sink_.reset();
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{4096, 4096};
        setrlimit(RLIMIT_FSIZE, &limit);
        Harness other(sink, {{"path", directory_.at("out.ndjson")}});
        const auto verdicts = other.deliver({record("\"" + std::string(10'000, 'x') + "\"", 2)});
        const bool retry = verdicts.size() == 1 && verdicts[0].kind == WEIR_OUT_RETRY;
        const auto after = other.deliver({record("{\"n\":3}", 3)});
        _exit(retry && after.size() == 1 && after[0].ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_EQ(written(), "{\"n\":1}\n{\"n\":3}\n");
    open();
    EXPECT_EQ(sink_->resolve({record("", 2)}).at(0).kind, WEIR_OUT_RETRY);
}

TEST_F(FileSink, asks_for_large_batches_in_total_order) {
    open();
    const weir_sink_limits limits = sink_->limits();
    EXPECT_EQ(limits.order, std::uint32_t{WEIR_ORDER_TOTAL});
    EXPECT_EQ(limits.max_in_flight, 1u);
    EXPECT_GE(limits.max_batch_records, 10'000u);
}

}  // namespace
