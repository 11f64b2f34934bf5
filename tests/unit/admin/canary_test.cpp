// Tokens and secrets appear in no answer, log line, metric or audit entry, whatever is asked and however wrongly.
#include <fstream>
#include <sstream>

#include "runtime/admin/tokens.hpp"
#include "runtime/base/log.hpp"
#include "tests/unit/admin/server_fixture.hpp"

namespace weir::admin::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "canary-password-7461";
constexpr const char* kWrongToken = "weir_canarywrongtoken8815";

class Canary : public ServerTest {
  protected:
    Canary() { config_->connections["erp"].settings_json = std::string(R"({"password":")") + kSecret + "\"}"; }

    void look(const std::string& text, const std::string& where) {
        EXPECT_THAT(text, Not(HasSubstr(kSecret))) << where;
        EXPECT_THAT(text, Not(HasSubstr(kWrongToken))) << where;
        EXPECT_THAT(text, Not(HasSubstr(local_token()))) << where;
        for (const auto& [role, token] : tokens_) {
            EXPECT_THAT(text, Not(HasSubstr(token))) << where;
            EXPECT_THAT(text, Not(HasSubstr(hash_of(token)))) << where;
        }
    }
    void ask_and_look(const HttpQuestion& question) {
        const HttpAnswer answer = ask(question);
        std::string all = answer.body;
        for (const auto& [name, value] : answer.headers) all += name + ": " + value + "\n";
        look(all, question.method + " " + question.path);
        if (answer.status == 401) clock_.advance(60 * kSecond);
    }
};

TEST_F(Canary, is_never_seen) {
    start();
    log::configure(log::Level::trace, log::Format::text);
    ::testing::internal::CaptureStderr();
    for (const OperationInfo& operation : operations()) {
        for (const std::string& token :
             {tokens_["admin"], tokens_["viewer"], std::string(kWrongToken), local_token()}) {
            HttpQuestion question{std::string(operation.method), std::string(operation.path), token};
            if (operation.method == "POST") {
                question.body =
                    R"({"route":"orders","item":"orders/erp/2.0","reason":"canary test","to":"mia","note":"n"})";
            }
            ask_and_look(question);
            question.path += "?token=" + std::string(kWrongToken);
            ask_and_look(question);
            const auto item = question.path.find("{item}");
            if (item != std::string::npos) ask_and_look({question.method, "/v1/exceptions/orders%2Ferp%2F2.0", token});
        }
    }
    ask_and_look({"GET", "/" + std::string(kWrongToken), tokens_["admin"]});
    ask_and_look({"POST", "/v1/pause", tokens_["admin"], R"({"route":"orders","reason":"maintenance"})"});
    ask_and_look({"POST", "/v1/redrive", tokens_["admin"], R"({"items":["orders/erp/1.0"],"reason":"again"})"});
    log::flush();
    const std::string logged = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(logged, HasSubstr("redrive")) << "the log was really captured";
    EXPECT_THAT(logged, HasSubstr("no valid token"));
    look(logged, "log");
    const auto entries = audit();
    ASSERT_GE(entries.size(), 2u);
    for (const auto& [sequence, hash, entry] : entries) {
        look(entry.actor + entry.action + entry.subject + entry.reason + entry.detail, "audit");
    }
}

TEST_F(Canary, is_not_in_what_the_host_writes_down_for_verbs) {
    start();
    std::ifstream in(dir_.path() / "host.json");
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr(server_->address()));
    look(text.str(), "host.json");
}

}  // namespace
}  // namespace weir::admin::testing
