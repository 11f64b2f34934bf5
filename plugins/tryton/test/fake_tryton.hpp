// A Tryton as far as the sink sees one: sessions, look-ups, drafts and posts, and errors as trytond answers them.
#pragma once

#include <nlohmann/json.hpp>
#include <weir/testing.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tryton::testing {

using nlohmann::json;
using weir::testing::Reply;
using weir::testing::SeenRequest;

struct Paper {
    int id = 0;
    std::string model;
    std::string ref;
    std::string state = "draft";
    std::string number{};
    json values{};
};

class FakeTryton {
  public:
    // Looked up by code (payment terms by name); the values are ids.
    std::map<std::string, int> accounts{{"1100", 5}, {"4020", 6}, {"4021", 7}};
    std::map<std::string, int> parties{{"C-1", 21}, {"C-2", 22}};
    std::map<std::string, int> journals{{"GEN", 3}, {"REV", 4}};
    std::map<std::string, int> currencies{{"EUR", 1}, {"USD", 2}};
    std::map<std::string, int> terms{{"30d", 9}};
    std::map<std::string, int> products{{"API", 8}};
    std::vector<Paper> papers{};
    std::string password = "s3cret";

    std::map<std::string, std::string> refused_create{};  // ref to the sentence of a UserError
    std::map<std::string, std::string> refused_post{};
    std::string total = "100.00";  // of every invoice
    // Asked first: an answer instead of the call.
    std::function<std::optional<Reply>(const std::string& method)> instead{};
    // Asked after the call was done: another answer than its own.
    std::function<std::optional<Reply>(const std::string& method)> afterwards{};
    std::vector<std::string> calls{};  // methods in order, without "model."
    std::vector<json> requests{};      // whole requests, in order

