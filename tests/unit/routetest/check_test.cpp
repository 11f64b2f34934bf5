// Each kind of expectation: a case that holds, and the same case with one thing changed, which must fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/routetest/bench.hpp"

namespace weir::routetest {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCase = R"(route: orders
cases:
  - name: everything at once
    given:
      - { id: o-1, subject: ACME, time: 2026-06-30T12:00:00Z, data: { "price": 1.10, text: one } }
      - { id: o-2, subject: drop, time: 2026-06-30T12:00:00Z, data: { text: two } }
      - { id: o-3, subject: bad, data: { text: three } }
      - { id: o-4, subject: BOLT, data: { text: four } }
      - { id: o-5, subject: CORE, data: { text: five } }
      - { id: o-6, type: ask, subject: DUNE, data: {} }
      - { id: o-2, subject: drop, time: 2026-06-30T12:00:00Z, data: { text: two } }
      - { id: o-7, subject: ECHO, data: { text: seven } }
    http:
      - { request: GET http://names/DUNE, answer: { body: { name: Dune } } }
    replies:
      erp: { o-4: "rejected:CLOSED", o-5: "retry:HTTP_503", o-7: [unknown_applied, ok] }
    expect:
      deliveries:
        erp:
          - { id: o-1, subject: ACME, data: { price: 1.10, text: "one!" } }
          - { id: o-6, data_contains: { name: Dune } }
          - { id: o-7 }
        crm: [ { id: o-1 }, { id: o-4 }, { id: o-5 }, { id: o-6 }, { id: o-7 } ]
      filtered: { o-2: DROPPED }
      held: { o-3: BAD, o-4: CLOSED }
      dead: { o-5: HTTP_503 }
      messages: { o-3: not wanted }
      attempts: { o-5: 4, o-1: 2 }
      probes: { o-7: 1 }
      suppressed: 1
      trace: { o-1: [sort, shout], o-2: ["sort: DROPPED"] }
)";

std::string with(std::string_view from, std::string_view to) {
    std::string text = kCase;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Check, a_case_that_holds_has_no_failures) { EXPECT_EQ(failures_of(FakeBench(), kCase), ""); }

TEST(Check, it_holds_under_every_profile) {
    for (const Profile profile : {Profile::restart, Profile::capacity_one, Profile::duplicated, Profile::shuffled}) {
        EXPECT_EQ(failures_of(FakeBench(), kCase, profile), "") << to_string(profile);
    }
}

struct Mutation {
    const char* what;
    const char* from;
    const char* to;
    const char* failure;
};
void PrintTo(const Mutation& mutation, std::ostream* out) { *out << mutation.what; }

class Mutations : public ::testing::TestWithParam<Mutation> {};

TEST_P(Mutations, fail) {
    const Mutation& mutation = GetParam();
    EXPECT_THAT(failures_of(FakeBench(), with(mutation.from, mutation.to)), HasSubstr(mutation.failure));
}

INSTANTIATE_TEST_SUITE_P(
    Check, Mutations,
    ::testing::Values(
        Mutation{"another value", R"(text: "one!")", R"(text: "two!")",
                 "-       \"text\": \"two!\"\n+       \"text\": \"one!\""},
        Mutation{"a member that is not there", "price: 1.10, text: \"one!\"", "price: 1.10, text: \"one!\", x: 1",
                 "-       \"x\": 1"},
        Mutation{"a member nobody expected", "price: 1.10, text: \"one!\"", "text: \"one!\"",
                 "+       \"price\": 1.10"},
        Mutation{"another number", "data: { price: 1.10, text", "data: { price: 1.11, text", "-       \"price\": 1.11"},
        Mutation{"a number as text", "data: { price: 1.10, text", "data: { price: \"1.10\", text",
                 "\"price\": \"1.10\""},
        Mutation{"another subject", "{ id: o-1, subject: ACME, data: { price",
                 "{ id: o-1, subject: CORE, data: { price", "-     \"subject\": \"CORE\""},
        Mutation{"a part that is not there", "data_contains: { name: Dune }", "data_contains: { name: Arrakis }",
                 "\"Arrakis\""},
        Mutation{"a delivery too many", "          - { id: o-7 }\n", "",
                 "deliveries to erp: expected 2 records, there came 3"},
        Mutation{"a delivery too few", "          - { id: o-7 }\n",
                 "          - { id: o-7 }\n          - { id: o-8 }\n",
                 "deliveries to erp: expected 4 records, there came 3"},
        Mutation{"another order", "[ { id: o-1 }, { id: o-4 }", "[ { id: o-4 }, { id: o-1 }", "deliveries to crm"},
        Mutation{"another filter", "o-2: DROPPED }", "o-2: OTHER }",
                 "filtered records are not as expected\n- o-2: OTHER"},
        Mutation{"nothing filtered", "filtered: { o-2: DROPPED }", "filtered: []", "+ o-2: DROPPED"},
        Mutation{"another code", "o-4: CLOSED }", "o-4: OPEN }", "- o-4: OPEN"},
        Mutation{"an exception nobody expected", "held: { o-3: BAD, o-4: CLOSED }", "held: { o-3: BAD }",
                 "held records are not as expected"},
        Mutation{"an exception at another place", "held: { o-3: BAD, o-4: CLOSED }",
                 "held: { o-3: BAD, o-4: { crm: CLOSED } }", "- o-4: crm: CLOSED\n+ o-4: erp: CLOSED"},
        Mutation{"an exception at two places", "held: { o-3: BAD, o-4: CLOSED }",
                 "held: { o-3: { step (sort): BAD }, o-4: { erp: CLOSED, crm: CLOSED } }", "- o-4: crm: CLOSED"},
        Mutation{"two codes", "held: { o-3: BAD, o-4: CLOSED }", "held: { o-3: BAD, o-4: [CLOSED, OPEN] }",
                 "- o-4: OPEN"},
        Mutation{"a reply to nobody", "erp: { o-4: \"rejected:CLOSED\"", "erp: { o_1: ok, o-4: \"rejected:CLOSED\"",
                 "destination erp, replies: \"o_1\" never came there"},
        Mutation{"doubts nobody has", "    replies:\n",
                 "    destinations: { erp: { cannot_tell: { o-1: 1 } } }\n    replies:\n",
                 "destination erp, cannot_tell: nobody asked about \"o-1\""},
        Mutation{"attempts of nobody", "o-5: 4, o-1: 2", "o-5: 4, o_1: 0",
                 "attempts: there was no record \"o_1\"; did you mean \"o-1\"?"},
        Mutation{"probes of nobody", "probes: { o-7: 1 }", "probes: { o-70: 0 }",
                 "probes: there was no record \"o-70\""},
        Mutation{"the way of nobody", "o-1: [sort, shout]", "o-10: []", "trace: there was no record \"o-10\""},
        Mutation{"a member that stands twice", "data: { \"price\": 1.10, text: one }",
                 "text: '{ \"price\": 1.10, \"text\": \"one!\", \"price\": 9.90, \"z\": \"\" }'",
                 "+       \"price\": 9.90"},
        Mutation{"no exceptions stated", "      held: { o-3: BAD, o-4: CLOSED }\n", "", "+ o-3: BAD"},
        Mutation{"no dead letters stated", "      dead: { o-5: HTTP_503 }\n", "", "dead records are not as expected"},
        Mutation{"a dead letter that is none", "dead: { o-5: HTTP_503 }", "dead: { o-5: HTTP_503, o-1: X }",
                 "- o-1: X"},
        Mutation{"another message", "o-3: not wanted", "o-3: very much wanted", "no message about \"o-3\""},
        Mutation{"other attempts", "o-5: 4", "o-5: 3", "attempts of \"o-5\": expected 3, there were 4"},
        Mutation{"other probes", "probes: { o-7: 1 }", "probes: { o-7: 2 }",
                 "probes of \"o-7\": expected 2, there were 1"},
        Mutation{"no duplicates", "suppressed: 1", "suppressed: 0", "suppressed duplicates: expected 0, there were 1"},
        Mutation{"another way", "o-1: [sort, shout]", "o-1: [shout]", "the way of \"o-1\""},
        Mutation{"a pending record", "suppressed: 1", "suppressed: 1\n      pending: [o-1]", "pending records"},
        Mutation{"a request nobody answers", "GET http://names/DUNE", "GET http://names/MOON",
                 "the route sent a request that `http` does not answer: GET http://names/DUNE"}),
    [](const auto& mutation) {
        std::string name = mutation.param.what;
        std::erase(name, ',');
        std::ranges::replace(name, ' ', '_');
        return name;
    });

TEST(Check, numbers_compare_by_value_unless_asked_exactly) {
    const std::string other = with("data: { price: 1.10, text", "data: { price: 11e-1, text");
    EXPECT_EQ(failures_of(FakeBench(), other), "");
    for (const std::string yes : {"true", "True", "TRUE"}) {
        EXPECT_THAT(failures_of(FakeBench(), with("data: { price: 1.10, text: \"one!\" } }",
                                                  "data: { price: 1.1, text: \"one!\" } }") +
                                                 "      exact_numbers: " + yes + "\n"),
                    HasSubstr("-       \"price\": 1.1,\n+       \"price\": 1.10"))
            << yes;
    }
}

TEST(Check, places_of_what_ended_may_be_stated) {
    EXPECT_EQ(failures_of(FakeBench(), with("held: { o-3: BAD, o-4: CLOSED }",
                                            "held: { o-3: { step (sort): BAD }, o-4: { erp: CLOSED } }")),
              "");
}

TEST(Check, records_that_become_one_id_are_all_delivered) {
    const std::string text = R"(route: orders
cases:
  - name: two become one
    given: [ { id: o-1, type: rename, subject: A }, { id: o-2, type: rename, subject: B } ]
    expect: { deliveries: { erp: [ { id: same, subject: A }, { id: same, subject: B } ] }, filtered: [] }
)";
    EXPECT_EQ(failures_of(FakeBench(), text), "");
}

TEST(Check, what_still_waits_is_pending_and_has_to_be_named) {
    const std::string text = R"(route: orders
cases:
  - name: waits
    given: [ { id: o-1, subject: ACME } ]
    replies: { erp: { o-1: "throttled:1h" } }
    run_for: 1m
    expect: { deliveries: { erp: [] } }
)";
    EXPECT_THAT(failures_of(FakeBench(), text), HasSubstr("pending records are not as expected\n+ o-1"));
    std::string named = text;
    named.replace(named.find("erp: [] }"), 9, "erp: [] }, pending: [o-1]");
    EXPECT_EQ(failures_of(FakeBench(), named), "");
}

TEST(Check, a_profile_the_destination_cannot_stand_is_skipped) {
    EXPECT_THAT(failures_of(FakeBench(), R"(route: orders
cases:
  - name: nobody can tell
    given: [ { id: o-1, subject: ACME } ]
    destinations: { erp: { resolves: false } }
    expect: {}
)",
                            Profile::restart),
                HasSubstr("skipped: destination erp cannot be asked what happened"));
}

}  // namespace
}  // namespace weir::routetest
