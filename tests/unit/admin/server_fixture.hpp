// The administration API over a real socket, with a token of each role.
#pragma once

#include <weir/http.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/admin/server.hpp"
#include "runtime/http/client.hpp"
#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {

struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    [[nodiscard]] Json json() const;
};

struct HttpQuestion {
    std::string method = "GET";
    std::string path;
    std::string token = {};  // "": none
    std::string body = {};
    std::string content_type = "application/json";
    std::string user = {};
};

class ServerTest : public PlantTest {
  protected:
    ServerTest();
    ~ServerTest() override;
    [[nodiscard]] HttpAnswer ask(const HttpQuestion& question);
    [[nodiscard]] HttpAnswer get(const std::string& path, const std::string& role = "admin") {
        return ask({"GET", path, role.empty() ? "" : tokens_.at(role)});
    }
    [[nodiscard]] HttpAnswer post(const std::string& path, const Json& body, const std::string& role = "admin") {
        return ask({"POST", path, tokens_.at(role), write_json(body)});
    }
    [[nodiscard]] std::string local_token() const;
    // Everything of the journal that an operation could change, as text.
    [[nodiscard]] std::string state();
    void start(ServerOptions options = {});

    std::map<std::string, std::string> tokens_;  // by role
    std::unique_ptr<Server> server_;
    SystemClock real_clock_;
    std::unique_ptr<http::Client> client_;
};

}  // namespace weir::admin::testing
