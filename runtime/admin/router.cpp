#include "runtime/admin/router.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::string_view take_segment(std::string_view& path) {
    const auto end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
    return segment;
}

// Segment by segment; "{name}" takes one segment, whose slashes are written "%2F".
bool matches(std::string_view pattern, std::string_view path, Json& parameters) {
    pattern.remove_prefix(1);
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    while (!pattern.empty()) {
        const std::string_view wanted = take_segment(pattern);
        if (pattern.empty() && path.find('/') != std::string_view::npos) return false;
        if (path.empty()) return false;
        const std::string_view found = take_segment(path);
        if (!wanted.starts_with('{')) {
            if (wanted != found) return false;
            continue;
        }
        auto value = percent_decoded(found);
        if (!value || value->empty()) return false;
        parameters[std::string(wanted.substr(1, wanted.size() - 2))] = std::move(*value);
    }
    return path.empty();
}

}  // namespace

Result<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
        if (!low) return Error{Errc::invalid, "expected two hexadecimal digits after \"%\"", "BAD_URL", {}};
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    if (!is_utf8(out)) return Error{Errc::invalid, "expected UTF-8 in the URL", "BAD_URL", {}};
    return out;
}

Route find_operation(std::string_view method, std::string_view path) {
    Route route;
    for (const OperationInfo& operation : operations()) {
        Json parameters = Json::object();
        if (!matches(operation.path, path, parameters)) continue;
        if (operation.method != method) {
            route.wrong_method = true;
            continue;
        }
        return {&operation, false, std::move(parameters)};
    }
    return route;
}

Status add_query(const OperationInfo& operation, std::string_view query, Json& given) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        WEIR_TRY(const std::string name, percent_decoded(pair.substr(0, equals)));
        WEIR_TRY(const std::string value,
                 percent_decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1)));
        if (given.contains(name)) {
            return Error{Errc::invalid, "parameter \"" + name.substr(0, 64) + "\" is given twice", "BAD_PARAMETER", {}};
        }
        const auto known = parameters(operation.id);
        const auto parameter = std::ranges::find(known, std::string_view(name), &ParameterInfo::name);
        if (parameter == known.end()) {
            given[name] = value;  // for check_parameters(), which knows what was probably meant
            continue;
        }
        if (where(operation, *parameter) != Where::query) {
            return Error{Errc::invalid, "parameter \"" + name + "\" does not belong in the query", "BAD_PARAMETER", {}};
        }
        WEIR_TRY(given[name], parameter_from_text(*parameter, value));
    }
    return ok();
}

}  // namespace weir::admin
