#include "directory.hpp"

#include "values.hpp"

namespace tryton {
namespace {

using weir::Errc;
using weir::Error;
using weir::JsonValue;
using weir::JsonWriter;

struct Shape {
    std::string_view method;
    std::string_view key;     // field that has the name
    std::string_view detail;  // field of Row::detail; "": none
    bool per_company;
    std::string_view noun;
    std::string_view code;  // of the rejection when it is not there
};

Shape shape_of(Table table) noexcept {
    switch (table) {
        case Table::account:
            return {"model.account.account.search_read", "code", "", true, "account", "ACCOUNT_UNMAPPED"};
        case Table::party:
            return {"model.party.party.search_read", "code", "addresses", false, "party", "CUSTOMER_UNMAPPED"};
        case Table::journal:
            return {"model.account.journal.search_read", "code", "", false, "journal", "JOURNAL_UNKNOWN"};
        case Table::currency:
            return {"model.currency.currency.search_read", "code", "", false, "currency", "CURRENCY_MISMATCH"};
        case Table::payment_term:
            return {"model.account.invoice.payment_term.search_read",
                    "name",
                    "",
                    false,
                    "payment term",
                    "PAYMENT_TERM_UNKNOWN"};
        case Table::product:
            return {"model.product.product.search_read", "code", "default_uom", false, "product", "PRODUCT_UNKNOWN"};
        case Table::country:
            break;
    }
    return {"model.country.country.search_read", "code", "", false, "country", "COUNTRY_UNKNOWN"};
}

// Offset, limit, order: all there are, as they come.
void write_all(JsonWriter& out) { out.integer(0).null().null(); }

void write_condition(JsonWriter& out, std::string_view field, std::string_view comparison) {
    out.begin_array().string(field).string(comparison);
}

std::int64_t first_of(const JsonValue& value) { return (value.is_array() ? value.at(0) : value).integer().value_or(0); }

bool all_digits(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

weir::Result<Company> Directory::company(const weir::Call& call) {
    if (company_) return *company_;
    const std::string& name = config_.company_name;
    WEIR_TRY(const JsonValue rows,
             rpc_.call(call, Effect::read, "model.company.company.search_read", [&](JsonWriter& out) {
                 out.begin_array();
                 if (all_digits(name)) {
                     write_condition(out, "id", "=");
                     out.raw(name).end_array();
                 } else if (!name.empty()) {
                     write_condition(out, "party.name", "=");
                     out.string(name).end_array();
                 }
                 out.end_array();
                 write_all(out);
                 out.begin_array().string("id").string("currency.code").end_array();
             }));
    if (rows.size() != 1) {
        const std::string found = "Tryton has " + std::to_string(rows.size()) + " companies ";
        const std::string which = name.empty() ? "this user may see; set company_name" : "called \"" + name + "\"";
        return Error{Errc::unavailable, found + which, "COMPANY_MISSING", {}};
    }
    const JsonValue row = rows.at(0);
    company_ = Company{row["id"].integer().value_or(0), std::string(row["currency."]["code"].string().value_or(""))};
    rpc_.set_company(company_->id);
    return *company_;
}

weir::Status Directory::load(const weir::Call& call, Table table, const std::set<std::string>& names) {
    const auto& known = rows_[table];
    std::set<std::string> missing;
    for (const std::string& name : names) {
        if (!name.empty() && !known.contains(name)) missing.insert(name);
    }
    return missing.empty() ? weir::ok() : load_rows(call, table, missing);
}

weir::Status Directory::load_rows(const weir::Call& call, Table table, const std::set<std::string>& missing) {
    WEIR_TRY(const Company company, this->company(call));
    const Shape shape = shape_of(table);
    WEIR_TRY(const JsonValue rows, rpc_.call(call, Effect::read, shape.method, [&](JsonWriter& out) {
        out.begin_array();
        write_condition(out, shape.key, "in");
        out.begin_array();
        for (const std::string& name : missing) out.string(name);
        out.end_array().end_array();
        if (shape.per_company) {
            write_condition(out, "company", "=");
            out.integer(company.id).end_array();
        }
        out.end_array();
        write_all(out);
        out.begin_array().string("id").string(shape.key);
        if (!shape.detail.empty()) out.string(shape.detail);
        out.end_array();
    }));
    auto& known = rows_[table];
    for (const JsonValue row : rows.elements()) {
        Known& entry = known[std::string(row[shape.key].string().value_or(""))];
        entry.row.id = row["id"].integer().value_or(0);
        if (!shape.detail.empty()) entry.row.detail = first_of(row[shape.detail]);
        ++entry.count;
    }
    return weir::ok();
}

weir::Result<Row> Directory::find(Table table, const std::string& name) const {
    const Shape shape = shape_of(table);
    const auto rows = rows_.find(table);
    const Known* known = nullptr;
    if (rows != rows_.end()) {
        if (const auto found = rows->second.find(name); found != rows->second.end()) known = &found->second;
    }
    const std::string what = std::string(shape.noun) + " \"" + name + "\"";
    // A journal is the configuration's, not the record's: every record waits until it is there.
    const Errc errc = table == Table::journal ? Errc::unavailable : Errc::rejected;
    if (known == nullptr) return Error{errc, "Tryton has no " + what, std::string(shape.code), {}};
    if (known->count > 1) {
        return Error{
            errc, "Tryton has " + what + " " + std::to_string(known->count) + " times", std::string(shape.code), {}};
    }
    return known->row;
}

weir::Result<std::int64_t> Directory::period(const weir::Call& call, const std::string& day) {
    if (const auto found = periods_.find(day); found != periods_.end()) return found->second;
    WEIR_TRY(const Company company, this->company(call));
    WEIR_TRY(const JsonValue rows,
             rpc_.call(call, Effect::read, "model.account.period.search_read", [&](JsonWriter& out) {
                 out.begin_array();
                 write_condition(out, "start_date", "<=");
                 write_date(out, day);
                 out.end_array();
                 write_condition(out, "end_date", ">=");
                 write_date(out, day);
                 out.end_array();
                 write_condition(out, "type", "=");
                 out.string("standard").end_array();
                 write_condition(out, "fiscalyear.company", "=");
                 out.integer(company.id).end_array();
                 out.end_array();
                 write_all(out);
                 out.begin_array().string("id").end_array();
             }));
    if (rows.size() == 0) return Error{Errc::rejected, "Tryton has no period for " + day, "PERIOD_CLOSED", {}};
    return periods_[day] = rows.at(0)["id"].integer().value_or(0);
}

void Directory::forget() noexcept {
    company_.reset();
    rows_.clear();
    periods_.clear();
}

}  // namespace tryton
