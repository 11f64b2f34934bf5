// Prices a usage event and turns it into a balanced journal entry: debit receivable, credit revenue.
#include <weir/decimal.hpp>
#include <weir/json.hpp>
#include <weir/sdk.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace {

using weir::Decimal;
using weir::Reject;

struct Accounts {
    std::string debit;
    std::string credit;
};
WEIR_CONFIG(Accounts, debit, credit)

struct Config {
    std::string company;
    std::string currency;
    int minor_units = 2;
    weir::Rounding rounding = weir::Rounding::half_up;
    std::map<std::string, Decimal, std::less<>> prices;
    Accounts accounts;
};
WEIR_CONFIG(Config, company, currency, minor_units, rounding, prices, accounts)

struct Usage {
    std::string_view metric;
    std::string_view quantity_text;
    std::string_view unit;
    std::string_view customer;
    Decimal quantity;
};

std::string_view required_string(const weir::JsonValue& event, const char* name) {
    const auto text = event[name].string();
    if (!text || text->empty()) throw Reject("BAD_PAYLOAD", std::string("expected a string in \"") + name + "\"");
    return *text;
}

// A fraction must come as a string: a JSON number with a point has been a double at the sender's.
std::string_view quantity_text(const weir::JsonValue& event) {
    const weir::JsonValue quantity = event["quantity"];
    if (const auto text = quantity.string()) return *text;
    const auto number = quantity.number_text();
    if (number && number->find_first_of(".eE") == std::string_view::npos) return *number;
    throw Reject("BAD_QUANTITY", "expected a decimal string or a whole number in \"quantity\", found " +
                                     std::string(quantity.exists() ? quantity.raw().substr(0, 40) : "nothing"));
}

Usage read_usage(const weir::JsonValue& event, std::string_view subject) {
    Usage usage;
    usage.metric = required_string(event, "metric");
    usage.quantity_text = quantity_text(event);
    usage.unit = event["unit"].string().value_or("");
    usage.customer = event["customer"].string().value_or(subject);
    const auto quantity = Decimal::parse(usage.quantity_text);
    if (!quantity.ok()) throw Reject("BAD_QUANTITY", quantity.error().message);
    if (quantity->is_negative()) throw Reject("NEGATIVE_QUANTITY", "quantity " + quantity->to_string());
    usage.quantity = *quantity;
    return usage;
}

// "2026-06-01" of a time, in UTC.
std::string date_of(const weir::Record& in) {
    const auto time = in.time_unix_ns();
    if (!time) throw Reject("NO_EVENT_TIME", "the event has no time");
    const std::chrono::sys_time<std::chrono::nanoseconds> instant{std::chrono::nanoseconds(*time)};
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(instant)};
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 to 2262: the range of *time
    const auto month = static_cast<unsigned>(date.month()), day = static_cast<unsigned>(date.day());
    const auto digit = [](unsigned value) { return static_cast<char>('0' + value % 10); };
    return {
        digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-', digit(month / 10), digit(month), '-',
        digit(day / 10),    digit(day)};
}

class UsageToEntry final : public weir::Transform<Config> {
  public:
    using Transform::Transform;

    void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
        // Calls overlap (CONCURRENT): what is reused is reused per thread.
        thread_local weir::JsonParser parser;
        thread_local std::string entry;

        const auto event = parser.parse(in.payload());
        if (!event.ok()) throw Reject("BAD_PAYLOAD", event.error().message);
        const Usage usage = read_usage(event.value(), in.subject());
        const Decimal amount = price(usage);
        if (amount.is_zero()) return emit.filter("ZERO_AMOUNT", "the amount rounds to zero");
        write_entry(usage, amount.to_string(), date_of(in), entry);
        emit(entry, {.type = "io.weir.journal_entry.planned.v1",
                     .schema = "canonical/journal_entry@1",
                     .content_type = "application/json"});
    }

  private:
    Decimal price(const Usage& usage) const {
        const auto unit_price = cfg().prices.find(usage.metric);
        if (unit_price == cfg().prices.end()) {
            throw Reject("UNKNOWN_METRIC", "no price for metric \"" + std::string(usage.metric) + "\"");
        }
        const auto exact = Decimal::checked_mul(usage.quantity, unit_price->second);
        if (!exact.ok()) throw Reject("AMOUNT_OVERFLOW", exact.error().message);
        const auto amount = exact->checked_round(cfg().minor_units, cfg().rounding);
        if (!amount.ok()) throw Reject("AMOUNT_OVERFLOW", amount.error().message);
        return *amount;
    }

    void write_entry(const Usage& usage, std::string_view amount, std::string_view date, std::string& out) const {
        std::string memo;
        memo.append(usage.metric).append(" ").append(usage.quantity_text);
        if (!usage.unit.empty()) memo.append(" ").append(usage.unit);
        if (!usage.customer.empty()) memo.append(", customer ").append(usage.customer);

        out.clear();
        weir::JsonWriter json(out);
        json.begin_object();
        json.member("company", cfg().company).member("document_type", "usage");
        json.member("document_date", date).member("posting_date", date);
        json.member("currency", cfg().currency).member("memo", memo);
        json.key("lines").begin_array();
        write_line(json, cfg().accounts.debit, "debit", amount);
        write_line(json, cfg().accounts.credit, "credit", amount);
        json.end_array().end_object();
    }

    static void write_line(weir::JsonWriter& json, std::string_view account, std::string_view side,
                           std::string_view amount) {
        json.begin_object().member("account", account).member("side", side).member("amount", amount).end_object();
    }
};

}  // namespace

WEIR_COMPONENT_NAMED(usage_to_entry, "usage-to-entry", UsageToEntry, WEIR_TRAIT_PURE, WEIR_THREADS_CONCURRENT)
WEIR_PLUGIN(&usage_to_entry)
