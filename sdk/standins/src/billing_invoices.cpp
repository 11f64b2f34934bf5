#include "billing.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

Reply invalid(const std::string& message) { return problem(422, "INVALID_INVOICE", message); }

// Lines as they are kept: amounts with the currency's digits.
Result<Json> read_line(const Json& line, int exponent) {
    if (!line.is_object()) return Error{Errc::invalid, "expected an object", {}, {}};
    auto amount = parse_amount(line.value("amount", Json()), exponent);
    if (!amount.ok()) return std::move(amount).error().in("amount");
    Json read = {{"description", text_at(line, "description")}, {"amount", amount->to_string()}};
    for (const char* key : {"quantity", "unit_amount", "price", "kind", "period_start", "period_end"}) {
        if (const std::string text = text_at(line, key); !text.empty()) read[key] = text;
    }
    return read;
}

}  // namespace

std::vector<Endpoint> Billing::invoice_endpoints() {
    std::vector<Endpoint> all;
    const auto add = [&all](const char* path, const char* summary, auto handler) {
        all.push_back({"POST", path, summary, Effect::writes, handler});
    };
    add("/v1/invoices", R"(a draft: {"customer", "id", "number", "lines": [{"description", "amount", "quantity"}]})",
        [this](Call& call) { return create_invoice(call); });
    add("/v1/invoices/{id}/lines", "add a line to a draft", [this](Call& call) { return add_line(call); });
    add("/v1/invoices/{id}/finalize", "number it, take pending items, add tax",
        [this](Call& call) { return finalize(call); });
    add("/v1/invoices/{id}/pay", R"({"fee", "payment_id"}: the whole amount due)",
        [this](Call& call) { return pay(call); });
    add("/v1/invoices/{id}/void", "an open one", [this](Call& call) { return void_invoice(call); });
    add("/v1/invoiceitems", R"(pending until the customer's next invoice: {"customer", "amount", "description"})",
        [this](Call& call) { return create_item(call); });
    add("/v1/credit_notes", R"({"invoice", "amount", "reason"}: amount before tax)",
        [this](Call& call) { return credit_note(call); });
    add("/v1/payouts", "all payments that were not paid out", [this](Call& call) { return payout(call); });
    return all;
}

Reply Billing::create_invoice(Call& call) {
    const std::string customer_id = text_at(call.body, "customer");
    const Json* customer = store_.find("customers", customer_id);
    if (customer == nullptr) return invalid("customer: no customer \"" + customer_id + "\"");
    const int exponent = exponent_of(*customer);
    if (exponent < 0) return invalid("currency: no currency \"" + text_at(*customer, "currency") + "\"");
    Json lines = Json::array();
    for (const Json& line : call.body.value("lines", Json::array())) {
        auto read = read_line(line, exponent);
        if (!read.ok()) return invalid("lines: " + read.error().message);
        lines.push_back(std::move(*read));
    }
    const std::string id = new_id("in", call.body);
    if (store_.find("invoices", id) != nullptr) return problem(409, "INVOICE_EXISTS", "invoice \"" + id + "\" exists");
    const Json invoice = {{"id", id},
                          {"object", "invoice"},
                          {"status", "draft"},
                          {"customer", customer_id},
                          {"currency", customer->at("currency")},
                          {"number", text_at(call.body, "number")},
                          {"period_start", text_at(call.body, "period_start")},
                          {"period_end", text_at(call.body, "period_end")},
                          {"issue_date", text_at(call.body, "issue_date", rfc3339(unix_seconds()).substr(0, 10))},
                          {"lines", std::move(lines)}};
    save("invoices", invoice, "invoice.created");
    return answer(201, invoice);
}

Reply Billing::add_line(Call& call) {
    const Json* found = store_.find("invoices", call.parameters[0]);
    if (found == nullptr) return no_such("invoice", call.parameters[0]);
    if (text_at(*found, "status") != "draft") return problem(409, "INVOICE_NOT_DRAFT", "only a draft takes lines");
    auto line = read_line(call.body, exponent_of(*found));
    if (!line.ok()) return invalid(line.error().message);
    Json invoice = *found;
    invoice["lines"].push_back(std::move(*line));
    save("invoices", invoice, "invoice.updated");
    return answer(200, invoice);
}

std::string Billing::next_invoice_number(const std::string& customer_id) {
    const Json* customer = store_.find("customers", customer_id);
    std::string number = std::to_string(store_.next_number("number of " + customer_id));
    number.insert(0, 4 - std::min<std::size_t>(4, number.size()), '0');
    return (customer == nullptr ? customer_id : text_at(*customer, "prefix")) + "-" + number;
}

