#include "erp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "time.hpp"

namespace weir::standin {

namespace {

constexpr const char* kDocuments = "documents";
constexpr const char* kRefs = "refs";  // company/reference -> id

std::string prefix_of(const std::string& kind) {
    if (kind == "entry") return "JE";
    if (kind == "invoice") return "INV";
    return kind == "payment" ? "PAY" : "CUS";
}

std::string ref_key(const std::string& company, const std::string& ref) { return company + "/" + ref; }

// What a client sees: the content with what the ERP knows about it beside.
Json shown(const Json& stored) {
    Json body = stored.at("content");
    for (const char* key : {"id", "kind", "status", "created_at", "postings"}) body[key] = stored.at(key);
    return body;
}

Json shown(const Json& stored, bool is_duplicate) {
    Json body = shown(stored);
    body["duplicate"] = is_duplicate;
    return body;
}

Reply not_found(const std::string& what) { return problem(404, "NOT_FOUND", "no document \"" + what + "\""); }

}  // namespace

std::vector<Endpoint> Erp::endpoints() {
    std::vector<Endpoint> all = document_endpoints();
    for (Endpoint& endpoint : master_data_endpoints()) all.push_back(std::move(endpoint));
    return all;
}

std::vector<Endpoint> Erp::document_endpoints() {
    std::vector<Endpoint> all;
    const std::array<std::array<const char*, 3>, 3> kinds{{{"entry", "/v1/entries", "a journal entry"},
                                                           {"invoice", "/v1/invoices", "an invoice"},
                                                           {"payment", "/v1/payments", "a payment"}}};
    for (const auto& [kind, path, what] : kinds) {
        all.push_back({"POST", path, std::string("post ") + what, Effect::writes,
                       [this, k = std::string(kind)](Call& call) { return create(k, call); }});
        all.push_back({"GET", path, "list; ?external_ref=&company=&period=&status=&limit=&cursor=", Effect::reads,
                       [this, k = std::string(kind)](Call& call) { return list(k, call); }});
    }
    all.push_back({"POST", "/v1/customers", "create a customer and map it", Effect::writes,
                   [this](Call& call) { return create_customer(call); }});
    all.push_back({"GET", "/v1/customers", "list the customers that were created here", Effect::reads,
                   [this](Call& call) { return list("customer", call); }});
    all.push_back({"GET", "/v1/documents", "list documents of every kind", Effect::reads,
                   [this](Call& call) { return list("", call); }});
    all.push_back({"GET", "/v1/documents/by-ref/{ref}", "the document with this external reference; ?company=",
                   Effect::reads, [this](Call& call) { return by_ref(call); }});
    for (const char* path : {"/v1/entries/{id}", "/v1/invoices/{id}", "/v1/payments/{id}", "/v1/documents/{id}"}) {
        all.push_back({"GET", path, "one document", Effect::reads, [this](Call& call) { return get(call); }});
    }
    for (const char* path : {"/v1/entries/{id}/post", "/v1/invoices/{id}/post", "/v1/payments/{id}/post"}) {
        all.push_back({"POST", path, "post a draft", Effect::writes, [this](Call& call) { return post_draft(call); }});
    }
    all.push_back({"GET", "/v1/books", "balances per company, currency and account; ?company=", Effect::reads,
                   [this](Call& call) { return books(call); }});
    return all;
}

const Json* Erp::find_by_ref(const std::string& company, const std::string& ref) const {
    const Json* id = store_.find(kRefs, ref_key(company, ref));
    return id == nullptr ? nullptr : store_.find(kDocuments, text_of(*id));
}

Reply Erp::duplicate(const Json& stored, bool same_content) {
    const Json existing = {{"existing_id", stored.at("id")}};
    if (!same_content) {
        return problem(409, "DUPLICATE_REF", "the reference is posted with other content", existing);
    }
    if (settings_.text("duplicates") == "conflict") {
        return problem(409, "DUPLICATE_REF", "the reference is posted already", existing);
    }
    return json_reply(200, shown(stored, true));
}

Reply Erp::create(const std::string& kind, Call& call) {
    const auto document = read_document(kind, call.body, call.external_ref, settings_);
    if (!document.ok()) return problem(422, document.error());
    const Json* stored =
        document->external_ref.empty() ? nullptr : find_by_ref(document->company, document->external_ref);
    const bool same =
        stored != nullptr && text_at(*stored, "kind") == kind && stored->at("content") == document->content;
    // What is posted stays done, even if its period was closed since.
    if (same) return duplicate(*stored, true);
    if (const auto refused = check(*document, call.closed_period)) return problem(422, *refused);
    if (stored != nullptr) return duplicate(*stored, false);
    return store_document(*document);
}

Reply Erp::store_document(const ErpDocument& document) {
    const std::string id = store_.next_id(document.kind, prefix_of(document.kind) + "-");
    Json postings = Json::array();
    for (const BookLine& line : document.lines) {
        postings.push_back({{"account", line.account},
                            {"side", line.debit ? "debit" : "credit"},
                            {"amount", line.amount.to_string()}});
    }
    Json stored = {{"id", id},
                   {"kind", document.kind},
                   {"status", settings_.flag("drafts") ? "draft" : "posted"},
                   {"created_at", rfc3339(unix_seconds())},
                   {"content", document.content},
                   {"postings", std::move(postings)}};
    store_.put(kDocuments, id, stored);
    if (!document.external_ref.empty()) store_.put(kRefs, ref_key(document.company, document.external_ref), id);
    if (!document.number.empty()) store_.put("invoice_numbers", ref_key(document.company, document.number), id);
    Reply reply = json_reply(201, shown(stored, false));
    reply.headers.emplace_back("Location", "/v1/documents/" + id);
    return reply;
}

Reply Erp::create_customer(Call& call) {
    const std::string customer = text_at(call.body, "customer", text_at(call.body, "code"));
    if (customer.empty()) return problem(422, "INVALID_CUSTOMER", "/customer: expected a text");
    ErpDocument document;
    document.kind = "customer";
    document.external_ref = call.external_ref;
    document.content = {{"external_ref", call.external_ref},
                        {"customer", customer},
                        {"name", text_at(call.body, "name", text_at(call.body, "legal_name", customer))},
                        {"currency", text_at(call.body, "currency")}};
    const Json* stored = call.external_ref.empty() ? nullptr : find_by_ref("", call.external_ref);
    if (stored != nullptr) return duplicate(*stored, stored->at("content") == document.content);
    Reply reply = store_document(document);
    store_.put("customers", customer, {{"id", parse_json(reply.body)->at("id")}});
    return reply;
}

Reply Erp::post_draft(Call& call) {
    const Json* found = store_.find(kDocuments, call.parameters[0]);
    if (found == nullptr) return not_found(call.parameters[0]);
    if (text_at(*found, "status") == "posted") return json_reply(200, shown(*found, true));
    const Json& content = found->at("content");
    const std::string period = text_at(content, "posting_date").substr(0, 7);
    if (period_closed(text_at(content, "company"), period, call.closed_period)) {
        return problem(422, "PERIOD_CLOSED", "period " + period + " is closed");
    }
    Json posted = *found;
    posted["status"] = "posted";
    store_.put(kDocuments, call.parameters[0], posted);
    return json_reply(200, shown(posted, false));
}

Reply Erp::get(Call& call) const {
    const Json* found = store_.find(kDocuments, call.parameters[0]);
    return found == nullptr ? not_found(call.parameters[0]) : json_reply(200, shown(*found));
}

Reply Erp::by_ref(Call& call) const {
    const std::string& ref = call.parameters[0];
    const std::string company = call.request.query_value("company");
    if (!company.empty()) {
        const Json* found = find_by_ref(company, ref);
        return found == nullptr ? not_found(ref) : json_reply(200, shown(*found));
    }
    // Customers belong to no company.
    if (const Json* found = find_by_ref("", ref)) return json_reply(200, shown(*found));
    for (const auto& [name, currency] : settings_.at("companies").items()) {
        if (const Json* found = find_by_ref(name, ref)) return json_reply(200, shown(*found));
    }
    return not_found(ref);
}

namespace {

bool wanted(const Json& stored, const std::string& kind, const Request& request) {
    if (!kind.empty() && text_at(stored, "kind") != kind) return false;
    const Json& content = stored.at("content");
    for (const char* key : {"external_ref", "company", "customer", "number", "document_type"}) {
        const std::string value = request.query_value(key);
        if (!value.empty() && text_at(content, key) != value) return false;
    }
    const std::string status = request.query_value("status"), period = request.query_value("period");
    if (!status.empty() && text_at(stored, "status") != status) return false;
    return period.empty() || text_at(content, "posting_date").substr(0, 7) == period;
}

// Debits per currency, which equal the credits: the rules saw to it.
void add_total(Json& totals, const Json& stored) {
    const std::string currency = text_at(stored.at("content"), "currency");
    Decimal sum = *Decimal::parse(text_at(totals, currency.c_str(), "0"));
    for (const Json& line : stored.at("postings")) {
        if (text_at(line, "side") == "debit") sum += *Decimal::parse(text_at(line, "amount"));
    }
    totals[currency] = sum.to_string();
}

}  // namespace

Reply Erp::list(const std::string& kind, Call& call) const {
    constexpr std::size_t kLimitMax = 1000;
    std::size_t limit = 100;
    const std::string text = call.request.query_value("limit", "100");
    std::from_chars(text.data(), text.data() + text.size(), limit);
    limit = std::clamp<std::size_t>(limit, 1, kLimitMax);
    const std::string cursor = call.request.query_value("cursor");
    Json data = Json::array(), totals = Json::object(), next = nullptr;
    std::size_t total = 0;
    // A cursor is the last id that was shown: what is inserted while somebody pages neither hides nor repeats anything.
    for (const auto& [id, stored] : store_.collection(kDocuments)) {
        if (!wanted(stored, kind, call.request)) continue;
        ++total;
        if (!stored.at("postings").empty()) add_total(totals, stored);
        if (!cursor.empty() && id <= cursor) continue;
        if (data.size() < limit) {
            data.push_back(shown(stored));
        } else if (next.is_null()) {
            next = data.back().at("id");
        }
    }
    return json_reply(200, {{"data", std::move(data)}, {"next_cursor", next}, {"total", total}, {"totals", totals}});
}

}  // namespace weir::standin
