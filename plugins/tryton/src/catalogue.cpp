#include "catalogue.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace tryton {
namespace {

using weir::Errc;

// The first that matches counts: the narrow ones stand before the wide ones.
constexpr Rule kUserErrors[] = {
    {"field \"Period\" in *is not valid", Errc::rejected, "PERIOD_CLOSED"},
    {"in closed period", Errc::rejected, "PERIOD_CLOSED"},
    {"closed journal-period", Errc::rejected, "PERIOD_CLOSED"},
    {"you must create a period for the date", Errc::rejected, "PERIOD_CLOSED"},
    {"you must create a fiscal year for the date", Errc::rejected, "PERIOD_CLOSED"},
    {"is outside the period", Errc::rejected, "PERIOD_CLOSED"},
    {"field \"Account\" in *is not valid", Errc::rejected, "ACCOUNT_BLOCKED"},
    {"you must set a type or unclose it", Errc::rejected, "ACCOUNT_BLOCKED"},
    {"same account * on invoice * and on line", Errc::rejected, "ACCOUNT_BLOCKED"},
    {"required for field \"Party\"", Errc::rejected, "PARTY_MISSING"},
    {"you must set a party on line", Errc::rejected, "PARTY_MISSING"},
    {"you must remove the party on line", Errc::rejected, "PARTY_NOT_ALLOWED"},
    {"you must balance all its lines", Errc::rejected, "UNBALANCED"},
    {"The number of digits in the value", Errc::rejected, "TOO_MANY_DECIMALS"},
    {"you must set an accounting date after", Errc::rejected, "OUT_OF_ORDER"},
    {"you must define a sequence on fiscal year", Errc::rejected, "SEQUENCE_MISSING"},
    {"A value is required for field", Errc::rejected, "VALUE_MISSING"},
    // Somebody was faster between our search and our call: the next attempt's search finds it.
    {"You cannot modify posted move", Errc::unavailable, "ALREADY_POSTED"},
    {"You cannot modify invoice * because it is posted", Errc::unavailable, "ALREADY_POSTED"},
    {"The code on party must be unique", Errc::unavailable, "ALREADY_POSTED"},
    // An id we looked up earlier; what we know is forgotten and looked up again.
    {"that don't exist anymore", Errc::unavailable, "STALE_REFERENCE"},
    {"You are not allowed to", Errc::rejected, "ACCESS_DENIED"},
};

constexpr Rule kFaults[] = {
    {"could not serialize access", Errc::unavailable, "CONCURRENCY"},
    {"could not obtain lock", Errc::unavailable, "LOCKED"},
    {"deadlock detected", Errc::unavailable, "LOCKED"},
    {"lock timeout", Errc::unavailable, "LOCKED"},
    {"database is locked", Errc::unavailable, "LOCKED"},
    {"Database '*' doesn't exist!", Errc::unavailable, "DATABASE_MISSING"},
};

constexpr std::string_view kTechnical[] = {"ACCESS_DENIED", "HTTP_REFUSED", "UNKNOWN_DOCUMENT"};

bool matches(std::string_view text, std::string_view pattern) noexcept {
    while (!pattern.empty()) {
        const std::string_view part = pattern.substr(0, pattern.find('*'));
        pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
        const std::size_t at = text.find(part);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + part.size());
    }
    return true;
}

weir::Error look_up(std::span<const Rule> rules, std::string text, Errc otherwise, std::string_view code) {
    for (const Rule& rule : rules) {
        if (matches(text, rule.pattern)) return {rule.errc, std::move(text), std::string(rule.code), {}};
    }
    return {otherwise, std::move(text), std::string(code), {}};
}

// Message and description, as the client shows them; or the bare text a fault is.
std::string text_of(const weir::JsonValue& value) {
    if (const auto text = value.string()) return std::string(*text);
    std::string joined;
    for (const weir::JsonValue part : value.elements()) {
        const auto text = part.string();
        if (!text || text->empty()) continue;
        if (!joined.empty()) joined += ": ";
        joined += *text;
    }
    return joined;
}

}  // namespace

std::span<const Rule> user_errors() noexcept { return kUserErrors; }
std::span<const Rule> faults() noexcept { return kFaults; }

weir::Error classify(const weir::JsonValue& error, Effect effect) {
    const std::string_view kind = error.at(0).string().value_or("");
    const weir::JsonValue detail = error.at(1);
    if (kind == "UserError") return look_up(kUserErrors, text_of(detail), Errc::rejected, "TRYTON_REFUSED");
    if (kind == "UserWarning") {
        return {Errc::rejected, std::string(detail.at(1).string().value_or("a warning")), "TRYTON_WARNING", {}};
    }
    if (kind == "ConcurrencyException") return {Errc::unavailable, text_of(detail), "CONCURRENCY", {}};
    if (kind == "LoginException") return {Errc::unavailable, "Tryton asks for another way to log in", "AUTH", {}};
    // Any exception of the server, also one that came after a commit: of a call that writes nobody can tell.
    std::string text = text_of(error);
    if (text.empty()) text = std::string(error.raw().substr(0, 200));
    return look_up(kFaults, std::move(text), effect == Effect::read ? Errc::unavailable : Errc::unknown,
                   "TRYTON_FAULT");
}

weir::ErrorClass class_of(std::string_view code) noexcept {
    const bool technical = std::find(std::begin(kTechnical), std::end(kTechnical), code) != std::end(kTechnical);
    return technical ? weir::ErrorClass::technical : weir::ErrorClass::business;
}

}  // namespace tryton