Status Billing::take_pending(Json& invoice, Decimal& subtotal, int exponent) {
    // A copy: items change while they are taken.
    const Store::Collection items = store_.collection("invoiceitems");
    for (const auto& [id, item] : items) {
        if (text_at(item, "customer") != text_at(invoice, "customer") || text_at(item, "status") != "pending") continue;
        WEIR_TRY(Decimal amount, parse_amount(item.at("amount"), exponent));
        WEIR_TRY(Decimal sum, Decimal::checked_add(subtotal, amount));
        Json taken = item;
        if (sum.is_negative()) {
            // Never a negative invoice: what is too much waits for the next one.
            if (subtotal.is_zero()) continue;
            amount = subtotal.negated();
            Json rest = item;
            rest["id"] = new_id("ii", {});
            rest["amount"] = sum.to_string();
            rest["rest_of"] = id;
            store_.put("invoiceitems", text_at(rest, "id"), rest);
            sum = subtotal + amount;
        }
        taken["status"] = "invoiced";
        taken["invoice"] = invoice.at("id");
        store_.put("invoiceitems", id, taken);
        invoice["lines"].push_back({{"description", text_at(item, "description")},
                                    {"amount", amount.to_string()},
                                    {"kind", amount.is_negative() ? "credit" : "adjustment"},
                                    {"invoiceitem", id}});
        subtotal = sum;
    }
    return ok();
}

Reply Billing::finalize(Call& call) {
    const Json* found = store_.find("invoices", call.parameters[0]);
    if (found == nullptr) return no_such("invoice", call.parameters[0]);
    if (text_at(*found, "status") != "draft") return problem(409, "INVOICE_NOT_DRAFT", "it is finalized already");
    Json invoice = *found;
    const int exponent = exponent_of(invoice);
    Decimal subtotal = *parse_amount("0", exponent);
    for (const Json& line : invoice.at("lines")) {
        const auto sum = Decimal::checked_add(subtotal, *Decimal::parse(text_at(line, "amount")));
        if (!sum.ok()) return invalid(sum.error().message);
        subtotal = *sum;
    }
    if (subtotal.is_negative()) return invalid("the lines sum up to " + subtotal.to_string() + ", expected 0 or more");
    if (const Status taken = take_pending(invoice, subtotal, exponent); !taken.ok())
        return invalid(taken.error().message);
    const auto percent = Decimal::parse(settings_.text("tax_percent"));
    const auto off = parse_amount(settings_.text("total_off"), exponent);
    if (!percent.ok() || !off.ok()) return problem(500, "INVALID_SETTING", "tax_percent, total_off: expected decimals");
    const auto product = Decimal::checked_mul(subtotal, *percent);
    if (!product.ok()) return invalid(product.error().message);
    const Decimal tax = product->div(*Decimal::parse("100"), exponent, Rounding::half_up);
    const Decimal total = subtotal + tax + *off;
    invoice["subtotal"] = subtotal.to_string();
    invoice["tax"] = tax.to_string();
    invoice["total"] = total.to_string();
    invoice["amount_due"] = total.to_string();
    invoice["status"] = "open";
    if (text_at(invoice, "number").empty()) invoice["number"] = next_invoice_number(text_at(invoice, "customer"));
    save("invoices", invoice, "invoice.finalized");
    return answer(200, invoice);
}

Reply Billing::void_invoice(Call& call) {
    const Json* found = store_.find("invoices", call.parameters[0]);
    if (found == nullptr) return no_such("invoice", call.parameters[0]);
    if (text_at(*found, "status") != "open") return problem(409, "INVOICE_NOT_OPEN", "only an open one can be voided");
    Json invoice = *found;
    invoice["status"] = "void";
    save("invoices", invoice, "invoice.voided");
    return answer(200, invoice);
}

Reply Billing::create_item(Call& call) {
    const std::string customer_id = text_at(call.body, "customer");
    const Json* customer = store_.find("customers", customer_id);
    if (customer == nullptr) return invalid("customer: no customer \"" + customer_id + "\"");
    const std::string currency = text_at(call.body, "currency", text_at(*customer, "currency"));
    if (currency != text_at(*customer, "currency")) {
        return problem(422, "CURRENCY_MISMATCH", "the customer is billed in " + text_at(*customer, "currency"));
    }
    const auto amount = parse_amount(call.body.value("amount", Json()), exponent_of(*customer));
    if (!amount.ok()) return invalid("amount: " + amount.error().message);
    const Json item = {{"id", new_id("ii", call.body)},
                       {"object", "invoiceitem"},
                       {"status", "pending"},
                       {"customer", customer_id},
                       {"currency", currency},
                       {"amount", amount->to_string()},
                       {"external_ref", call.external_ref},
                       {"description", text_at(call.body, "description")}};
    if (!call.external_ref.empty()) {
        for (const auto& [id, known] : store_.collection("invoiceitems")) {
            if (text_at(known, "external_ref") == call.external_ref && !known.contains("rest_of"))
                return answer(200, known);
        }
    }
    save("invoiceitems", item, "invoiceitem.created");
    return answer(201, item);
}

}  // namespace weir::standin
