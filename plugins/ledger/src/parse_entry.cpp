#include "entry.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace weir::ledger {
namespace {

using simdjson::dom::element;

constexpr std::size_t kNestingMax = 32;

Error invalid(const std::string& pointer, const std::string& problem) {
    return {Errc::invalid, (pointer.empty() ? "" : pointer + ": ") + problem, "INVALID_ENTRY", {}};
}

std::string shown(const element& value) {
    constexpr std::size_t kShownMax = 64;
    std::string text = simdjson::minify(value);
    if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
    return text;
}

// The members wanted of one object, found in a single walk.
template <std::size_t N>
class Members {
  public:
    Members(std::string pointer, const std::array<std::string_view, N>& names)
        : pointer_(std::move(pointer)), names_(names) {}

    // `invalid`: no object, or a wanted member that stands there twice: which one would be posted?
    [[nodiscard]] Status read(const element& value) {
        simdjson::dom::object object;
        if (value.get(object)) return invalid(pointer_, "found " + shown(value) + ", expected an object");
        for (const auto& [key, member] : object) {
            const auto name = std::find(names_.begin(), names_.end(), key);
            if (name == names_.end()) continue;
            const auto index = static_cast<std::size_t>(name - names_.begin());
            if (found_[index]) return invalid(at(index), "stands there twice");
            values_[index] = member;
            found_[index] = true;
        }
        return ok();
    }
    [[nodiscard]] bool has(std::size_t index) const noexcept { return found_[index] && !values_[index].is_null(); }
    [[nodiscard]] const element& value(std::size_t index) const noexcept { return values_[index]; }
    [[nodiscard]] std::string at(std::size_t index) const { return pointer_ + '/' + std::string(names_[index]); }

    [[nodiscard]] Result<std::string> text(std::size_t index, std::size_t max) const {
        if (!has(index)) return invalid(at(index), "expected a string, found nothing");
        std::string_view text;
        if (value(index).get(text)) return invalid(at(index), "found " + shown(value(index)) + ", expected a string");
        if (text.size() > max) return invalid(at(index), "expected at most " + std::to_string(max) + " bytes");
        return std::string(text);
    }
    [[nodiscard]] Result<std::string> required(std::size_t index, std::size_t max) const {
        WEIR_TRY(std::string text, this->text(index, max));
        if (text.empty()) return invalid(at(index), "found \"\", expected a text");
        return text;
    }
    [[nodiscard]] Result<std::string> optional(std::size_t index, std::size_t max) const {
        if (!has(index)) return std::string{};
        return text(index, max);
    }

