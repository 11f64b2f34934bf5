// What is wrong with a test file is told at its place, all of it at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/routetest/bench.hpp"

namespace weir::routetest {
namespace {

using ::testing::HasSubstr;

struct Broken {
    const char* text;
    const char* problem;
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.problem; }

class BrokenFiles : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenFiles, are_refused) {
    EXPECT_THAT(problems_of(FakeBench(), GetParam().text), HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    ReadTests, BrokenFiles,
    ::testing::Values(
        Broken{"[1]", "orders.test.yaml:1:1: a test file: expected a map"},
        Broken{"route: orders\n", "orders.test.yaml:1:1: key \"cases\" is missing in a test file"},
        Broken{"route: order\ncases: []\n", "orders.test.yaml:1:8: unknown route \"order\" (did you mean \"orders\"?)"},
        Broken{"rout: orders\ncases: []\n",
               "orders.test.yaml:1:1: unknown key \"rout\" in a test file (did you mean \"route\"?)"},
        Broken{"cases:\n  - { name: a, given: [], expect: {} }\n", "2:5: a case needs a \"route\""},
        Broken{"route: orders\ncases:\n  - { given: [], expect: {} }\n", "3:5: key \"name\" is missing in a case"},
        Broken{"route: orders\ncases:\n  - { name: a, expect: {} }\n", "3:5: key \"given\" is missing in a case"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [] }\n", "3:5: key \"expect\" is missing in a case"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], expct: {} }\n",
               "unknown key \"expct\" in a case (did you mean \"expect\"?)"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{}], expect: {} }\n",
               "key \"id\" is missing in a given record"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ id: x, tyme: 1 }], expect: {} }\n",
               "unknown key \"tyme\" in a given record"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ id: x, time: today }], expect: {} }\n",
               "time: expected RFC 3339 such as 2026-07-01T00:00:00Z, found \"today\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ wait: 10m }], expect: {} }\n",
               "3:23: given has no record: the case would hold whatever the route does"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ wait: soon }], expect: {} }\n",
               "wait: expected a duration such as 10m, found \"soon\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ id: x, data: {}, text: a }], expect: {} }\n",
               "one of \"data\", \"data_file\" and \"text\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ id: x, data_file: no.json }], expect: {} }\n",
               "cannot read"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [{ id: x, from: shp }], expect: {} }\n",
               "unknown connection \"shp\" (did you mean \"shop\"?)"},
        Broken{"route: orders\ncases:\n  - { name: a, clock: now, given: [], expect: {} }\n",
               "clock: expected RFC 3339"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], replies: { epr: {} }, expect: {} }\n",
               "unknown destination \"epr\" (did you mean \"erp\"?)"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], replies: { erp: { x: maybe } }, expect: {} }\n",
               "unknown reply \"maybe\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], replies: { erp: { x: [ok, \"retry:\"] } }, expect: {} "
               "}\n",
               "unknown reply \"retry:\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], http: [{ request: here }], expect: {} }\n",
               "request: expected a method and a URL"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], http: [{ request: GET http://a }], expect: {} }\n",
               "key \"answer\" is missing"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], tables: { acounts: {} }, expect: {} }\n",
               "unknown table \"acounts\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], not_under: [restarts], expect: {} }\n",
               "unknown profile \"restarts\" (did you mean \"restart\"?)"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], expect: { delivery: {} } }\n",
               "unknown key \"delivery\" in expect"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], expect: { deliveries: { epr: [] } } }\n",
               "unknown destination \"epr\" (did you mean \"erp\"?)"},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], expect: { attempts: { x: many } } }\n",
               "x: expected a whole number from 0 on, found \"many\""},
        Broken{"route: orders\ncases:\n  - { name: a, given: [], expect: { deliveries: { erp: [{ idd: 1 }] } } }\n",
               "unknown key \"idd\" in a delivery"},
        Broken{
            "route: orders\ncases:\n  - { name: a, given: [], expect: {} }\n  - { name: a, given: [], expect: {} }\n",
            "4:5: there are two cases \"a\""}));

TEST(ReadTests, everything_that_is_wrong_is_told_at_once) {
    const std::string problems =
        problems_of(FakeBench(), "route: order\ncases:\n  - { name: a, givn: [], expect: { dead: 1 } }\n");
    EXPECT_THAT(problems, HasSubstr("1:8: unknown route"));
    EXPECT_THAT(problems, HasSubstr("unknown key \"givn\""));
    EXPECT_THAT(problems, HasSubstr("dead: expected a map, found 1"));
}

TEST(ReadTests, words_of_replies) {
    EXPECT_EQ(parse_word("retry:HTTP_503")->code, "HTTP_503");
    EXPECT_EQ(parse_word("throttled:5s")->after, std::chrono::seconds{5});
    EXPECT_EQ(parse_word("throttled")->after, std::chrono::seconds{0});
    EXPECT_EQ(parse_word("unknown_applied")->kind, Word::Kind::unknown_applied);
    for (const char* wrong : {"", "retry", "rejected:", "throttled:soon", "ok:1", "OK"}) {
        EXPECT_FALSE(parse_word(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace weir::routetest
