// Companies, customers, accounts and periods: what a person would set up in an ERP, and change while it runs.
#include "erp.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

Json account(const char* name) { return {{"name", name}, {"blocked", false}}; }

}  // namespace

Json erp_defaults() {
    return {{"companies", {{"US01", "USD"}, {"DE01", "EUR"}}},
            {"customers", {{"weir:customer:ACME", {{"id", "C-1001"}}}, {"weir:customer:Globex", {{"id", "C-1002"}}}}},
            {"accounts",
             {{"1010", account("Bank")},
              {"1020", account("Processor clearing")},
              {"1100", account("Accounts receivable")},
              {"1150", account("Unbilled receivables")},
              {"2200", account("Tax payable")},
              {"2350", account("Accrued customer credits")},
              {"2400", account("Deferred revenue")},
              {"4010", account("Subscription revenue")},
              {"4020", account("Usage revenue")},
              {"4090", account("Service credits")},
              {"6500", account("Processing fees")},
              {"7990", account("Rounding differences")}}},
            {"currencies",
             {{"USD", 2},
              {"EUR", 2},
              {"GBP", 2},
              {"CHF", 2},
              {"CAD", 2},
              {"AUD", 2},
              {"SEK", 2},
              {"JPY", 0},
              {"KRW", 0},
              {"KWD", 3},
              {"BHD", 3},
              {"TND", 3},
              {"CLF", 4},
              {"UYW", 4}}},
            {"required_dimensions", Json::object()},
            {"closed_periods", Json::array()},
            {"duplicates", "same"},
            {"drafts", false},
            {"predecessors", false}};
}

std::vector<Endpoint> Erp::master_data_endpoints() {
    std::vector<Endpoint> all;
    const auto add = [&all](const char* method, std::string path, const char* summary, auto handler) {
        all.push_back({method, std::move(path), summary, Effect::reads, handler});
    };
    for (const auto& [path, collection] :
         {std::pair{"/v1/customers-map", "customers"}, std::pair{"/v1/accounts", "accounts"}}) {
        const std::string one = std::string(path) + "/{key}";
        add("GET", path, "list what is mapped", [this, c = collection](Call&) { return list_master(c); });
        add("PUT", one, "map or change one", [this, c = collection](Call& call) { return put_master(c, call); });
        add("DELETE", one, "unmap one", [this, c = collection](Call& call) { return delete_master(c, call); });
    }
    add("GET", "/v1/periods", "the periods that were closed or opened", [this](Call&) { return list_periods(); });
    add("POST", "/v1/periods/{period}/close", "close a period; ?company= for one company",
        [this](Call& call) { return set_period(call, true); });
    add("POST", "/v1/periods/{period}/open", "open it again", [this](Call& call) { return set_period(call, false); });
    return all;
}

Reply Erp::list_master(const char* collection) const {
    Json all = settings_.at(collection);
    for (const auto& [key, value] : store_.collection(collection)) {
        if (value.is_boolean()) {
            all.erase(key);
        } else {
            all[key] = value;
        }
    }
    return json_reply(200, {{"data", std::move(all)}});
}

Reply Erp::put_master(const char* collection, Call& call) {
    if (!call.body.is_object() && !call.body.is_null()) {
        return problem(422, "INVALID_MASTER_DATA", "expected an object");
    }
    Json value = call.body.is_null() ? Json::object() : call.body;
    if (const auto blocked = value.find("blocked"); blocked != value.end() && !blocked->is_boolean()) {
        return problem(422, "INVALID_MASTER_DATA", "/blocked: expected true or false");
    }
    store_.put(collection, call.parameters[0], value);
    return json_reply(200, value);
}

Reply Erp::delete_master(const char* collection, Call& call) {
    if (master(collection, call.parameters[0]) == nullptr) {
        return problem(404, "NOT_FOUND", "no \"" + call.parameters[0] + "\"");
    }
    store_.put(collection, call.parameters[0], false);
    return {204, {}, {}, {}};
}

Reply Erp::set_period(Call& call, bool closed) {
    const std::string& period = call.parameters[0];
    if (!is_period(period)) {
        return problem(422, "INVALID_PERIOD", "found \"" + period + "\", expected a month such as 2026-06");
    }
    const std::string company = call.request.query_value("company");
    const char* state = closed ? "closed" : "open";
    store_.put("periods", company.empty() ? period : company + "/" + period, state);
    return json_reply(200, {{"period", period}, {"company", company}, {"state", state}});
}

Reply Erp::list_periods() const {
    Json all = Json::object();
    for (const Json& closed : settings_.at("closed_periods")) all[text_of(closed)] = "closed";
    for (const auto& [period, state] : store_.collection("periods")) all[period] = state;
    return json_reply(200, {{"data", std::move(all)}});
}

}  // namespace weir::standin
