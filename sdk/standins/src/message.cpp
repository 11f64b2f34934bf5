#include "message.hpp"

#include <algorithm>
#include <charconv>

namespace weir::standin {

std::string percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

void Request::split_target() {
    const std::size_t mark = target.find('?');
    path = percent_decode(std::string_view(target).substr(0, mark), false);
    query.clear();
    if (mark == std::string::npos) return;
    std::string_view rest = std::string_view(target).substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        const std::size_t equals = pair.find('=');
        query[percent_decode(pair.substr(0, equals), true)] =
            equals == std::string_view::npos ? "" : percent_decode(pair.substr(equals + 1), true);
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    }
}

std::string Request::header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? std::string{} : found->second;
}

std::string Request::query_value(const std::string& name, const std::string& otherwise) const {
    const auto found = query.find(name);
    return found == query.end() ? otherwise : found->second;
}

Reply json_reply(int status, const Json& body) {
    // What came in as broken UTF-8 goes out with replacement characters; dump() would throw.
    return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json", {}};
}

Reply problem(int status, std::string_view code, const std::string& detail, const Json& more) {
    Json body = {{"type", "about:blank"}, {"title", code}, {"status", status}, {"code", code}, {"detail", detail}};
    if (more.is_object()) body.update(more);
    Reply reply = json_reply(status, body);
    reply.content_type = "application/problem+json";
    return reply;
}

Reply problem(int status, const Error& error) {
    return problem(status, error.code.empty() ? "INVALID" : error.code, error.message);
}

}  // namespace weir::standin
