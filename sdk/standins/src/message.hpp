// A request and its reply, apart from sockets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.hpp"

namespace weir::standin {

struct Request {
    std::string method;
    std::string target;                          // as sent: path and query
    std::string path;                            // percent-decoded
    std::map<std::string, std::string> query;    // percent-decoded; of a repeated name the last
    std::map<std::string, std::string> headers;  // names in lower case; of a repeated one the last
    std::string body;

    // Fills path and query from `target`.
    void split_target();
    [[nodiscard]] std::string header(const std::string& lower_case_name) const;
    [[nodiscard]] std::string query_value(const std::string& name, const std::string& otherwise = {}) const;
    // For the stand-in's own endpoints, which stay reachable under every fault but `down`.
    [[nodiscard]] bool is_control() const { return path.starts_with("/_/"); }
};

struct Reply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
};

[[nodiscard]] Reply json_reply(int status, const Json& body);
// RFC 9457. `code` is stable, `detail` is for people; `more` adds members.
[[nodiscard]] Reply problem(int status, std::string_view code, const std::string& detail, const Json& more = {});
[[nodiscard]] Reply problem(int status, const Error& error);

[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace weir::standin
