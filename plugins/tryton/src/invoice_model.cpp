#include <algorithm>

#include "models.hpp"
#include "values.hpp"

namespace tryton {
namespace {

State state_of(std::string_view state) noexcept {
    if (state == "posted" || state == "paid") return State::posted;
    return state == "cancelled" || state == "cancel" ? State::cancelled : State::draft;
}

weir::Status check_setup(const Config& config) {
    if (!config.invoice_journal.empty() && !config.receivable.empty()) return weir::ok();
    return weir::Error{
        weir::Errc::unavailable, "invoices need the settings invoice_journal and receivable", "JOURNAL_UNKNOWN", {}};
}

}  // namespace

std::string InvoiceModel::receivable() const {
    const auto mapped = config().accounts.find(config().receivable);
    return mapped == config().accounts.end() ? config().receivable : mapped->second;
}

weir::Status InvoiceModel::load(const weir::Call& call, std::span<const Document* const> documents) {
    WEIR_CHECK_OK(check_setup(config()));
    std::set<std::string> accounts{receivable()};
    std::set<std::string> parties;
    std::set<std::string> currencies;
    std::set<std::string> terms;
    std::set<std::string> products;
    for (const Document* document : documents) {
        const auto& invoice = std::get<Invoice>(*document);
        parties.insert(invoice.customer);
        currencies.insert(invoice.currency);
        terms.insert(invoice.payment_term);
        for (const InvoiceLine& line : invoice.lines) {
            accounts.insert(line.account);
            products.insert(line.product);
        }
    }
    WEIR_CHECK_OK(directory().load(call, Table::account, accounts));
    WEIR_CHECK_OK(directory().load(call, Table::party, parties));
    WEIR_CHECK_OK(directory().load(call, Table::currency, currencies));
    WEIR_CHECK_OK(directory().load(call, Table::payment_term, terms));
    WEIR_CHECK_OK(directory().load(call, Table::product, products));
    return directory().load(call, Table::journal, {config().invoice_journal});
}

weir::Result<std::string> InvoiceModel::values(const weir::Call& call, const Document& document) {
    const auto& invoice = std::get<Invoice>(document);
    WEIR_TRY(const Company company, directory().company(call));
    WEIR_TRY(const Row party, directory().find(Table::party, invoice.customer));
    WEIR_TRY(const std::int64_t currency, id_of(Table::currency, invoice.currency));
    WEIR_TRY(const std::int64_t journal, id_of(Table::journal, config().invoice_journal));
    WEIR_TRY(const std::int64_t account, id_of(Table::account, receivable()));
    if (party.detail == 0) {
        return weir::Error{
            weir::Errc::rejected, "party \"" + invoice.customer + "\" has no address in Tryton", "ADDRESS_MISSING", {}};
    }
    std::string text;
    weir::JsonWriter out(text);
    out.begin_object().member("type", "out").key("company").integer(company.id);
    out.key("party").integer(party.id).key("invoice_address").integer(party.detail);
    out.key("currency").integer(currency).key("journal").integer(journal).key("account").integer(account);
    out.key("invoice_date");
    write_date(out, invoice.date);
    out.member("reference", invoice.ref);
    if (!invoice.memo.empty()) out.member("description", invoice.memo);
    if (!invoice.payment_term.empty()) {
        WEIR_TRY(const std::int64_t term, id_of(Table::payment_term, invoice.payment_term));
        out.key("payment_term").integer(term);
    }
    out.key("lines").begin_array().begin_array().string("create").begin_array();
    for (const InvoiceLine& line : invoice.lines) WEIR_CHECK_OK(write_line(out, line, currency));
    out.end_array().end_array().end_array().end_object();
    return text;
}

weir::Status InvoiceModel::write_line(weir::JsonWriter& out, const InvoiceLine& line, std::int64_t currency) const {
    WEIR_TRY(const std::int64_t account, id_of(Table::account, line.account));
    out.begin_object().member("type", "line").key("account").integer(account).key("currency").integer(currency);
    if (!line.product.empty()) {
        WEIR_TRY(const Row product, directory().find(Table::product, line.product));
        out.key("product").integer(product.id).key("unit").integer(product.detail);
    }
    if (!line.description.empty()) out.member("description", line.description);
    // Tryton's quantity is a float: the number goes out with the digits the record has.
    out.key("quantity").raw(line.quantity.to_string());
    out.key("unit_price");
    write_decimal(out, line.unit_price);
    out.end_object();
    return weir::ok();
}

weir::Result<std::vector<Found>> InvoiceModel::search(const weir::Call& call, const std::set<std::string>& refs) {
    static constexpr std::string_view kFields[] = {"id",           "type",        "reference",     "state",
                                                   "number",       "party.code",  "currency.code", "untaxed_amount",
                                                   "total_amount", "invoice_date"};
    WEIR_TRY(const weir::JsonValue rows, search_refs(call, "reference", refs, true, kFields));
    std::vector<Found> all;
    for (const weir::JsonValue row : rows.elements()) {
        if (text_at(row, "type") != "out") continue;
        Found found;
        found.ref = text_at(row, "reference");
        found.id = row["id"].integer().value_or(0);
        found.state = state_of(text_at(row, "state"));
        found.number = text_at(row, "number");
        found.date = read_date(row["invoice_date"]);
        found.party = text_at(row["party."], "code");
        found.currency = text_at(row["currency."], "code");
        WEIR_TRY(found.subtotal, read_decimal(row["untaxed_amount"]));
        WEIR_TRY(found.total, read_decimal(row["total_amount"]));
        all.push_back(std::move(found));
    }
    return all;
}

weir::Result<std::string> InvoiceModel::difference(const weir::Call& call, const Found& found,
                                                   const Document& document) {
    static constexpr std::string_view kFields[] = {"account.code", "product.code", "description", "quantity",
                                                   "unit_price"};
    const auto& invoice = std::get<Invoice>(document);
    if (found.party != invoice.customer) return differs("customer", found.party, invoice.customer);
    if (found.date != invoice.date) return differs("date", found.date, invoice.date);
    if (found.currency != invoice.currency) return differs("currency", found.currency, invoice.currency);
    std::vector<InvoiceLine> there;
    WEIR_TRY(const weir::JsonValue rows, search_lines(call, "account.invoice.line", "invoice", found.id, kFields));
    for (const weir::JsonValue row : rows.elements()) {
        InvoiceLine line;
        line.account = text_at(row["account."], "code");
        line.product = text_at(row["product."], "code");
        line.description = text_at(row, "description");
        WEIR_TRY(line.quantity, read_decimal(row["quantity"]));
        WEIR_TRY(line.unit_price, read_decimal(row["unit_price"]));
        there.push_back(std::move(line));
    }
    std::vector<InvoiceLine> here = invoice.lines;
    std::sort(here.begin(), here.end());
    std::sort(there.begin(), there.end());
    if (here == there) return std::string{};
    if (here.size() != there.size()) {
        return differs("number of lines", std::to_string(there.size()), std::to_string(here.size()));
    }
    return std::string("accounts, products, quantities or prices of the lines are others");
}

std::string InvoiceModel::miscalculation(const Found& found, const Document& document) const {
    const auto& invoice = std::get<Invoice>(document);
    if (invoice.subtotal && *invoice.subtotal != found.subtotal) {
        return differs("subtotal", found.subtotal.to_string(), invoice.subtotal->to_string());
    }
    if (invoice.total && *invoice.total != found.total) {
        return differs("total", found.total.to_string(), invoice.total->to_string());
    }
    return {};
}

}  // namespace tryton
