// Every endpoint with everything that is wrong: nothing may change and nothing may be called a defect (500).
//
// Deterministic: the cases follow from operations.def and a fixed seed.
#include <random>

#include "tests/unit/admin/server_fixture.hpp"

namespace weir::admin::testing {
namespace {

// A value the parameter takes.
Json right_value(const ParameterInfo& parameter) {
    switch (parameter.type) {
        case ParameterType::integer:
            return parameter.least;
        case ParameterType::boolean:
            return false;
        case ParameterType::time:
            return "2026-06-01T00:00:00Z";
        case ParameterType::texts:
            return Json::array({"orders/erp/1.0"});
        case ParameterType::any:
            return Json{{"account", "4020"}};
        case ParameterType::text:
            break;
    }
    if (!parameter.choices.empty()) return std::string(parameter.choices.substr(0, parameter.choices.find('|')));
    if (parameter.name == "item") return "orders/erp/2.0";
    if (parameter.name == "cursor") return "0:0";
    if (parameter.name == "route") return "orders";
    return "a text";
}

// Values no parameter of this type takes, or too much of them.
std::vector<Json> wrong_values(const ParameterInfo& parameter) {
    const Json nested = *parse_json("[[[[{\"a\":[1.5,null]}]]]]");
    switch (parameter.type) {
        case ParameterType::text:
            return {1,      true,           nullptr,
                    nested, Json::object(), std::string(static_cast<std::size_t>(parameter.most) + 1, 'x')};
        case ParameterType::integer:
            return {
                "x",
                true,
                nullptr,
                nested,
                parameter.least - 1,
                parameter.most + 1,
                UINT64_MAX,
                INT64_MIN,
                *parse_json("1.5"),
            };
        case ParameterType::boolean:
            return {"yes", 1, nullptr, nested};
        case ParameterType::time:
            return {"now", 1, nullptr, nested, "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z"};
        case ParameterType::texts:
            return {"x",
                    1,
                    nullptr,
                    Json::array(),
                    Json::array({1}),
                    Json::array({Json::array()}),
                    Json(std::vector<std::string>(static_cast<std::size_t>(parameter.most) + 1, "x"))};
        case ParameterType::any:
            return {};
    }
    return {};
}

std::string encoded(const Json& value) {
    std::string out;
    for (const char c : value.is_string() ? value.get<std::string>() : write_json(value)) {
        static constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

class Fuzz : public ServerTest {
  protected:
    // Parameters that are all right; a change of it would happen.
    static Json right_parameters(const OperationInfo& operation) {
        Json given = Json::object();
        for (const ParameterInfo& parameter : parameters(operation.id)) {
            const bool needed = parameter.presence == Presence::required || parameter.name == "reason";
            if (needed) given[std::string(parameter.name)] = right_value(parameter);
        }
        if (operation.id == OperationId::pause || operation.id == OperationId::resume) given["route"] = "orders";
        if (operation.id == OperationId::redrive) given["items"] = {"orders/erp/1.0"};
        return given;
    }

    HttpQuestion question(const OperationInfo& operation, const Json& given, const std::string& token) {
        HttpQuestion asked{std::string(operation.method), std::string(operation.path), token};
        Json body = Json::object();
        std::string query;
        for (auto at = given.begin(); at != given.end(); ++at) {
            const auto place = asked.path.find("{" + at.key() + "}");
            if (place != std::string::npos) {
                asked.path.replace(place, at.key().size() + 2, encoded(*at));
            } else if (operation.method == "GET") {
                query += (query.empty() ? "?" : "&") + at.key() + "=" + encoded(*at);
            } else {
                body[at.key()] = *at;
            }
        }
        asked.path += query;
        if (operation.method == "POST") asked.body = write_json(body);
        return asked;
    }

    void expect_refused(const HttpQuestion& asked) {
        ++asked_;
        const HttpAnswer answer = ask(asked);
        EXPECT_GE(answer.status, 400) << asked.method << " " << asked.path << " " << asked.body.substr(0, 200);
        EXPECT_LT(answer.status, 500) << asked.method << " " << asked.path << " " << asked.body.substr(0, 200) << "\n"
                                      << answer.body;
        EXPECT_THAT(answer.body, ::testing::HasSubstr("\"code\":"));
        if (answer.status == 401 || answer.status == 429) clock_.advance(10 * kSecond);
    }
    void expect_unchanged(const std::string& before, const char* after_what) {
        EXPECT_EQ(state(), before) << after_what;
    }

    int asked_ = 0;
};

TEST_F(Fuzz, without_a_valid_token_nothing_happens) {
    const std::string before = state();
    const std::string good = tokens_["admin"];
    const std::string tokens[] = {"",
                                  "x",
                                  "weir_",
                                  good.substr(0, good.size() - 1),
                                  good + "a",
                                  std::string(300, 'a'),
                                  std::string(good.rbegin(), good.rend()),
                                  "%00",
                                  "weir_\xc3\xa4"};
    for (const OperationInfo& operation : operations()) {
        if (operation.role == Role::anybody) continue;
        for (const std::string& token : tokens) expect_refused(question(operation, right_parameters(operation), token));
    }
    expect_unchanged(before, "garbage tokens");
}

TEST_F(Fuzz, with_too_small_a_role_nothing_happens) {
    const std::string before = state();
    for (const OperationInfo& operation : operations()) {
        for (const auto& [name, token] : tokens_) {
            if (*role_of(name) >= operation.role) continue;
            expect_refused(question(operation, right_parameters(operation), token));
        }
    }
    EXPECT_GT(asked_, 10);
    expect_unchanged(before, "wrong roles");
}

TEST_F(Fuzz, wrong_values_change_nothing) {
    const std::string before = state();
    for (const OperationInfo& operation : operations()) {
        if (operation.id == OperationId::live) continue;
        const Json right = right_parameters(operation);
        for (const ParameterInfo& parameter : parameters(operation.id)) {
            const std::string name(parameter.name);
            // As text in a path or a query much more is right.
            if (where(operation, parameter) != Where::body && parameter.type == ParameterType::text) continue;
            for (const Json& wrong : wrong_values(parameter)) {
                if (where(operation, parameter) == Where::query && parameter.type == ParameterType::boolean &&
                    wrong == 1)
                    continue;
                Json given = right;
                given[name] = wrong;
                expect_refused(question(operation, given, tokens_["admin"]));
            }
            if (parameter.presence == Presence::optional && name != "reason") continue;
            if (where(operation, parameter) == Where::path) continue;
            Json given = right;
            given.erase(name);
            expect_refused(question(operation, given, tokens_["admin"]));
        }
        Json given = right;
        given["unheard_of"] = "x";
        expect_refused(question(operation, given, tokens_["admin"]));
    }
    EXPECT_GT(asked_, 300);
    expect_unchanged(before, "wrong values");
}

TEST_F(Fuzz, bodies_that_are_no_json_change_nothing) {
    const std::string before = state();
    std::mt19937_64 random(20260601);
    for (const OperationInfo& operation : operations()) {
        if (operation.method != "POST") continue;
        HttpQuestion asked = question(operation, right_parameters(operation), tokens_["admin"]);
        const std::string right = asked.body;
        std::vector<std::string> wrong{"{",
                                       "{\"limit\":1e999}",
                                       "[]",
                                       "null",
                                       "1",
                                       "\"x\"",
                                       "{}{}",
                                       right + "x",
                                       right.substr(1),
                                       std::string(100'000, '['),
                                       "{\"a\":" + std::string(5000, '{'),
                                       std::string(64, '\0'),
                                       "\xff\xfe{}",
                                       "{\"reason\":\"r\",\"reason\":\"r\"}",
                                       "{\"\\ud800\":1}",
                                       "{\"reason\":\"" + std::string((1u << 20) + 1, 'r') + "\"}"};
        for (int i = 0; i < 12; ++i) {  // cut anywhere before its end: never an object
            wrong.push_back(right.substr(0, 1 + random() % (right.size() - 2)));
        }
        for (const std::string& body : wrong) {
            asked.body = body;
            expect_refused(asked);
        }
        asked.body = right;
        asked.content_type = "application/x-www-form-urlencoded";
        expect_refused(asked);
    }
    expect_unchanged(before, "bad JSON");
}

TEST_F(Fuzz, paths_and_items_that_are_none_change_nothing) {
    const std::string before = state();
    std::mt19937_64 random(7);
    const std::string_view letters = "/-._~%2F0123456789orderserp";
    for (const OperationInfo& operation : operations()) {
        const auto brace = operation.path.find('{');
        if (brace == std::string_view::npos) continue;
        std::vector<std::string> items{"orders%2Ferp%2F8.0",
                                       "orders%2Ferp%2F-1.0",
                                       "orders%2Ferp%2F1.-1",
                                       "%2F%2F1.0",
                                       "orders%2Ferp%2F99999999999999999999.0",
                                       "orders%2Ferp%2F1.99999999999",
                                       "%00",
                                       "..%2F..%2Fetc%2Fpasswd",
                                       "%",
                                       "%ff",
                                       "'%20OR%20'1'='1%2Fa%2F1.0",
                                       std::string(5000, 'a')};
        for (int i = 0; i < 20; ++i) {
            std::string item;
            for (std::size_t n = random() % 30 + 1; n > 0; --n) item += letters[random() % letters.size()];
            items.push_back("zz" + item);
        }
        for (const std::string& item : items) {
            HttpQuestion asked = question(operation, right_parameters(operation), tokens_["admin"]);
            const auto right = asked.path.find(encoded("orders/erp/2.0"));
            ASSERT_NE(right, std::string::npos);
            asked.path.replace(right, encoded("orders/erp/2.0").size(), item);
            expect_refused(asked);
        }
    }
    for (const char* path :
         {"/", "/v1", "/v1/", "/v1/status/x", "/V1/status", "/v1/status;x", "/../v1/status", "/v2/status"}) {
        expect_refused({"GET", path, tokens_["admin"]});
    }
    for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}) {
        ++asked_;
        const int status = ask({method, "/v1/redrive", tokens_["admin"]}).status;
        EXPECT_EQ(status, 405) << method;
    }
    expect_unchanged(before, "paths");
}

}  // namespace
}  // namespace weir::admin::testing
