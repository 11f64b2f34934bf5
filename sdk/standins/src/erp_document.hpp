// What is posted to the ERP: journal entries, invoices and payments, each read into one form and its lines in the
// books.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json.hpp"
#include "settings.hpp"

namespace weir::standin {

struct BookLine {
    std::string account;
    bool debit = true;
    Decimal amount;
    std::string currency;  // empty: the document's
    Json dimensions;
};

struct ErpDocument {
    std::string kind;  // "entry", "invoice", "payment"
    std::string company;
    std::string external_ref;
    std::vector<std::string> customers;  // all that are named, of the document and its lines
    std::string currency;
    std::string posting_date;
    std::string number;        // of an invoice
    std::string pays_invoice;  // of a payment: the invoice's number
    std::vector<BookLine> lines;
    Json content;  // normalised, amounts as text with the currency's digits: equal content is the same document

    [[nodiscard]] std::string period() const { return posting_date.substr(0, 7); }
};

// `exponent` of a currency in the setting `currencies`; empty: it is not one.
[[nodiscard]] std::optional<int> currency_exponent(const Settings& settings, const std::string& currency);

// `kind` is one of the above. `invalid` (INVALID_ENTRY, INVALID_INVOICE, INVALID_PAYMENT) says at which JSON pointer.
[[nodiscard]] Result<ErpDocument> read_document(const std::string& kind, const Json& body, const std::string& ref,
                                                const Settings& settings);

}  // namespace weir::standin
