// Expectations that are written from what came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "runtime/routetest/golden.hpp"
#include "runtime/routetest/suite.hpp"
#include "tests/unit/routetest/bench.hpp"

namespace weir::routetest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Golden : public ::testing::Test {
  protected:
    static constexpr const char* kRecords = R"(
      - { id: o-1, subject: ACME, data: { price: 1.10, a: "x" } }
      - { id: o-2, subject: bad }
      - { id: o-3, subject: drop })";

    // Runs the only case, with these records.
    const SuiteResult& run(const std::string& given, const std::string& around = "") {
        files_.clear();
        const std::string text = "route: orders\ncases:\n  - name: grows\n    given:" + given + "\n" + around;
        std::ofstream(written_.file(), std::ios::binary | std::ios::trunc) << text + "    expect: golden\n";
        config::Problems problems;
        auto tests = read_tests(written_.file(), bench_.config(), problems);
        EXPECT_TRUE(problems.empty());
        files_.push_back(std::move(*tests));
        return result_ = run_suite(bench_, files_, {}, nullptr);
    }
    void accept() {
        for (const auto& [file, expectations] : result_.acceptable) ASSERT_TRUE(write_golden(*file, expectations));
    }
    [[nodiscard]] std::string stands() const {
        std::ostringstream text;
        text << std::ifstream(golden_file(written_.file())).rdbuf();
        return std::move(text).str();
    }
    void put(const std::string& text) const { std::ofstream(golden_file(written_.file()), std::ios::trunc) << text; }
    [[nodiscard]] std::vector<std::string> failures() const {
        std::vector<std::string> messages;
        for (const Failure& failure : result_.results[0].failures) messages.push_back(failure.message);
        return messages;
    }

    FakeBench bench_;
    Written written_{""};
    std::vector<TestFile> files_;
    SuiteResult result_;
};

TEST_F(Golden, what_came_becomes_what_is_expected) {
    EXPECT_FALSE(run(kRecords).results[0].failures.empty());
    ASSERT_EQ(result_.acceptable.size(), 1u);
    accept();
    EXPECT_THAT(run(kRecords).results[0].failures, IsEmpty());
}

TEST_F(Golden, says_where_a_record_was_held) {
    const std::string replies =
        "    replies: { erp: { o-1: \"rejected:CLOSED\" }, crm: { o-1: \"policy:UNKNOWN\" } }\n";
    (void)run(kRecords, replies);
    accept();
    EXPECT_THAT(stands(), HasSubstr("\"crm\": \"UNKNOWN\""));
    EXPECT_THAT(stands(), HasSubstr("\"step (sort)\": \"BAD\""));
    EXPECT_THAT(run(kRecords, replies).results[0].failures, IsEmpty());
}

TEST_F(Golden, keeps_what_only_a_person_writes) {
    put(R"({ grows: { exact_numbers: true, messages: { o-2: not wanted }, attempts: { o-1: 7 }, suppressed: 3,
                      trace: { o-3: [] }, deliveries: { erp: [] } } })");
    (void)run(kRecords);
    accept();
    for (const char* kept : {"\"exact_numbers\": true", "\"o-2\": \"not wanted\"", "\"attempts\": {\n      \"o-1\": 2",
                             "\"suppressed\": 0", "\"sort: DROPPED\""}) {
        EXPECT_THAT(stands(), HasSubstr(kept));
    }
    EXPECT_THAT(run(kRecords).results[0].failures, IsEmpty());
}

TEST_F(Golden, a_promise_that_was_broken_is_not_accepted) {
    const std::string ask = "\n      - { id: o-1, type: ask, subject: MOON }";
    EXPECT_THAT(run(ask).acceptable, IsEmpty());
    EXPECT_THAT(failures(), ::testing::Contains(HasSubstr("the route sent a request that `http` does not answer")));
}

TEST_F(Golden, what_cannot_be_written_down_is_not_accepted) {
    EXPECT_THAT(run("\n      - { id: o-1, text: '{ \"a\": \"1\", \"a\": \"2\", \"z\": \"\" }' }").acceptable,
                IsEmpty());
    EXPECT_THAT(failures(), ::testing::Contains("what came cannot stand in a golden file: key \"a\" is here twice"));
    EXPECT_THAT(run("\n      - { id: o-1, text: '" + std::string(70, '[') + std::string(70, ']') + "' }").acceptable,
                IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(golden_file(written_.file())));
}

}  // namespace
}  // namespace weir::routetest
