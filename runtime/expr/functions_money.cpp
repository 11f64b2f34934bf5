// Money: {"amount": a decimal with the currency's digits, "currency": an ISO 4217 code}. Amounts of different
// currencies never meet, and no amount has digits that its currency lacks.

#include <algorithm>
#include <array>
#include <charconv>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/money.hpp"
#include "runtime/expr/operators.hpp"

namespace weir::expr {

namespace {

struct Currency {
    std::string_view code;
    int exponent;
};
constexpr Currency kCurrencies[] = {
#define WEIR_CURRENCY(code, exponent) {#code, exponent},
#include "runtime/expr/currencies.def"
#undef WEIR_CURRENCY
};
static_assert(std::ranges::is_sorted(kCurrencies, {}, &Currency::code));

const Currency* find_currency(std::string_view code) noexcept {
    const auto* found = std::ranges::lower_bound(kCurrencies, code, {}, &Currency::code);
    return found != std::end(kCurrencies) && found->code == code ? found : nullptr;
}

}  // namespace

std::optional<int> currency_exponent(std::string_view code) noexcept {
    const Currency* currency = find_currency(code);
    return currency == nullptr ? std::nullopt : std::optional(currency->exponent);
}

Value unknown_currency(Context& context, std::string_view code) {
    return context.fail(ErrorKind::invalid_argument, shown(Value::string(code)) + " is no currency code of ISO 4217");
}

std::optional<Rounding> rounding_mode(std::string_view name) noexcept {
    for (const auto& [known, mode] : weir_config_names(Rounding{})) {
        if (known == name) return mode;
    }
    return std::nullopt;
}

namespace {

using Arguments = std::span<const Value>;

struct Money {
    Decimal amount;
    const Currency* currency = nullptr;
};

Value money_value(Context& context, const Money& money) {
    const auto entries = context.arena().array<Entry>(2);
    entries[0] = {Value::string("amount"), context.decimal(money.amount)};
    entries[1] = {Value::string("currency"), Value::string(money.currency->code)};
    return Value::map(build_map(entries, context.arena()).map);
}

// The amount with exactly the currency's digits, or an error when it has more.
Result<Money> make_money(const Decimal& amount, const Currency& currency) {
    WEIR_TRY(const Decimal exact, amount.checked_round(currency.exponent, Rounding::down));
    if (exact == amount) return Money{exact, &currency};
    return Error{Errc::invalid,
                 amount.to_string() + " has more than the " + std::to_string(currency.exponent) +
                     " decimal places of " + std::string(currency.code) + "; round it with quantize()",
                 "money_digits",
                 {}};
}

Value from_result(Context& context, const Result<Money>& money) {
    if (money.ok()) return money_value(context, *money);
    return context.fail(ErrorKind::invalid_argument, money.error().message);
}

// Reads a value that should be money.
Result<Money> read_money(Context& context, const Value& value) {
    const auto wrong = [&](const std::string& what) {
        return Error{
            Errc::invalid, "expected money like {\"amount\": 12.50, \"currency\": \"USD\"}: " + what, "money", {}};
    };
    if (!value.is(Kind::map)) return wrong("found " + shown(value));
    const auto amount = value.as_map().find(Value::string("amount"), context.arena());
    const auto code = value.as_map().find(Value::string("currency"), context.arena());
    if (!amount || !code || !code->is(Kind::string)) return wrong("\"amount\" or \"currency\" is missing");
    const Currency* currency = find_currency(code->as_text());
    if (currency == nullptr) return wrong(shown(*code) + " is no currency code of ISO 4217");
    if (amount->is(Kind::string)) {
        WEIR_TRY(const Decimal parsed, Decimal::parse(amount->as_text()));
        return make_money(parsed, *currency);
    }
    if (!amount->is(Kind::decimal) && !amount->is(Kind::integer) && !amount->is(Kind::uinteger)) {
        return wrong("the amount is " + shown(*amount));
    }
    return make_money(to_decimal(*amount), *currency);
}

Value make(Context& context, Arguments a) {
    const Currency* currency = find_currency(a[1].as_text());
    if (currency == nullptr) return unknown_currency(context, a[1].as_text());
    const auto amount = a[0].is(Kind::string) ? Decimal::parse(a[0].as_text()) : Result<Decimal>(to_decimal(a[0]));
    if (!amount.ok()) return context.decimal(amount);
    return from_result(context, make_money(*amount, *currency));
}

Result<Money> add(const Money& a, const Money& b, bool subtract) {
    if (a.currency != b.currency) {
        return Error{Errc::invalid,
                     std::string(subtract ? "subtracting " : "adding ") + std::string(b.currency->code) +
                         (subtract ? " from " : " to ") + std::string(a.currency->code) + ": the currencies differ",
                     "currency_mismatch",
                     {}};
    }
    WEIR_TRY(const Decimal sum,
             subtract ? Decimal::checked_sub(a.amount, b.amount) : Decimal::checked_add(a.amount, b.amount));
    return Money{sum, a.currency};
}

template <bool kSubtract>
Value add_money(Context& context, Arguments a) {
    const auto left = read_money(context, a[0]);
    if (!left.ok()) return from_result(context, left);
    const auto right = read_money(context, a[1]);
    if (!right.ok()) return from_result(context, right);
    return from_result(context, add(*left, *right, kSubtract));
}

Value sum(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    if (items.empty()) return context.fail(ErrorKind::invalid_argument, "the sum of no money has no currency");
    auto total = read_money(context, items[0]);
    for (std::size_t i = 1; i < items.size() && total.ok(); ++i) {
        if (!context.charge(2)) return context.limit_error();
        const auto next = read_money(context, items[i]);
        total = next.ok() ? add(*total, *next, false) : next;
    }
    return from_result(context, total);
}

Value multiply(Context& context, Arguments a) {
    const auto mode = a.size() == 3 ? rounding_mode(a[2].as_text()) : Rounding::half_up;
    if (!mode) return context.fail(ErrorKind::invalid_argument, shown(a[2]) + " is no rounding mode");
    const auto money = read_money(context, a[0]);
    if (!money.ok()) return from_result(context, money);
    const auto product = Decimal::checked_mul(money->amount, to_decimal(a[1]));
    if (!product.ok()) return context.decimal(product);
    const auto rounded = product->checked_round(money->currency->exponent, *mode);
    if (!rounded.ok()) return context.decimal(rounded);
    return money_value(context, {*rounded, money->currency});
}

// Weights of a list; nullopt when one is no exact number.
std::optional<std::vector<Decimal>> weights(Context& context, const Value& list) {
    std::vector<Decimal> result;
    for (const Value& item : list.as_list().items(context.arena())) {
        if (!item.is(Kind::decimal) && !item.is(Kind::integer) && !item.is(Kind::uinteger)) return std::nullopt;
        result.push_back(to_decimal(item));
    }
    return result;
}

Result<std::vector<Decimal>> shares(Context& context, const Decimal& total, const Value& list, int scale) {
    const auto given = weights(context, list);
    if (!given) return Error{Errc::invalid, "the weights must be whole numbers or decimals", "allocate", {}};
    if (!context.charge(16 * given->size())) return Error{Errc::invalid, "too many weights", "limit", {}};
    return Decimal::allocate(total, *given, scale);
}

Value allocate_money(Context& context, Arguments a) {
    const auto money = read_money(context, a[0]);
    if (!money.ok()) return from_result(context, money);
    const auto parts = shares(context, money->amount, a[1], money->currency->exponent);
    if (!parts.ok()) return context.fail(ErrorKind::invalid_argument, parts.error().message);
    const auto items = context.arena().array<Value>(parts->size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = money_value(context, {(*parts)[i], money->currency});
    return context.list(items);
}

Value allocate_amount(Context& context, Arguments a) {
    const auto exponent = currency_exponent(a[2].as_text());
    if (!exponent) return unknown_currency(context, a[2].as_text());
    const auto parts = shares(context, to_decimal(a[0]), a[1], *exponent);
    if (!parts.ok()) return context.fail(ErrorKind::invalid_argument, parts.error().message);
    const auto items = context.arena().array<Value>(parts->size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = context.decimal((*parts)[i]);
    return context.list(items);
}

Value exponent(Context& context, Arguments a) {
    const auto digits = currency_exponent(a[0].as_text());
    return digits ? Value::integer(*digits) : unknown_currency(context, a[0].as_text());
}

Decimal power_of_ten(int exponent) {
    Decimal power(1);
    for (int i = 0; i < exponent; ++i) power = power * Decimal(10);
    return power;
}

Value minor_units(Context& context, Arguments a) {
    const auto money = read_money(context, a[0]);
    if (!money.ok()) return from_result(context, money);
    const auto units = Decimal::checked_mul(money->amount, power_of_ten(money->currency->exponent));
    const auto whole = units.ok() ? units->checked_round(0, Rounding::down) : units;
    if (!whole.ok()) return context.decimal(whole);
    const std::string text = whole->to_string();
    std::int64_t result = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), result).ec == std::errc())
        return Value::integer(result);
    return context.fail(ErrorKind::overflow, text + " minor units do not fit an int");
}

Value from_minor_units(Context& context, Arguments a) {
    const Currency* currency = find_currency(a[1].as_text());
    if (currency == nullptr) return unknown_currency(context, a[1].as_text());
    const auto amount = Decimal::checked_div(Decimal(a[0].as_int()), power_of_ten(currency->exponent),
                                             currency->exponent, Rounding::down);
    if (!amount.ok()) return context.decimal(amount);
    return money_value(context, {*amount, currency});
}

constexpr std::string_view kSection = "Money";

}  // namespace

