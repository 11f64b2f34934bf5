// What operations.def declares, and what call() refuses before an operation runs.
#include "runtime/admin/operation.hpp"

#include <set>

#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {
namespace {

TEST(Operations, have_names_and_paths_of_their_own) {
    std::set<std::string> seen;
    for (const OperationInfo& operation : operations()) {
        EXPECT_TRUE(operation.path.starts_with('/')) << operation.name;
        EXPECT_TRUE(seen.insert(std::string(operation.method) + " " + std::string(operation.path)).second);
        EXPECT_EQ(operation.kind == OperationKind::page, operation.run == nullptr) << operation.name;
        EXPECT_EQ(operation.kind == OperationKind::change, operation.method == "POST") << operation.name;
    }
}

TEST(Operations, only_live_is_for_anybody) {
    for (const OperationInfo& operation : operations()) {
        EXPECT_EQ(operation.role == Role::anybody, operation.id == OperationId::live) << operation.name;
    }
}

TEST(Operations, that_change_something_take_a_reason_and_more_than_a_viewer) {
    for (const OperationInfo& operation : operations()) {
        if (operation.kind != OperationKind::change) continue;
        const auto known = parameters(operation.id);
        EXPECT_NE(std::ranges::find(known, "reason", &ParameterInfo::name), known.end()) << operation.name;
        EXPECT_GE(operation.role, Role::operating) << operation.name;
    }
}

TEST(Operations, declare_what_their_path_needs) {
    for (const OperationInfo& operation : operations()) {
        std::size_t declared = 0;
        for (const ParameterInfo& parameter : parameters(operation.id)) {
            declared += where(operation, parameter) == Where::path ? 1u : 0u;
        }
        EXPECT_EQ(declared, static_cast<std::size_t>(std::ranges::count(operation.path, '{'))) << operation.name;
    }
}

class Call : public PlantTest {
  protected:
    void expect_refused(OperationId id, Json given, const std::string& code, const std::string& says) {
        const auto result = call(id, std::move(given));
        ASSERT_FALSE(result.ok()) << says;
        EXPECT_EQ(result.error().code, code) << result.error().message;
        EXPECT_THAT(result.error().message, ::testing::HasSubstr(says));
    }
};

TEST_F(Call, refuses_what_it_does_not_know_and_says_what_was_meant) {
    expect_refused(OperationId::dead_letters, {{"rout", "orders"}}, "UNKNOWN_PARAMETER", "did you mean \"route\"?");
    expect_refused(OperationId::dead_letters, {{"zzz", 1}}, "UNKNOWN_PARAMETER", "\"zzz\"");
}

TEST_F(Call, refuses_wrong_types_and_bounds) {
    expect_refused(OperationId::dead_letters, {{"limit", "5"}}, "BAD_PARAMETER", "limit: expected a whole number");
    expect_refused(OperationId::dead_letters, {{"limit", 0}}, "BAD_PARAMETER", "from 1 to 1000");
    expect_refused(OperationId::dead_letters, {{"limit", 1001}}, "BAD_PARAMETER", "from 1 to 1000");
    expect_refused(OperationId::dead_letters, {{"limit", UINT64_MAX}}, "BAD_PARAMETER", "from 1 to 1000");
    expect_refused(OperationId::dead_letters, must(parse_json(R"({"limit": 1.5})")), "BAD_PARAMETER", "whole number");
    expect_refused(OperationId::dead_letters, {{"state", "gone"}}, "BAD_PARAMETER", "one of dead, held, all");
    expect_refused(OperationId::dead_letters, {{"since", "yesterday"}}, "BAD_PARAMETER", "RFC 3339");
    expect_refused(OperationId::dead_letters, {{"payload", "yes"}}, "BAD_PARAMETER", "true or false");
    expect_refused(OperationId::dead_letters, {{"route", ""}}, "BAD_PARAMETER", "1 to 128 bytes");
    expect_refused(OperationId::dead_letters, {{"route", "a\x01z"}}, "BAD_PARAMETER", "control characters");
    expect_refused(OperationId::redrive, {{"items", "orders/erp/1.0"}, {"reason", "r"}}, "BAD_PARAMETER", "a list");
    expect_refused(OperationId::dead_letters, Json::array(), "BAD_JSON", "JSON object");
    expect_refused(OperationId::trace, Json::object(), "MISSING_PARAMETER", "id is missing");
}

TEST_F(Call, needs_the_role_and_a_reason) {
    const Json given{{"route", "orders"}, {"reason", "maintenance"}};
    const auto result = call(OperationId::pause, given, {"token:ci", "viewer", ""});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, "FORBIDDEN");
    EXPECT_TRUE(call(OperationId::pause, given, {"token:ci", "operator", ""}).ok());
    expect_refused(OperationId::pause, {{"route", "orders"}}, "MISSING_PARAMETER", "reason");
    EXPECT_FALSE(call(OperationId::status, Json::object(), {"token:ci", "anybody", ""}).ok());
    EXPECT_FALSE(call(OperationId::status, Json::object(), {"token:ci", "emperor", ""}).ok())
        << "an unknown role is none";
}

TEST_F(Call, says_that_a_journal_in_memory_cannot_be_listed) {
    plant_.inspector = nullptr;
    expect_refused(OperationId::status, Json::object(), "NO_JOURNAL", "in memory");
    EXPECT_TRUE(call(OperationId::health, Json::object()).ok());
}

}  // namespace
}  // namespace weir::admin::testing