  private:
    std::string pointer_;
    std::array<std::string_view, N> names_;
    std::array<element, N> values_;
    std::array<bool, N> found_{};
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

template <std::size_t N>
Result<std::string> day(const Members<N>& members, std::size_t index) {
    WEIR_TRY(std::string text, members.required(index, 10));
    if (!is_day(text)) return invalid(members.at(index), "found \"" + text + "\", expected a day like \"2026-06-30\"");
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
Status read_amount(const element& value, const std::string& pointer, Line& line) {
    constexpr std::size_t kAmountMax = 40;
    if (value.is_number()) {
        return invalid(pointer, "found the number " + shown(value) + ", expected a decimal string like \"39.92\"");
    }
    if (!value.is_object()) {
        std::string_view text;
        if (value.get(text) || text.empty() || text.size() > kAmountMax) {
            return invalid(pointer, "found " + shown(value) + ", expected a decimal string like \"39.92\"");
        }
        line.amount = text;
        return ok();
    }
    Members<2> money(pointer, {"amount", "currency"});
    WEIR_CHECK_OK(money.read(value));
    if (money.has(0) && money.value(0).is_object()) {
        return invalid(money.at(0), "found an object, expected a decimal string like \"39.92\"");
    }
    if (!money.has(0)) return invalid(money.at(0), "expected a decimal string, found nothing");
    WEIR_CHECK_OK(read_amount(money.value(0), money.at(0), line));
    WEIR_TRY(std::string currency, money.required(1, 3));
    WEIR_TRY(line.currency, currency_code(std::move(currency), money.at(1)));
    return ok();
}

Result<Line> read_line(const element& value, const std::string& pointer) {
    enum : std::size_t { account, side, amount, currency, memo };
    Members<5> members(pointer, {"account", "side", "amount", "currency", "memo"});
    WEIR_CHECK_OK(members.read(value));
    Line line;
    WEIR_TRY(line.account, members.required(account, 64));
    WEIR_TRY(const std::string direction, members.required(side, 16));
    if (direction != "debit" && direction != "credit") {
        return invalid(members.at(side), "found \"" + direction + "\", expected \"debit\" or \"credit\"");
    }
    line.side = direction == "debit" ? Side::debit : Side::credit;
    if (!members.has(amount)) return invalid(members.at(amount), "expected a decimal string, found nothing");
    WEIR_CHECK_OK(read_amount(members.value(amount), members.at(amount), line));
    if (members.has(currency)) {
        WEIR_TRY(std::string code, members.required(currency, 3));
        if (!line.currency.empty() && line.currency != code) {
            return invalid(members.at(currency), "found \"" + code + "\", the amount says \"" + line.currency + "\"");
        }
        WEIR_TRY(line.currency, currency_code(std::move(code), members.at(currency)));
    }
    WEIR_TRY(line.memo, members.optional(memo, kTextMax));
    return line;
}

Status read_lines(const element& value, Entry& entry) {
    simdjson::dom::array lines;
    if (value.get(lines)) return invalid("/lines", "found " + shown(value) + ", expected an array");
    if (lines.size() < 2 || lines.size() > kLinesMax) {
        return invalid("/lines",
                       "found " + std::to_string(lines.size()) + " lines, expected 2 to " + std::to_string(kLinesMax));
    }
    entry.lines.reserve(lines.size());
    for (const element line : lines) {
        WEIR_TRY(Line read, read_line(line, "/lines/" + std::to_string(entry.lines.size())));
        entry.lines.push_back(std::move(read));
    }
    return ok();
}

Result<Entry> read_entry(const element& document, std::string_view external_ref) {
    enum : std::size_t { company, reference, type, document_date, posting_date, currency, memo, lines };
    Members<8> members(
        "", {"company", "external_ref", "document_type", "document_date", "posting_date", "currency", "memo", "lines"});
    WEIR_CHECK_OK(members.read(document));
    Entry entry;
    WEIR_TRY(entry.company, members.required(company, 64));
    WEIR_TRY(entry.external_ref, members.optional(reference, kReferenceMax));
    if (entry.external_ref.empty()) entry.external_ref = external_ref;
    if (entry.external_ref.empty()) return invalid(members.at(reference), "expected a reference, found nothing");
    WEIR_TRY(entry.document_type, members.optional(type, 64));
    WEIR_TRY(entry.posting_date, day(members, posting_date));
    entry.document_date = entry.posting_date;
    if (members.has(document_date)) {
        WEIR_TRY(entry.document_date, day(members, document_date));
    }
    WEIR_TRY(std::string code, members.required(currency, 3));
    WEIR_TRY(entry.currency, currency_code(std::move(code), members.at(currency)));
    WEIR_TRY(entry.memo, members.optional(memo, kTextMax));
    if (!members.has(lines)) return invalid(members.at(lines), "expected an array, found nothing");
    WEIR_CHECK_OK(read_lines(members.value(lines), entry));
    return entry;
}

}  // namespace

EntryParser::EntryParser() : parser_(std::make_unique<simdjson::dom::parser>()) {
    // Fails only without memory; the first parse would then say so.
    [[maybe_unused]] const auto error = parser_->allocate(64u << 10, kNestingMax);
}
EntryParser::~EntryParser() = default;

Result<Entry> EntryParser::parse(std::string_view json, std::string_view external_ref) {
    element document;
    if (const auto error = parser_->parse(json.data(), json.size()).get(document)) {
        return invalid("", std::string("expected a journal entry in JSON: ") + simdjson::error_message(error));
    }
    return read_entry(document, external_ref);
}

}  // namespace weir::ledger
