// The posting rules, in the order they are checked. A repeated reference comes between them and the books: erp.cpp.
#include "erp.hpp"

namespace weir::standin {

namespace {

Error refused(const char* code, const std::string& message) { return {Errc::rejected, message, code, {}}; }

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

const Json* Erp::master(const char* collection, const std::string& key) const {
    // What was set while running stands above the settings; `false` is one that was removed.
    if (const Json* set = store_.find(collection, key)) return set->is_boolean() ? nullptr : set;
    const Json& known = settings_.at(collection);
    const auto found = known.find(key);
    return found == known.end() ? nullptr : &*found;
}

bool Erp::knows_customer(const std::string& name) const {
    if (master("customers", name) != nullptr) return true;
    const auto is_its_id = [this, &name](const std::string& key, const Json& value) {
        return text_at(value, "id") == name && master("customers", key) != nullptr;
    };
    for (const auto& [key, value] : settings_.at("customers").items()) {
        if (is_its_id(key, value)) return true;
    }
    for (const auto& [key, value] : store_.collection("customers")) {
        if (is_its_id(key, value)) return true;
    }
    return false;
}

std::optional<Error> Erp::check_master_data(const ErpDocument& document) const {
    if (!settings_.at("companies").contains(document.company)) {
        return refused("COMPANY_UNKNOWN", "no company " + quoted(document.company));
    }
    for (const std::string& customer : document.customers) {
        if (!knows_customer(customer)) {
            return refused("CUSTOMER_UNMAPPED", "customer " + quoted(customer) + " is not mapped");
        }
    }
    for (const BookLine& line : document.lines) {
        const Json* account = master("accounts", line.account);
        if (account == nullptr) return refused("ACCOUNT_UNMAPPED", "no account " + quoted(line.account));
        if (account->value("blocked", false)) {
            return refused("ACCOUNT_BLOCKED", "account " + quoted(line.account) + " is blocked");
        }
    }
    const Json& required = settings_.at("required_dimensions");
    for (const BookLine& line : document.lines) {
        if (!required.contains(line.account)) continue;
        for (const Json& name : required[line.account]) {
            if (!line.dimensions.is_object() || !line.dimensions.contains(text_of(name))) {
                return refused("DIMENSION_MISSING",
                               "account " + quoted(line.account) + " needs dimension " + quoted(text_of(name)));
            }
        }
    }
    return std::nullopt;
}

std::optional<Error> Erp::check_amounts(const ErpDocument& document) const {
    if (!currency_exponent(settings_, document.currency)) {
        return refused("CURRENCY_MISMATCH", "no currency " + quoted(document.currency));
    }
    Decimal debit, credit;
    for (const BookLine& line : document.lines) {
        if (!line.currency.empty() && line.currency != document.currency) {
            return refused("CURRENCY_MISMATCH",
                           "a line in " + quoted(line.currency) + " of a document in " + quoted(document.currency));
        }
        Decimal& side = line.debit ? debit : credit;
        const auto sum = Decimal::checked_add(side, line.amount);
        if (!sum.ok()) return refused("UNBALANCED", sum.error().message);
        side = *sum;
    }
    if (debit != credit) {
        return refused("UNBALANCED", "debits are " + debit.to_string() + ", credits " + credit.to_string());
    }
    return std::nullopt;
}

bool Erp::period_closed(const std::string& company, const std::string& period, const std::string& fault_period) const {
    if (!fault_period.empty() && (fault_period == "*" || fault_period == period)) return true;
    // Set for the company, for all, in the settings: the first that says something.
    for (const std::string& key : {company + "/" + period, period}) {
        if (const Json* set = store_.find("periods", key)) return *set == "closed";
    }
    for (const Json& closed : settings_.at("closed_periods")) {
        if (closed == period || closed == company + "/" + period) return true;
    }
    return false;
}

std::optional<Error> Erp::check(const ErpDocument& document, const std::string& fault_period) const {
    if (auto error = check_master_data(document)) return error;
    if (auto error = check_amounts(document)) return error;
    if (period_closed(document.company, document.period(), fault_period)) {
        return refused("PERIOD_CLOSED", "period " + document.period() + " is closed");
    }
    if (!document.pays_invoice.empty() && settings_.flag("predecessors") &&
        store_.find("invoice_numbers", document.company + "/" + document.pays_invoice) == nullptr) {
        return refused("PREDECESSOR_NOT_POSTED", "no invoice " + quoted(document.pays_invoice));
    }
    return std::nullopt;
}

}  // namespace weir::standin
