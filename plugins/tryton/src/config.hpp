// The settings of the sink.
#pragma once

#include <weir/sdk.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace tryton {

// What a record is: told by its type (io.weir.<domain>.<object>...), or always the same.
enum class DocumentSetting { by_type, customer, invoice, journal_entry };
WEIR_CONFIG_ENUM(DocumentSetting, by_type, customer, invoice, journal_entry)

struct Config {
    std::string url;  // without the database: http://erp.example.com:8000
    std::string database;
    std::string user;
    weir::SecretRef password;
    std::string company;          // as records call it
    std::string company_name;     // as Tryton calls it; "": the user's own
    std::string journal;          // code; of journal entries
    std::string invoice_journal;  // code; "": no invoices
    std::string receivable;       // account code of invoices, before `accounts` is applied; "": no invoices
    std::string payment_term;     // name; "": none
    DocumentSetting document = DocumentSetting::by_type;
    std::map<std::string, std::string, std::less<>> accounts;  // a record's account to Tryton's code
    bool accept_warnings = false;
    std::uint32_t batch_records = 25;
    std::chrono::milliseconds timeout{20'000};
    std::chrono::milliseconds settle{2'000};
};
WEIR_CONFIG(Config, url, database, user, password, company, company_name, journal, invoice_journal, receivable,
            payment_term, document, accounts, accept_warnings, batch_records, timeout, settle)

}  // namespace tryton
