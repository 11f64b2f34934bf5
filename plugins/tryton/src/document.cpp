#include "document.hpp"

#include "members.hpp"

namespace tryton {
namespace {

using weir::Errc;
using weir::Error;
using weir::JsonValue;
using weir::Result;
using weir::Status;

// The object in io.weir.<domain>.<object>.<verb>.v<major>; "" when the type is none of weir's.
std::string_view object_of(std::string_view type) {
    constexpr std::string_view kPrefix = "io.weir.";
    if (!type.starts_with(kPrefix)) return {};
    type.remove_prefix(kPrefix.size());
    const std::size_t dot = type.find('.');
    if (dot == std::string_view::npos) return {};
    type.remove_prefix(dot + 1);
    return type.substr(0, type.find('.'));
}

Status check_company(const Members& members, const std::string& expected, bool required) {
    if (!required && !members.has("company")) return weir::ok();
    WEIR_TRY(const std::string company, members.required("company", 64));
    if (company == expected) return weir::ok();
    return Error{Errc::rejected,
                 "company \"" + company + "\" is not posted here, only \"" + expected + "\"",
                 "COMPANY_UNKNOWN",
                 {}};
}

Result<std::string> reference(const Members& members, std::string_view external_ref) {
    WEIR_TRY(std::string ref, members.optional("external_ref", kReferenceMax));
    if (ref.empty()) ref = external_ref;
    if (ref.empty()) return invalid("/external_ref", "expected a reference, found nothing");
    return ref;
}

Result<JsonValue> lines_of(const Members& members, std::size_t min) {
    const JsonValue lines = members.value("lines");
    if (!lines.is_array()) return invalid("/lines", "found " + shown(lines) + ", expected an array");
    if (lines.size() < min || lines.size() > kLinesMax) {
        return invalid("/lines", "found " + std::to_string(lines.size()) + " lines, expected " + std::to_string(min) +
                                     " to " + std::to_string(kLinesMax));
    }
    return lines;
}

// Tryton would take an unbalanced entry as a draft and refuse to post it: then it would lie there.
Status check_balance(const Entry& entry) {
    weir::Decimal debit;
    weir::Decimal credit;
    for (const EntryLine& line : entry.lines) {
        WEIR_TRY(debit, weir::Decimal::checked_add(debit, line.debit));
        WEIR_TRY(credit, weir::Decimal::checked_add(credit, line.credit));
    }
    if (debit == credit) return weir::ok();
    return Error{
        Errc::rejected, "debits are " + debit.to_string() + ", credits are " + credit.to_string(), "UNBALANCED", {}};
}

}  // namespace

Result<Document> DocumentReader::read(std::string_view type, std::string_view payload, std::string_view external_ref) {
    WEIR_TRY(const Kind kind, this->kind(type));
    const auto parsed = parser_.parse(payload);
    if (!parsed.ok()) return invalid("", "expected a document in JSON: " + parsed.error().message);
    WEIR_CHECK_OK(Members(*parsed, "").check_object());
    switch (kind) {
        case Kind::customer: {
            WEIR_TRY(Customer customer, this->customer(*parsed));
            return Document(std::move(customer));
        }
        case Kind::invoice: {
            WEIR_TRY(Invoice invoice, this->invoice(*parsed, external_ref));
            return Document(std::move(invoice));
        }
        case Kind::entry:
            break;
    }
    WEIR_TRY(Entry entry, this->entry(*parsed, external_ref));
    return Document(std::move(entry));
}

Result<Kind> DocumentReader::kind(std::string_view type) const {
    switch (config_.document) {
        case DocumentSetting::customer:
            return Kind::customer;
        case DocumentSetting::invoice:
            return Kind::invoice;
        case DocumentSetting::journal_entry:
            return Kind::entry;
        case DocumentSetting::by_type:
            break;
    }
    const std::string_view object = object_of(type);
    if (object == "customer") return Kind::customer;
    if (object == "invoice") return Kind::invoice;
    if (object == "journal_entry" || object == "journal-entry" || object == "entry") return Kind::entry;
    return Error{Errc::rejected,
                 "type \"" + std::string(type) +
                     "\" is none of io.weir.<domain>.{customer,invoice,journal_entry}...; set document",
                 "UNKNOWN_DOCUMENT",
                 {}};
}

std::string DocumentReader::account(const std::string& name) const {
    const auto mapped = config_.accounts.find(name);
    return mapped == config_.accounts.end() ? name : mapped->second;
}

Result<Customer> DocumentReader::customer(const JsonValue& payload) const {
    const Members members(payload, "");
    WEIR_CHECK_OK(check_company(members, config_.company, false));
    Customer customer;
    WEIR_TRY(customer.ref, members.required("code", kReferenceMax));
    WEIR_TRY(customer.name, members.required(members.has("legal_name") ? "legal_name" : "name", kTextMax));
    if (!members.has("billing_address")) return customer;
    const Members address(members.value("billing_address"), members.at("billing_address"));
    WEIR_CHECK_OK(address.check_object());
    WEIR_TRY(customer.address.street, address.optional("street", kTextMax));
    WEIR_TRY(customer.address.postal_code, address.optional("postal_code", 64));
    WEIR_TRY(customer.address.city, address.optional("city", 256));
    WEIR_TRY(customer.address.country, address.optional("country", 2));
    return customer;
}

Result<Invoice> DocumentReader::invoice(const JsonValue& payload, std::string_view external_ref) const {
    const Members members(payload, "");
    WEIR_CHECK_OK(check_company(members, config_.company, true));
    Invoice invoice;
    WEIR_TRY(invoice.ref, reference(members, external_ref));
    WEIR_TRY(invoice.customer, members.required("customer", kReferenceMax));
    WEIR_TRY(invoice.date, members.day("issue_date"));
    WEIR_TRY(invoice.currency, members.required("currency", 3));
    WEIR_TRY(invoice.payment_term, members.optional("payment_terms", 64));
    if (invoice.payment_term.empty()) invoice.payment_term = config_.payment_term;
    WEIR_TRY(invoice.memo, members.optional("number", kTextMax));
    if (members.has("subtotal")) {
        WEIR_TRY(invoice.subtotal, members.money("subtotal", invoice.currency));
    }
    if (members.has("total")) {
        WEIR_TRY(invoice.total, members.money("total", invoice.currency));
    }
    WEIR_TRY(const JsonValue lines, lines_of(members, 1));
    invoice.lines.reserve(lines.size());
    for (const JsonValue line : lines.elements()) {
        WEIR_TRY(InvoiceLine read, invoice_line(line, "/lines/" + std::to_string(invoice.lines.size())));
        invoice.lines.push_back(std::move(read));
    }
    return invoice;
}

Result<InvoiceLine> DocumentReader::invoice_line(const JsonValue& value, const std::string& pointer) const {
    const Members members(value, pointer);
    WEIR_CHECK_OK(members.check_object());
    InvoiceLine line;
    WEIR_TRY(const std::string name, members.required("account", 64));
    line.account = account(name);
    WEIR_TRY(line.product, members.optional("product", 64));
    WEIR_TRY(line.description, members.optional("description", kTextMax));
    WEIR_TRY(line.quantity, members.decimal("quantity"));
    WEIR_TRY(line.unit_price, members.decimal("unit_price"));
    return line;
}

Result<Entry> DocumentReader::entry(const JsonValue& payload, std::string_view external_ref) const {
    const Members members(payload, "");
    WEIR_CHECK_OK(check_company(members, config_.company, true));
    Entry entry;
    WEIR_TRY(entry.ref, reference(members, external_ref));
    WEIR_TRY(entry.date, members.day("posting_date"));
    WEIR_TRY(entry.currency, members.required("currency", 3));
    WEIR_TRY(entry.memo, members.optional("memo", kTextMax));
    WEIR_TRY(const JsonValue lines, lines_of(members, 2));
    entry.lines.reserve(lines.size());
    for (const JsonValue line : lines.elements()) {
        WEIR_TRY(EntryLine read, entry_line(line, "/lines/" + std::to_string(entry.lines.size()), entry));
        entry.lines.push_back(std::move(read));
    }
    WEIR_CHECK_OK(check_balance(entry));
    return entry;
}

Result<EntryLine> DocumentReader::entry_line(const JsonValue& value, const std::string& pointer,
                                             const Entry& entry) const {
    const Members members(value, pointer);
    WEIR_CHECK_OK(members.check_object());
    EntryLine line;
    WEIR_TRY(const std::string name, members.required("account", 64));
    line.account = account(name);
    WEIR_TRY(line.party, members.optional("party", kReferenceMax));
    WEIR_TRY(const std::string side, members.required("side", 16));
    if (side != "debit" && side != "credit") {
        return invalid(members.at("side"), "found \"" + side + "\", expected \"debit\" or \"credit\"");
    }
    WEIR_TRY(const weir::Decimal amount, members.money("amount", entry.currency));
    if (amount.is_negative() || amount.is_zero()) {
        return invalid(members.at("amount"), "found " + amount.to_string() + ", expected more than zero");
    }
    (side == "debit" ? line.debit : line.credit) = amount;
    if (members.has("currency")) {
        WEIR_TRY(const std::string currency, members.required("currency", 3));
        if (currency != entry.currency) {
            return Error{Errc::rejected,
                         members.at("currency") + ": found \"" + currency + "\", the entry is in " + entry.currency,
                         "CURRENCY_MISMATCH",
                         {}};
        }
    }
    WEIR_TRY(line.memo, members.optional("memo", kTextMax));
    if (line.memo.empty()) line.memo = entry.memo;
    return line;
}

}  // namespace tryton
