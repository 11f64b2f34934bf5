#include "billing.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

Decimal amount_at(const Json& object, const char* key) { return *Decimal::parse(text_at(object, key, "0")); }

}  // namespace

Reply Billing::pay(Call& call) {
    const Json* found = store_.find("invoices", call.parameters[0]);
    if (found == nullptr) return no_such("invoice", call.parameters[0]);
    if (text_at(*found, "status") != "open") return problem(409, "INVOICE_NOT_OPEN", "only an open one can be paid");
    Json invoice = *found;
    const int exponent = exponent_of(invoice);
    const Decimal amount = amount_at(invoice, "amount_due");
    const auto fee = parse_amount(call.body.is_object() ? call.body.value("fee", Json("0")) : Json("0"), exponent);
    if (!fee.ok() || fee->is_negative() || *fee > amount) {
        return problem(422, "INVALID_PAYMENT", "fee: expected an amount from 0 to " + amount.to_string());
    }
    const Json payment = {{"id", new_id("pay", {{"id", text_at(call.body, "payment_id")}})},
                          {"object", "payment"},
                          {"status", "succeeded"},
                          {"invoice", invoice.at("id")},
                          {"invoice_number", invoice.at("number")},
                          {"customer", invoice.at("customer")},
                          {"currency", invoice.at("currency")},
                          {"amount", amount.to_string()},
                          {"fee", fee->to_string()},
                          {"net", (amount - *fee).to_string()},
                          {"received_at", text_at(call.body, "received_at", rfc3339(unix_seconds()))}};
    invoice["status"] = "paid";
    invoice["amount_due"] = (amount - amount).to_string();
    invoice["payment"] = payment.at("id");
    save("payments", payment, "payment.succeeded");
    save("invoices", invoice, "invoice.paid");
    return answer(200, invoice);
}

Reply Billing::payout(Call& call) {
    const std::string currency = text_at(call.body, "currency", "USD");
    const int exponent = exponent_of({{"currency", currency}});
    if (exponent < 0) return problem(422, "CURRENCY_MISMATCH", "no currency \"" + currency + "\"");
    Decimal sum = *parse_amount("0", exponent);
    Json payments = Json::array();
    const Store::Collection all = store_.collection("payments");
    const std::string id = new_id("po", call.body);
    for (const auto& [payment_id, payment] : all) {
        if (payment.contains("payout") || text_at(payment, "currency") != currency) continue;
        sum += amount_at(payment, "net");
        payments.push_back(payment_id);
        Json settled = payment;
        settled["payout"] = id;
        store_.put("payments", payment_id, settled);
    }
    if (payments.empty()) return problem(409, "NOTHING_TO_PAY_OUT", "every payment was paid out");
    const Json payout = {{"id", id},
                         {"object", "payout"},
                         {"status", "paid"},
                         {"currency", currency},
                         {"amount", sum.to_string()},
                         {"payments", payments},
                         {"arrival_date", text_at(call.body, "arrival_date", rfc3339(unix_seconds()).substr(0, 10))}};
    save("payouts", payout, "payout.paid");
    return answer(201, payout);
}

Reply Billing::credit_note(Call& call) {
    const std::string invoice_id = text_at(call.body, "invoice");
    const Json* invoice = store_.find("invoices", invoice_id);
    if (invoice == nullptr) return no_such("invoice", invoice_id);
    const std::string status = text_at(*invoice, "status");
    if (status != "open" && status != "paid") return problem(409, "INVOICE_NOT_OPEN", "expected one open or paid");
    const int exponent = exponent_of(*invoice);
    const auto net = parse_amount(call.body.value("amount", Json()), exponent);
    const auto percent = Decimal::parse(settings_.text("tax_percent"));
    if (!net.ok() || net->is_negative() || net->is_zero() || !percent.ok()) {
        return problem(422, "INVALID_CREDIT_NOTE", "amount: expected an amount above zero");
    }
    const auto product = Decimal::checked_mul(*net, *percent);
    if (!product.ok()) return problem(422, product.error());
    const Decimal tax = product->div(*Decimal::parse("100"), exponent, Rounding::half_up);
    Decimal credited = *net + tax;
    for (const auto& [id, note] : store_.collection("credit_notes")) {
        if (text_at(note, "invoice") == invoice_id) credited += amount_at(note, "total");
    }
    if (credited > amount_at(*invoice, "total")) {
        return problem(422, "CREDIT_EXCEEDS_INVOICE",
                       "credits of " + credited.to_string() + " for an invoice of " + text_at(*invoice, "total"));
    }
    const Json note = {{"id", new_id("cn", call.body)},
                       {"object", "credit_note"},
                       {"status", "issued"},
                       {"invoice", invoice_id},
                       {"invoice_number", invoice->at("number")},
                       {"customer", invoice->at("customer")},
                       {"currency", invoice->at("currency")},
                       {"reason", text_at(call.body, "reason")},
                       {"subtotal", net->to_string()},
                       {"tax", tax.to_string()},
                       {"total", (*net + tax).to_string()}};
    save("credit_notes", note, "credit_note.created");
    return answer(201, note);
}

}  // namespace weir::standin
