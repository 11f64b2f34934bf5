// A billing service: customers, meter events, invoices from draft to paid, pending credits, payouts, events, webhooks.
#pragma once

#include <string>

#include "webhooks.hpp"

namespace weir::standin {

[[nodiscard]] Json billing_defaults();

// One thread.
class Billing final : public Service {
  public:
    Billing(boost::asio::io_context& io, Settings& settings, Store& store)
        : settings_(settings), store_(store), webhooks_(io, settings, store, "stripe") {}

    [[nodiscard]] std::vector<Endpoint> endpoints() override;
    void reset() override { webhooks_.reset(); }

  private:
    [[nodiscard]] std::vector<Endpoint> invoice_endpoints();

    // customers, usage and events, see billing.cpp
    [[nodiscard]] Reply create_customer(Call& call);
    [[nodiscard]] Reply meter_event(Call& call);
    [[nodiscard]] Reply meter_summary(Call& call) const;
    [[nodiscard]] Reply events(Call& call) const;
    [[nodiscard]] Reply list(const char* collection, Call& call) const;
    [[nodiscard]] Reply get(const char* collection, Call& call) const;

    // invoices, see billing_invoices.cpp
    [[nodiscard]] Reply create_invoice(Call& call);
    [[nodiscard]] Reply add_line(Call& call);
    [[nodiscard]] Reply finalize(Call& call);
    [[nodiscard]] Reply void_invoice(Call& call);
    [[nodiscard]] Reply create_item(Call& call);
    // Pending items of the customer become lines; a credit beyond the subtotal is left pending.
    [[nodiscard]] Status take_pending(Json& invoice, Decimal& subtotal, int exponent);
    [[nodiscard]] std::string next_invoice_number(const std::string& customer);

    // money, see billing_payments.cpp
    [[nodiscard]] Reply pay(Call& call);
    [[nodiscard]] Reply payout(Call& call);
    [[nodiscard]] Reply credit_note(Call& call);

    // An object as it is answered, with amounts as the setting `amounts` says.
    [[nodiscard]] Reply answer(int status, const Json& object) const;
    // Stores the object and emits `type` about it.
    void save(const char* collection, const Json& object, const char* type);
    [[nodiscard]] std::string new_id(const char* prefix, const Json& body);
    [[nodiscard]] int exponent_of(const Json& object) const;

    Settings& settings_;
    Store& store_;
    Webhooks webhooks_;
};

[[nodiscard]] Reply no_such(const std::string& what, const std::string& id);

}  // namespace weir::standin
