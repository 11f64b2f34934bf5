#include <optional>

#include "service.hpp"

namespace weir::standin {

namespace {

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        parts.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(parts.back().size());
    }
    return parts;
}

// The values of the pattern's {names}; empty when the path is another. The path is still encoded, so that a reference
// may have a slash in it.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    const auto expected = segments(pattern), found = segments(path);
    if (expected.size() != found.size()) return std::nullopt;
    std::vector<std::string> parameters;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (expected[i].starts_with('{')) {
            parameters.push_back(percent_decode(found[i], false));
        } else if (expected[i] != found[i]) {
            return std::nullopt;
        }
    }
    return parameters;
}

}  // namespace

Router::Match Router::find(const Request& request) const {
    Match result;
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    if (!path.starts_with('/')) return result;
    for (const Endpoint& endpoint : endpoints_) {
        auto parameters = match(endpoint.pattern, path);
        if (!parameters) continue;
        if (endpoint.method == request.method) {
            result.endpoint = &endpoint;
            result.parameters = std::move(*parameters);
            return result;
        }
        result.allowed += (result.allowed.empty() ? "" : ", ") + endpoint.method;
    }
    return result;
}

}  // namespace weir::standin
