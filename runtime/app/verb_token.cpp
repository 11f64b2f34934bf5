// weir token: tokens for the administration API. They live in a file, so that one can be made before the first start;
// a running host notices a change by itself.

#include <algorithm>
#include <cstdio>

#include "runtime/admin/tokens.hpp"
#include "runtime/app/configuration.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/text.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::write_json;
using admin::Token;

constexpr std::int64_t kDayNs = 86'400'000'000'000;

struct TokenOptions : CommonOptions {
    std::string name;
    std::string role = "viewer";
    std::uint32_t days = 365;
};

// Runs `body` over the token file of the configuration; prints why it cannot.
template <class Body>
int with_tokens(const TokenOptions& options, const Body& body) {
    const Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const auto file = admin::token_file(configuration.loaded.config->data_dir);
    auto tokens = admin::load_tokens(file);
    Status status = tokens ? body(file, *tokens) : Status(tokens.error());
    if (status) return kDone;
    std::fprintf(stderr, "weir: %s\n", status.error().message.c_str());
    return status.error().errc == Errc::invalid ? kUsage : kFailed;
}

Status create(const TokenOptions& options, const std::filesystem::path& file, std::vector<Token>& tokens) {
    if (!admin::is_token_name(options.name)) {
        return Error{
            Errc::invalid, "token name \"" + options.name + "\": expected lower case letters, digits, . _ -", "", {}};
    }
    if (std::ranges::find(tokens, options.name, &Token::name) != tokens.end()) {
        return Error{Errc::conflict, "there is a token \"" + options.name + "\"; revoke it first", "", {}};
    }
    const SystemClock clock;
    WEIR_TRY(const std::string secret, admin::new_secret());
    Token token;
    token.name = options.name;
    token.role = admin::role_of(options.role).value_or(admin::Role::viewer);
    token.sha256 = admin::hash_of(secret);
    token.created_wall_ns = clock.wall_ns();
    if (options.days != 0) token.expires_wall_ns = token.created_wall_ns + options.days * kDayNs;
    tokens.push_back(std::move(token));
    WEIR_CHECK_OK(admin::save_tokens(file, tokens));
    if (options.json) {
        std::puts(write_json(Json{{"name", options.name}, {"role", options.role}, {"token", secret}}, 2).c_str());
    } else {
        std::puts(secret.c_str());
        std::fputs("this is shown once; weir keeps only its hash\n", stderr);
    }
    return ok();
}

Status revoke(const TokenOptions& options, const std::filesystem::path& file, std::vector<Token>& tokens) {
    if (std::erase_if(tokens, [&](const Token& token) { return token.name == options.name; }) == 0) {
        return Error{Errc::not_found, "no token \"" + options.name + "\"", "", {}};
    }
    return admin::save_tokens(file, tokens);
}

Status list(const TokenOptions& options, const std::vector<Token>& tokens) {
    Json listed = Json::array();
    Table table({"NAME", "ROLE", "CREATED", "EXPIRES"});
    for (const Token& token : tokens) {
        const std::string expires = token.expires_wall_ns != 0 ? format_time(token.expires_wall_ns) : "never";
        const std::string role(to_string(token.role));
        listed.push_back({{"name", token.name},
                          {"role", role},
                          {"created", format_time(token.created_wall_ns)},
                          {"expires", expires}});
        table.add({token.name, role, format_time(token.created_wall_ns), expires});
    }
    if (options.json) {
        std::puts(write_json(Json{{"tokens", listed}}, 2).c_str());
    } else if (table.empty()) {
        std::puts("none");
    } else {
        table.print();
    }
    return ok();
}

CLI::App& add_action(CLI::App& verb, const char* name, const char* about, const char* example, TokenOptions& options) {
    CLI::App* action = verb.add_subcommand(name, about);
    action->footer(std::string("Example:\n  ") + example);
    add_config_option(*action, options);
    add_json_option(*action, options);
    return *action;
}

}  // namespace

void add_token(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<TokenOptions>();
    verb.require_subcommand(1);
    CLI::App& making = add_action(verb, "create", "make a token and print it, once",
                                  "weir token create --name ci --role operator", *options);
    making.add_option("--name", options->name, "who will use it; audit entries say \"token:<name>\"")->required();
    making.add_option("--role", options->role, "viewer, operator, approver or admin")
        ->check(CLI::IsMember({"viewer", "operator", "approver", "admin"}))
        ->capture_default_str();
    making.add_option("--days", options->days, "how long it is valid; 0: for ever")->capture_default_str();
    making.callback([options, &exit_code] {
        exit_code =
            with_tokens(*options, [&](const auto& file, auto& tokens) { return create(*options, file, tokens); });
    });
    CLI::App& listing = add_action(verb, "list", "list tokens, without what they are", "weir token list", *options);
    listing.callback([options, &exit_code] {
        exit_code = with_tokens(*options, [&](const auto&, auto& tokens) { return list(*options, tokens); });
    });
    CLI::App& ending = add_action(verb, "revoke", "end a token", "weir token revoke ci", *options);
    ending.add_option("name", options->name, "which")->required();
    ending.callback([options, &exit_code] {
        exit_code =
            with_tokens(*options, [&](const auto& file, auto& tokens) { return revoke(*options, file, tokens); });
    });
}

}  // namespace weir::app
