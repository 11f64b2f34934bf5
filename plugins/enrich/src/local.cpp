#include "local.hpp"

namespace weir::enrich {

namespace {

std::string in_quotes(std::string_view text) { return '"' + std::string(text.substr(0, 256)) + '"'; }

}  // namespace

TableFinder::TableFinder(const Host& host, const Config& config)
    : config_(config), lookup_(host.require<weir_svc_lookup>(WEIR_SVC_LOOKUP)) {
    weir_str json{};
    if (lookup_.row(&lookup_, str(*config.table), str(""), &json) == WEIR_E_CONFIG) {
        throw ConfigError("/table", "there is no table " + in_quotes(*config.table));
    }
}

std::vector<Answer> TableFinder::find(const Call&, std::span<const std::string> keys) {
    std::vector<Answer> answers;
    answers.reserve(keys.size());
    for (const std::string& key : keys) answers.push_back(find_one(key));
    return answers;
}

Answer TableFinder::find_one(std::string_view key) {
    weir_str row{};
    const weir_status status = lookup_.row(&lookup_, str(*config_.table), str(key), &row);
    const std::string what = "table " + in_quotes(*config_.table);
    if (status == WEIR_E_NOT_FOUND) {
        return {.kind = Answer::Kind::missing, .text = what + " has no row " + in_quotes(key)};
    }
    if (status < 0) {
        return {.kind = Answer::Kind::unavailable, .text = what + " cannot be read: status " + std::to_string(status)};
    }
    if (config_.pointer.empty()) return {.kind = Answer::Kind::value, .text = std::string(view(row))};
    const auto document = parser_.parse(view(row));
    const JsonValue value = document.ok() ? document->pointer(config_.pointer) : JsonValue();
    if (value.exists()) return {.kind = Answer::Kind::value, .text = std::string(value.raw())};
    return {.kind = Answer::Kind::missing,
            .text = "row " + in_quotes(key) + " of " + what + " has nothing at " + in_quotes(config_.pointer)};
}

XrefFinder::XrefFinder(const Host& host, const Config& config)
    : xref_(*config.xref), lookup_(host.require<weir_svc_lookup>(WEIR_SVC_LOOKUP)) {
    if (xref_.system.empty()) throw ConfigError("/xref/system", "found \"\", expected the name of a system");
    if (xref_.type.empty()) throw ConfigError("/xref/type", "found \"\", expected the type of object");
}

std::vector<Answer> XrefFinder::find(const Call&, std::span<const std::string> keys) {
    std::vector<Answer> answers;
    answers.reserve(keys.size());
    for (const std::string& key : keys) answers.push_back(find_one(key));
    return answers;
}

Answer XrefFinder::find_one(std::string_view key) const {
    const auto ask = xref_.to == To::canonical ? lookup_.canonical_id : lookup_.external_id;
    weir_str found{};
    const weir_status status = ask(&lookup_, str(xref_.system), str(xref_.type), str(key), &found);
    if (status == WEIR_E_NOT_FOUND) {
        return {
            .kind = Answer::Kind::missing,
            .text = xref_.to == To::canonical
                        ? xref_.type + ' ' + in_quotes(key) + " of " + in_quotes(xref_.system) + " has no canonical id"
                        : in_quotes(key) + " has no " + xref_.type + " id in " + in_quotes(xref_.system)};
    }
    if (status < 0) {
        return {.kind = Answer::Kind::unavailable,
                .text = "the cross-references cannot be read: status " + std::to_string(status)};
    }
    Answer answer{.kind = Answer::Kind::value, .text = {}};
    append_json_string(answer.text, view(found));
    return answer;
}

}  // namespace weir::enrich
