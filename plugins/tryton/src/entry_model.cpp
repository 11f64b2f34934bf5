#include <algorithm>
#include <tuple>

#include "models.hpp"
#include "values.hpp"

namespace tryton {
namespace {

// What makes two lines the same: account, party, debit, credit.
using LineContent = std::tuple<std::string, std::string, weir::Decimal, weir::Decimal>;

}  // namespace

weir::Status EntryModel::load(const weir::Call& call, std::span<const Document* const> documents) {
    std::set<std::string> accounts;
    std::set<std::string> parties;
    for (const Document* document : documents) {
        for (const EntryLine& line : std::get<Entry>(*document).lines) {
            accounts.insert(line.account);
            parties.insert(line.party);
        }
    }
    WEIR_CHECK_OK(directory().load(call, Table::account, accounts));
    WEIR_CHECK_OK(directory().load(call, Table::party, parties));
    return directory().load(call, Table::journal, {config().journal});
}

weir::Result<std::string> EntryModel::values(const weir::Call& call, const Document& document) {
    const auto& entry = std::get<Entry>(document);
    WEIR_TRY(const Company company, directory().company(call));
    if (entry.currency != company.currency) {
        return weir::Error{
            weir::Errc::rejected, differs("currency", company.currency, entry.currency), "CURRENCY_MISMATCH", {}};
    }
    WEIR_TRY(const std::int64_t journal, id_of(Table::journal, config().journal));
    WEIR_TRY(const std::int64_t period, directory().period(call, entry.date));
    std::string text;
    weir::JsonWriter out(text);
    out.begin_object();
    out.key("company").integer(company.id).key("journal").integer(journal).key("period").integer(period);
    out.key("date");
    write_date(out, entry.date);
    // The reference alone, so that a search by it can use an index.
    out.member("description", entry.ref);
    out.key("lines").begin_array().begin_array().string("create").begin_array();
    for (const EntryLine& line : entry.lines) WEIR_CHECK_OK(write_line(out, line));
    out.end_array().end_array().end_array().end_object();
    return text;
}

weir::Status EntryModel::write_line(weir::JsonWriter& out, const EntryLine& line) const {
    WEIR_TRY(const std::int64_t account, id_of(Table::account, line.account));
    out.begin_object().key("account").integer(account);
    if (!line.party.empty()) {
        WEIR_TRY(const std::int64_t party, id_of(Table::party, line.party));
        out.key("party").integer(party);
    }
    out.key("debit");
    write_decimal(out, line.debit);
    out.key("credit");
    write_decimal(out, line.credit);
    if (!line.memo.empty()) out.member("description", line.memo);
    out.end_object();
    return weir::ok();
}

weir::Result<std::vector<Found>> EntryModel::search(const weir::Call& call, const std::set<std::string>& refs) {
    static constexpr std::string_view kFields[] = {"id", "description", "state", "post_number", "date"};
    WEIR_TRY(const weir::JsonValue rows, search_refs(call, "description", refs, true, kFields));
    std::vector<Found> all;
    for (const weir::JsonValue row : rows.elements()) {
        Found found;
        found.ref = text_at(row, "description");
        found.id = row["id"].integer().value_or(0);
        found.state = text_at(row, "state") == "posted" ? State::posted : State::draft;
        found.number = text_at(row, "post_number");
        found.date = read_date(row["date"]);
        all.push_back(std::move(found));
    }
    return all;
}

weir::Result<std::string> EntryModel::difference(const weir::Call& call, const Found& found, const Document& document) {
    static constexpr std::string_view kFields[] = {"account.code", "party.code", "debit", "credit"};
    const auto& entry = std::get<Entry>(document);
    if (found.date != entry.date) return differs("date", found.date, entry.date);
    std::vector<LineContent> here;
    for (const EntryLine& line : entry.lines) here.emplace_back(line.account, line.party, line.debit, line.credit);
    std::vector<LineContent> there;
    WEIR_TRY(const weir::JsonValue rows, search_lines(call, "account.move.line", "move", found.id, kFields));
    for (const weir::JsonValue row : rows.elements()) {
        WEIR_TRY(const weir::Decimal debit, read_decimal(row["debit"]));
        WEIR_TRY(const weir::Decimal credit, read_decimal(row["credit"]));
        there.emplace_back(text_at(row["account."], "code"), text_at(row["party."], "code"), debit, credit);
    }
    std::sort(here.begin(), here.end());
    std::sort(there.begin(), there.end());
    if (here == there) return std::string{};
    if (here.size() != there.size()) {
        return differs("number of lines", std::to_string(there.size()), std::to_string(here.size()));
    }
    return std::string("accounts, parties or amounts of the lines are others");
}

}  // namespace tryton
