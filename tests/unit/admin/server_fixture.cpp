#include "tests/unit/admin/server_fixture.hpp"

#include <fstream>
#include <span>

#include "runtime/admin/describe.hpp"
#include "runtime/admin/tokens.hpp"
#include "runtime/base/record_batch.hpp"

namespace weir::admin::testing {

Json HttpAnswer::json() const {
    auto parsed = parse_json(body);
    EXPECT_TRUE(parsed.ok()) << body.substr(0, 200);
    return parsed.ok() ? std::move(*parsed) : Json();
}

ServerTest::ServerTest() {
    std::vector<Token> tokens;
    for (const Role role : {Role::viewer, Role::operating, Role::approver, Role::admin}) {
        const std::string name(to_string(role));
        tokens_[name] = *new_secret();
        tokens.push_back({name, role, hash_of(tokens_[name]), kStart, 0});
    }
    EXPECT_TRUE(save_tokens(token_file(dir_.path()), tokens).ok());
    http::ClientOptions options;
    options.clock = &real_clock_;
    client_ = must(http::Client::start(options));
    add_rows();
}

ServerTest::~ServerTest() {
    client_.reset();
    server_.reset();
}

void ServerTest::start(ServerOptions options) {
    options.data_dir = dir_.path();
    options.version = "9.9.9";
    server_ = must(Server::start(options, plant_));
}

HttpAnswer ServerTest::ask(const HttpQuestion& question) {
    if (!server_) start();
    const std::string url = server_->address() + question.path;
    const std::string authorization = "Bearer " + question.token;
    std::vector<weir_attr> headers;
    if (!question.token.empty()) headers.push_back({str("Authorization"), str(authorization)});
    if (!question.body.empty()) headers.push_back({str("Content-Type"), str(question.content_type)});
    if (!question.user.empty()) headers.push_back({str("Weir-Local-User"), str(question.user)});
    weir_http_request request{};
    request.method = str(question.method);
    request.url = str(url);
    request.headers = headers.data();
    request.header_count = static_cast<std::uint32_t>(headers.size());
    request.body = str(question.body);
    request.response_max = 16u << 20;
    weir_http_exchange* exchange = nullptr;
    weir_error error{};
    const weir_svc_http* service = client_->service();
    EXPECT_EQ(service->exchange(service, nullptr, nullptr, &request, sizeof request, 1, 1, &exchange, &error), WEIR_OK);
    const weir_http_result& result = *service->result(exchange, 0);
    HttpAnswer answer;
    answer.status = result.status;
    answer.body = view(result.body);
    for (const weir_attr& header : std::span(result.headers, result.header_count)) {
        answer.headers[std::string(view(header.key))] = view(header.value);
    }
    if (answer.status == 0) answer.body = view(result.error_message);
    service->release(exchange);
    return answer;
}

std::string ServerTest::local_token() const {
    std::ifstream in(dir_.path() / "admin" / "local.token");
    std::string token;
    std::getline(in, token);
    return token;
}

std::string ServerTest::state() {
    Json all = Json::array();
    journal::DeliveryFilter filter;
    filter.limit = 10'000;
    for (const auto& one : must(inspector_->deliveries(filter))) {
        all.push_back(describe_row(one.row));
        all.push_back({one.row.lane, one.assignee, fingerprint(one.row.frame)});
        for (const auto& note : must(inspector_->notes(one.row.lane, one.row.item))) all.push_back(describe_note(note));
    }
    for (const auto& account : must(inspector_->accounts())) {
        all.push_back({account.lane, account.accepted, account.delivered, account.dead, account.held, account.pending});
    }
    for (const auto& [key, value] : must(inspector_->state("control", clock_.wall_ns()))) all.push_back({key, value});
    all.push_back(audit().size());
    all.push_back(host_->taken_up.size());
    return write_json(all);
}

}  // namespace weir::admin::testing