    [[nodiscard]] Reply answer(const SeenRequest& seen) {
        const json request = json::parse(seen.body);
        std::string method = request["method"];
        if (method.starts_with("model.")) method.erase(0, 6);
        calls.push_back(method);
        requests.push_back(request);
        if (instead) {
            if (auto reply = instead(method)) return *reply;
        }
        if (method == "common.db.login") return log_in(request["params"]);
        if (!valid(seen.header("Authorization"))) return {.status = 401};
        const Reply reply = dispatch(method, request["params"]);
        if (afterwards) {
            if (auto other = afterwards(method)) return *other;
        }
        return reply;
    }
    void expire_sessions() { valid_sessions_ = 0; }
    [[nodiscard]] std::size_t count(const std::string& method) const {
        return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), method));
    }
    [[nodiscard]] const json* request_of(const std::string& method) const {
        for (std::size_t i = calls.size(); i-- > 0;) {
            if (calls[i] == method) return &requests[i];
        }
        return nullptr;
    }
    [[nodiscard]] std::size_t posted(const std::string& ref) const {
        return static_cast<std::size_t>(std::count_if(papers.begin(), papers.end(), [&](const Paper& paper) {
            return paper.ref == ref && paper.state == "posted";
        }));
    }
    [[nodiscard]] std::size_t with_ref(const std::string& ref) const {
        return static_cast<std::size_t>(
            std::count_if(papers.begin(), papers.end(), [&](const Paper& paper) { return paper.ref == ref; }));
    }
    [[nodiscard]] static Reply user_error(const std::string& text) {
        return error(json::array({"UserError", {text, "", nullptr}}));
    }
    [[nodiscard]] static Reply error(const json& content) {
        return {.body = json{{"id", 1}, {"error", content}}.dump()};
    }
    [[nodiscard]] static json decimal(const std::string& text) { return {{"__class__", "Decimal"}, {"decimal", text}}; }

  private:
    [[nodiscard]] static Reply result(const json& content) {
        return {.body = json{{"id", 1}, {"result", content}}.dump()};
    }
    [[nodiscard]] Reply log_in(const json& params) {
        if (params[1]["password"] != password) return {.status = 401, .body = "<!doctype html>"};
        valid_sessions_ = ++last_session_;
        return result({1, "session" + std::to_string(last_session_)});
    }
    [[nodiscard]] bool valid(const std::string& header) const {
        if (valid_sessions_ == 0) return false;
        // base64("weir:1:sessionN"): the tests know only that each login has its own
        return header.starts_with("Session d2Vpcjox") && valid_sessions_ == last_session_;
    }
    [[nodiscard]] Reply dispatch(const std::string& method, const json& params) {
        const std::size_t dot = method.rfind('.');
        const std::string model = method.substr(0, dot);
        const std::string verb = method.substr(dot + 1);
        if (verb == "search_read") return result(search(model, params));
        if (verb == "create") return create(model, params[0]);
        if (verb == "post") return post(model, params[0]);
        if (verb == "delete") {
            for (const json& id : params[0]) std::erase_if(papers, [&](const Paper& p) { return p.id == id; });
            return result(nullptr);
        }
        return {.status = 403};
    }
    [[nodiscard]] json search(const std::string& model, const json& params) {
        const json& domain = params[0];
        if (model == "company.company") return json::array({{{"id", 1}, {"currency.", {{"code", "EUR"}}}}});
        if (model == "account.period") return period(domain[0][2]);
        if (model == "account.account") return rows(accounts, "code", domain[0][2]);
        if (model == "account.journal") return rows(journals, "code", domain[0][2]);
        if (model == "currency.currency") return rows(currencies, "code", domain[0][2]);
        if (model == "account.invoice.payment_term") return rows(terms, "name", domain[0][2]);
        if (model == "product.product") return rows(products, "code", domain[0][2]);
        if (model == "account.move.line" || model == "account.invoice.line") return lines(domain[0][2]);
        if (model == "party.party" && domain[0][0] == "code") return party_rows(domain[0][2]);
        return paper_rows(model, domain[0][2]);
    }
    [[nodiscard]] static json period(const json& day) {
        if (day["year"] != 2026) return json::array();
        return json::array({{{"id", 100 + day["month"].get<int>()}}});
    }
    [[nodiscard]] static json rows(const std::map<std::string, int>& table, const char* key, const json& names) {
        json found = json::array();
        for (const json& name : names) {
            const auto row = table.find(name.get<std::string>());
            if (row != table.end()) found.push_back({{"id", row->second}, {key, name}, {"default_uom", 1}});
        }
        return found;
    }
    [[nodiscard]] json party_rows(const json& codes) const {
        json found = rows(parties, "code", codes);
        for (json& row : found) row.update({{"addresses", {row["id"].get<int>() + 100}}, {"name", "ACME"}});
        for (const Paper& paper : papers) {
            if (paper.model != "party.party") continue;
            if (std::find(codes.begin(), codes.end(), paper.ref) == codes.end()) continue;
            found.push_back(
                {{"id", paper.id}, {"code", paper.ref}, {"name", paper.values["name"]}, {"addresses", {1}}});
        }
        return found;
    }
    [[nodiscard]] static std::string code_of(const std::map<std::string, int>& table, const json& id) {
        for (const auto& [code, row] : table) {
            if (id == row) return code;
        }
        return "";
    }
    [[nodiscard]] json paper_rows(const std::string& model, const json& refs) const {
        json found = json::array();
        for (const Paper& paper : papers) {
            if (paper.model != model || std::find(refs.begin(), refs.end(), paper.ref) == refs.end()) continue;
            json row{{"id", paper.id}, {"state", paper.state}};
            if (model == "account.move") {
                row.update({{"description", paper.ref},
                            {"date", paper.values["date"]},
                            {"post_number", paper.number.empty() ? json() : json(paper.number)}});
            } else {
                row.update({{"reference", paper.ref},
                            {"type", "out"},
                            {"number", paper.number.empty() ? json() : json(paper.number)},
                            {"invoice_date", paper.values["invoice_date"]},
                            {"untaxed_amount", decimal(total)},
                            {"total_amount", decimal(total)},
                            {"party.", {{"code", code_of(parties, paper.values["party"])}}},
                            {"currency.", {{"code", code_of(currencies, paper.values["currency"])}}}});
            }
            found.push_back(std::move(row));
        }
        return found;
    }
    [[nodiscard]] json lines(const json& id) const {
        json found = json::array();
        for (const Paper& paper : papers) {
            if (paper.id != id) continue;
            for (json line : paper.values["lines"][0][1]) {
                line["account."] = {{"code", code_of(accounts, line["account"])}};
                line["party."] = line.contains("party") ? json{{"code", code_of(parties, line["party"])}} : json();
                line["product."] =
                    line.contains("product") ? json{{"code", code_of(products, line["product"])}} : json();
                found.push_back(std::move(line));
            }
        }
        return found;
    }
    [[nodiscard]] static std::string ref_of(const std::string& model, const json& values) {
        if (model == "party.party") return values["code"];
        return values[model == "account.move" ? "description" : "reference"];
    }
    [[nodiscard]] Reply create(const std::string& model, const json& all) {
        for (const json& values : all) {
            const auto refused = refused_create.find(ref_of(model, values));
            if (refused != refused_create.end()) return user_error(refused->second);
        }
        json ids = json::array();
        for (const json& values : all) {
            papers.push_back({.id = ++last_id_, .model = model, .ref = ref_of(model, values), .values = values});
            ids.push_back(last_id_);
        }
        return result(ids);
    }
    [[nodiscard]] Reply post(const std::string& model, const json& ids) {
        std::vector<Paper*> chosen;
        for (Paper& paper : papers) {
            if (paper.model == model && std::find(ids.begin(), ids.end(), paper.id) != ids.end())
                chosen.push_back(&paper);
        }
        for (const Paper* paper : chosen) {
            if (paper->state == "posted") return user_error("You cannot modify posted move \"" + paper->number + "\".");
            const auto refused = refused_post.find(paper->ref);
            if (refused != refused_post.end()) return user_error(refused->second);
        }
        for (Paper* paper : chosen) {
            paper->state = "posted";
            paper->number = "N-" + std::to_string(++last_number_);
        }
        return result(nullptr);
    }

    int valid_sessions_ = 0;
    int last_session_ = 0;
    int last_id_ = 0;
    int last_number_ = 0;
};

}  // namespace tryton::testing
