#include <weir/decimal.hpp>
#include <weir/json.hpp>
#include <weir/sdk.hpp>

struct Config {
    std::string country = "DE";
    weir::Decimal rate;
};
WEIR_CONFIG(Config, country, rate)

// Adds tax to order lines: one order becomes one record per line.
class Vat final : public weir::Transform<Config> {
  public:
    using Transform::Transform;

    void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
        const auto order = parser_.parse(in.payload());
        if (!order.ok()) throw weir::Reject("BAD_ORDER", order.error().message);
        if (order.value()["country"].string() != cfg().country) return emit.pass();  // untouched, nothing copied
        int number = 0;
        for (const weir::JsonValue line : order.value()["lines"].elements()) {
            const auto net = weir::Decimal::parse(line["net"].string().value_or(""));
            if (!net.ok()) throw weir::Reject("BAD_ORDER", net.error().message);
            if (net->is_negative()) throw weir::Reject("NEGATIVE_NET", "net " + net->to_string());
            const auto tax = (*net * cfg().rate).round(2, weir::Rounding::half_up);
            const std::string id = std::string(in.id()) + "/" + std::to_string(++number);  // the same when run again
            std::string out;
            weir::JsonWriter(out)
                .begin_object()
                .member("net", net->to_string())
                .member("tax", tax.to_string())
                .end_object();
            emit(out, {.id = id, .schema = "com.example.invoice_line/1"});
        }
    }

  private:
    weir::JsonParser parser_;  // keeps its memory from record to record
};

WEIR_COMPONENT(vat, Vat, WEIR_TRAIT_PURE)
WEIR_PLUGIN(&vat)
