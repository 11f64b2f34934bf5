#include "entry.hpp"

#include <algorithm>
#include <chrono>

namespace weir::ledger {
namespace {

Error invalid(const std::string& pointer, const std::string& problem) {
    return {Errc::invalid, (pointer.empty() ? "" : pointer + ": ") + problem, "INVALID_ENTRY", {}};
}

std::string shown(const JsonValue& value) {
    constexpr std::size_t kShownMax = 64;
    const std::string_view raw = value.raw();
    return raw.size() <= kShownMax ? std::string(raw) : std::string(raw.substr(0, kShownMax)) + "...";
}

// An object of the payload and where it stands. Keys that stand twice the parser has refused.
class Members {
  public:
    Members(const JsonValue& object, std::string pointer) : object_(object), pointer_(std::move(pointer)) {}

    [[nodiscard]] Status check_object() const {
        if (!object_.is_object()) return invalid(pointer_, "found " + shown(object_) + ", expected an object");
        return ok();
    }
    // Null counts as left out.
    [[nodiscard]] bool has(std::string_view key) const noexcept {
        const JsonValue value = object_[key];
        return value.exists() && !value.is_null();
    }
    [[nodiscard]] JsonValue value(std::string_view key) const noexcept { return object_[key]; }
    [[nodiscard]] std::string at(std::string_view key) const { return pointer_ + '/' + std::string(key); }

    [[nodiscard]] Result<std::string> optional(std::string_view key, std::size_t max) const {
        if (!has(key)) return std::string{};
        const auto text = value(key).string();
        if (!text) return invalid(at(key), "found " + shown(value(key)) + ", expected a string");
        if (text->size() > max) return invalid(at(key), "expected at most " + std::to_string(max) + " bytes");
        return std::string(*text);
    }
    [[nodiscard]] Result<std::string> required(std::string_view key, std::size_t max) const {
        if (!has(key)) return invalid(at(key), "expected a string, found nothing");
        WEIR_TRY(std::string text, optional(key, max));
        if (text.empty()) return invalid(at(key), "found \"\", expected a text");
        return text;
    }

  private:
    JsonValue object_;
    std::string pointer_;
};

bool is_day(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const auto number = [text](std::size_t from, std::size_t count) {
        int value = 0;
        for (const char c : text.substr(from, count)) {
            if (c < '0' || c > '9') return -1;
            value = value * 10 + (c - '0');
        }
        return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    return year >= 0 && month >= 0 && day >= 0 &&
           std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
               .ok();
}

Result<std::string> day(const Members& members, std::string_view key) {
    WEIR_TRY(std::string text, members.required(key, 10));
    if (!is_day(text)) return invalid(members.at(key), "found \"" + text + "\", expected a day like \"2026-06-30\"");
    return text;
}

Result<std::string> currency_code(std::string text, const std::string& pointer) {
    const bool form =
        text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!form) return invalid(pointer, "found \"" + text + "\", expected a currency like \"USD\"");
    return text;
}

// A decimal string, or {"amount": "39.92", "currency": "USD"}. Never a JSON number: its text may have gone through a
// double on the way here.
Status read_decimal(const JsonValue& value, const std::string& pointer, Line& line) {
    constexpr std::size_t kAmountMax = 40;
    const auto text = value.string();
    if (!text || text->empty() || text->size() > kAmountMax) {
        return invalid(pointer, "found " + (value.exists() ? shown(value) : "nothing") +
                                    ", expected a decimal string like \"39.92\"");
    }
    line.amount = *text;
    return ok();
}

Status read_amount(const JsonValue& value, const std::string& pointer, Line& line) {
    if (!value.is_object()) return read_decimal(value, pointer, line);
    const Members money(value, pointer);
    WEIR_CHECK_OK(read_decimal(money.value("amount"), money.at("amount"), line));
    WEIR_TRY(std::string currency, money.required("currency", 3));
    WEIR_TRY(line.currency, currency_code(std::move(currency), money.at("currency")));
    return ok();
}

Result<Line> read_line(const JsonValue& value, const std::string& pointer) {
    const Members members(value, pointer);
    WEIR_CHECK_OK(members.check_object());
    Line line;
    WEIR_TRY(line.account, members.required("account", 64));
    WEIR_TRY(const std::string side, members.required("side", 16));
    if (side != "debit" && side != "credit") {
        return invalid(members.at("side"), "found \"" + side + "\", expected \"debit\" or \"credit\"");
    }
    line.side = side == "debit" ? Side::debit : Side::credit;
    WEIR_CHECK_OK(read_amount(members.value("amount"), members.at("amount"), line));
    if (members.has("currency")) {
        WEIR_TRY(std::string code, members.required("currency", 3));
        if (!line.currency.empty() && line.currency != code) {
            return invalid(members.at("currency"), "found \"" + code + "\", the amount says \"" + line.currency + "\"");
        }
        WEIR_TRY(line.currency, currency_code(std::move(code), members.at("currency")));
    }
    WEIR_TRY(line.memo, members.optional("memo", kTextMax));
    return line;
}

Status read_lines(const JsonValue& lines, Entry& entry) {
    if (!lines.is_array()) {
        return invalid("/lines", "found " + (lines.exists() ? shown(lines) : "nothing") + ", expected an array");
    }
    if (lines.size() < 2 || lines.size() > kLinesMax) {
        return invalid("/lines",
                       "found " + std::to_string(lines.size()) + " lines, expected 2 to " + std::to_string(kLinesMax));
    }
    entry.lines.reserve(lines.size());
    for (const JsonValue line : lines.elements()) {
        WEIR_TRY(Line read, read_line(line, "/lines/" + std::to_string(entry.lines.size())));
        entry.lines.push_back(std::move(read));
    }
    return ok();
}

Result<Entry> read_entry(const JsonValue& document, std::string_view external_ref) {
    const Members members(document, "");
    WEIR_CHECK_OK(members.check_object());
    Entry entry;
    WEIR_TRY(entry.company, members.required("company", 64));
    WEIR_TRY(entry.external_ref, members.optional("external_ref", kReferenceMax));
    if (entry.external_ref.empty()) entry.external_ref = external_ref;
    if (entry.external_ref.empty()) return invalid("/external_ref", "expected a reference, found nothing");
    WEIR_TRY(entry.document_type, members.optional("document_type", 64));
    WEIR_TRY(entry.posting_date, day(members, "posting_date"));
    entry.document_date = entry.posting_date;
    if (members.has("document_date")) {
        WEIR_TRY(entry.document_date, day(members, "document_date"));
    }
    WEIR_TRY(std::string currency, members.required("currency", 3));
    WEIR_TRY(entry.currency, currency_code(std::move(currency), "/currency"));
    WEIR_TRY(entry.memo, members.optional("memo", kTextMax));
    WEIR_CHECK_OK(read_lines(members.value("lines"), entry));
    return entry;
}

}  // namespace

Result<Entry> EntryParser::parse(std::string_view json, std::string_view external_ref) {
    const auto document = parser_.parse(json);
    if (!document.ok()) return invalid("", "expected a journal entry in JSON: " + document.error().message);
    return read_entry(*document, external_ref);
}

}  // namespace weir::ledger