// long: a table.
std::vector<Declaration> money_declarations() {
    return {
        {kSection,
         "money",
         "An amount with its currency: {'amount': decimal, 'currency': string}. More digits than the currency has are "
         "an error.",
         {{"money(decimal, string) -> map(string, dyn)", make},
          {"money(int, string) -> map(string, dyn)", make},
          {"money(string, string) -> map(string, dyn)", make}},
         {{"string(money(12.5, 'USD').amount)", "'12.50'"},
          {"money('7', 'JPY').currency", "'JPY'"},
          {"money(1.005, 'USD')", "error"},
          {"money(1, 'usd')", "error"}},
         Availability::weir_only},
        {kSection,
         "money.add",
         "The sum of two amounts of the same currency; of different ones an error.",
         {{"money.add(map(string, dyn), map(string, dyn)) -> map(string, dyn)", add_money<false>}},
         {{"money.add(money(1.10, 'USD'), money(2.25, 'USD')).amount", "3.35"},
          {"money.add(money(1, 'USD'), money(1, 'EUR'))", "error"}},
         Availability::weir_only},
        {kSection,
         "money.subtract",
         "The difference of two amounts of the same currency.",
         {{"money.subtract(map(string, dyn), map(string, dyn)) -> map(string, dyn)", add_money<true>}},
         {{"money.subtract(money(1, 'USD'), money(2.25, 'USD')).amount", "-1.25"}},
         Availability::weir_only},
        {kSection,
         "money.sum",
         "The sum of a list of amounts of one currency.",
         {{"money.sum(list(map(string, dyn))) -> map(string, dyn)", sum}},
         {{"money.sum([money(1.10, 'EUR'), money(2.20, 'EUR')]).amount", "3.30"}, {"money.sum([])", "error"}},
         Availability::weir_only},
        {kSection,
         "money.multiply",
         "An amount times a number, rounded to the currency's digits; half_up unless another mode is named.",
         {{"money.multiply(map(string, dyn), decimal) -> map(string, dyn)", multiply},
          {"money.multiply(map(string, dyn), int) -> map(string, dyn)", multiply},
          {"money.multiply(map(string, dyn), decimal, string) -> map(string, dyn)", multiply}},
         {{"money.multiply(money(1287.35, 'USD'), 0.0825).amount", "106.21"}},
         Availability::weir_only},
        {kSection,
         "money.allocate",
         "Parts of an amount in proportion to weights. Their sum is exactly the amount: what is left over goes, a "
         "minor unit each, to the largest remainders, the earlier first.",
         {{"money.allocate(map(string, dyn), list(dyn)) -> list(map(string, dyn))", allocate_money}},
         {{"money.allocate(money(100, 'USD'), [1, 1, 1]).map(m, m.amount)", "[33.34, 33.33, 33.33]"},
          {"money.allocate(money(1, 'USD'), [0])", "error"}},
         Availability::weir_only},
        {kSection,
         "allocate",
         "The same for a plain amount and the digits of a currency.",
         {{"allocate(decimal, list(dyn), string) -> list(decimal)", allocate_amount},
          {"allocate(int, list(dyn), string) -> list(decimal)", allocate_amount}},
         {{"allocate(0.05, [50, 30, 20], 'EUR')", "[0.03, 0.01, 0.01]"}},
         Availability::weir_only},
        {kSection,
         "currency.exponent",
         "Digits behind the point of the currency's minor unit.",
         {{"currency.exponent(string) -> int", exponent}},
         {{"currency.exponent('USD')", "2"}, {"currency.exponent('JPY')", "0"}, {"currency.exponent('KWD')", "3"}},
         Availability::weir_only},
        {kSection,
         "money.minorUnits",
         "The amount in minor units.",
         {{"money.minorUnits(map(string, dyn)) -> int", minor_units}},
         {{"money.minorUnits(money(12.5, 'USD'))", "1250"}},
         Availability::weir_only},
        {kSection,
         "money.fromMinorUnits",
         "Money of so many minor units.",
         {{"money.fromMinorUnits(int, string) -> map(string, dyn)", from_minor_units}},
         {{"money.fromMinorUnits(1250, 'USD').amount", "12.50"}},
         Availability::weir_only},
    };
}

}  // namespace weir::expr
