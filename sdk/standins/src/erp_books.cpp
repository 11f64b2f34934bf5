// Balances, summed exactly from what is posted each time they are asked for: they cannot drift from the documents.
#include <map>
#include <tuple>

#include "erp.hpp"

namespace weir::standin {

namespace {

struct Sides {
    Decimal debit;
    Decimal credit;

    void add(const Json& line) {
        (text_at(line, "side") == "debit" ? debit : credit) += *Decimal::parse(text_at(line, "amount"));
    }
    void write(Json& to, int exponent) const {
        const auto text = [exponent](const Decimal& value) {
            return value.round(std::max(exponent, value.scale()), Rounding::down).to_string();
        };
        to["debit"] = text(debit);
        to["credit"] = text(credit);
        to["balance"] = text(debit - credit);
    }
};

}  // namespace

Reply Erp::books(Call& call) const {
    std::map<std::tuple<std::string, std::string, std::string>, Sides> accounts;
    std::map<std::pair<std::string, std::string>, Sides> companies;
    std::int64_t documents = 0, drafts = 0;
    const std::string only = call.request.query_value("company");
    for (const auto& [id, stored] : store_.collection("documents")) {
        const Json& content = stored.at("content");
        const std::string company = text_at(content, "company"), currency = text_at(content, "currency");
        if (text_at(stored, "kind") == "customer" || (!only.empty() && company != only)) continue;
        if (text_at(stored, "status") == "draft") {
            ++drafts;
            continue;
        }
        ++documents;
        for (const Json& line : stored.at("postings")) {
            accounts[{company, currency, text_at(line, "account")}].add(line);
            companies[{company, currency}].add(line);
        }
    }
    Json rows = Json::array(), totals = Json::array();
    bool balanced = true;
    for (const auto& [key, sides] : accounts) {
        const auto& [company, currency, account] = key;
        Json row = {{"company", company}, {"currency", currency}, {"account", account}};
        sides.write(row, currency_exponent(settings_, currency).value_or(0));
        rows.push_back(std::move(row));
    }
    for (const auto& [key, sides] : companies) {
        Json row = {{"company", key.first}, {"currency", key.second}};
        sides.write(row, currency_exponent(settings_, key.second).value_or(0));
        totals.push_back(std::move(row));
        balanced = balanced && sides.debit == sides.credit;
    }
    return json_reply(200, {{"accounts", std::move(rows)},
                            {"totals", std::move(totals)},
                            {"documents", documents},
                            {"drafts", drafts},
                            {"balanced", balanced}});
}

}  // namespace weir::standin
