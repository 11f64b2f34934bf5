// Tokens at rest, their comparison, and the address that guesses.
#include "runtime/admin/tokens.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "runtime/admin/gate.hpp"
#include "runtime/base/record_batch.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::admin::testing {
namespace {

using journal::testing::kSecond;
using journal::testing::kStart;
using ::testing::HasSubstr;
using ::testing::Not;

class Tokens : public ::testing::Test {
  protected:
    std::string add(const std::string& name, Role role, std::int64_t expires = 0) {
        auto tokens = load_tokens(file_);
        EXPECT_TRUE(tokens.ok());
        const std::string secret = *new_secret();
        tokens->push_back({name, role, hash_of(secret), kStart, expires});
        EXPECT_TRUE(save_tokens(file_, *tokens).ok());
        return secret;
    }
    std::string text() const {
        std::ifstream in(file_);
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    Result<Actor> admit(const std::string& authorization, const std::string& remote = "10.0.0.1:4711",
                        const std::string& user = "") {
        std::vector<weir_attr> headers;
        if (!authorization.empty()) headers.push_back({str("authorization"), str(authorization)});
        if (!user.empty()) headers.push_back({str("weir-local-user"), str(user)});
        weir_http_incoming request{};
        request.headers = headers.data();
        request.header_count = static_cast<std::uint32_t>(headers.size());
        request.remote = str(remote);
        return gate_.admit(request);
    }

    journal::testing::TempDir dir_;
    std::filesystem::path file_ = dir_.path() / "admin" / "tokens.json";
    ManualClock clock_{kStart};
    Gate gate_{file_, "weir_local", clock_};
};

TEST_F(Tokens, are_long_random_and_stored_as_hashes_only) {
    const std::string secret = add("ci", Role::operating);
    EXPECT_TRUE(secret.starts_with("weir_"));
    EXPECT_EQ(secret.size(), 5u + 52u);
    EXPECT_NE(secret, *new_secret());
    EXPECT_THAT(text(), HasSubstr(hash_of(secret)));
    EXPECT_THAT(text(), Not(HasSubstr(secret)));
    struct stat info {};
    ASSERT_EQ(::stat(file_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat(file_.parent_path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(Tokens, come_back_as_they_were) {
    add("a", Role::viewer);
    add("b", Role::admin, kStart + kSecond);
    const auto tokens = *load_tokens(file_);
    ASSERT_EQ(tokens.size(), 2u);
    EXPECT_EQ(tokens[0].role, Role::viewer);
    EXPECT_EQ(tokens[0].expires_wall_ns, 0);
    EXPECT_EQ(tokens[1].expires_wall_ns, kStart + kSecond);
}

TEST_F(Tokens, in_a_file_others_can_read_are_refused) {
    const std::string secret = add("ci", Role::admin);
    ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
    EXPECT_FALSE(load_tokens(file_).ok());
    EXPECT_FALSE(admit("Bearer " + secret).ok());
}

TEST_F(Tokens, that_are_damaged_let_nobody_in) {
    const std::string secret = add("ci", Role::admin);
    EXPECT_TRUE(admit("Bearer " + secret).ok());
    for (const char* damaged : {"", "{", R"({"tokens":[1]})", R"({"tokens":[{"name":"ci","role":"emperor"}]})"}) {
        ASSERT_TRUE(write_private_file(file_, damaged).ok());
        EXPECT_FALSE(admit("Bearer " + secret).ok()) << damaged;
    }
}

TEST_F(Tokens, are_noticed_and_forgotten_while_the_host_runs) {
    EXPECT_FALSE(admit("Bearer weir_unknown").ok());
    const std::string secret = add("ci", Role::operating);
    const auto actor = admit("Bearer " + secret);
    ASSERT_TRUE(actor.ok());
    EXPECT_EQ(actor->name, "token:ci");
    EXPECT_EQ(actor->role, "operator");
    ASSERT_TRUE(save_tokens(file_, {}).ok());
    EXPECT_FALSE(admit("Bearer " + secret).ok());
}

TEST_F(Tokens, end_when_their_time_is_over) {
    const std::string secret = add("ci", Role::viewer, kStart + kSecond);
    EXPECT_TRUE(admit("Bearer " + secret).ok());
    clock_.advance(kSecond);
    EXPECT_FALSE(admit("Bearer " + secret).ok());
}

TEST_F(Tokens, need_the_bearer_scheme) {
    const std::string secret = add("ci", Role::viewer);
    EXPECT_TRUE(admit("bearer " + secret).ok()) << "schemes have no case";
    for (const std::string& wrong :
         std::vector<std::string>{secret, "Basic " + secret, "Bearer", "Bearer ", "Bearer  " + secret,
                                  "Bearer " + secret + " ", "Bearer " + std::string(5000, 'a'), std::string()}) {
        EXPECT_FALSE(admit(wrong, "10.0.0." + std::to_string(wrong.size() % 200) + ":1").ok()) << wrong.substr(0, 30);
    }
}

TEST_F(Tokens, of_this_machine_name_their_user_and_others_cannot) {
    EXPECT_EQ(admit("Bearer weir_local", "127.0.0.1:1", "mia")->name, "local:mia");
    EXPECT_EQ(admit("Bearer weir_local", "127.0.0.1:1", "mia\n[admin]")->name, "local");
    const std::string secret = add("ci", Role::viewer);
    EXPECT_EQ(admit("Bearer " + secret, "127.0.0.1:1", "mia")->name, "token:ci");
}

TEST_F(Tokens, cannot_be_guessed_for_long) {
    const std::string secret = add("ci", Role::viewer);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(admit("Bearer wrong").error().code, "UNAUTHENTICATED");
    EXPECT_TRUE(admit("Bearer " + secret).ok()) << "who gets in is forgiven";
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(admit("Bearer wrong", "10.0.0.1:" + std::to_string(i)).error().code, "UNAUTHENTICATED");
    const auto locked = admit("Bearer " + secret);
    ASSERT_FALSE(locked.ok()) << "another port is the same address";
    EXPECT_EQ(locked.error().code, "LOCKED_OUT");
    EXPECT_EQ(locked.error().retry_after, std::chrono::seconds(60));
    EXPECT_TRUE(admit("Bearer " + secret, "10.0.0.2:1").ok()) << "others are not concerned";
    clock_.advance(60 * kSecond);
    EXPECT_TRUE(admit("Bearer " + secret).ok());
    EXPECT_EQ(gate_.failures(), 19u);
}

TEST(Lockout, remembers_a_bounded_number_of_addresses) {
    Lockout lockout;
    for (int i = 0; i < 10; ++i) lockout.failed("first:1", 1);
    EXPECT_TRUE(lockout.wait_ns("first:1", 2).has_value());
    for (std::size_t i = 0; i < Lockout::kAddressesMax; ++i) lockout.failed("a" + std::to_string(i) + ":1", 3);
    EXPECT_FALSE(lockout.wait_ns("first:1", 4).has_value()) << "the oldest is forgotten";
}

}  // namespace
}  // namespace weir::admin::testing
