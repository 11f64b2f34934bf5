// Reads the members of one JSON object of a payload; what is wrong is INVALID_DOCUMENT with its JSON pointer.
#pragma once

#include <weir/decimal.hpp>
#include <weir/json.hpp>
#include <weir/result.hpp>

#include <string>
#include <string_view>

#include "values.hpp"

namespace tryton {

[[nodiscard]] inline weir::Error invalid(const std::string& pointer, const std::string& problem) {
    return {weir::Errc::rejected, (pointer.empty() ? "" : pointer + ": ") + problem, "INVALID_DOCUMENT", {}};
}

[[nodiscard]] inline std::string shown(const weir::JsonValue& value) {
    constexpr std::size_t kShownMax = 64;
    if (!value.exists()) return "nothing";
    const std::string_view raw = value.raw();
    return raw.size() <= kShownMax ? std::string(raw) : std::string(raw.substr(0, kShownMax)) + "...";
}

class Members {
  public:
    Members(const weir::JsonValue& object, std::string pointer) : object_(object), pointer_(std::move(pointer)) {}

    [[nodiscard]] weir::Status check_object() const {
        if (!object_.is_object()) return invalid(pointer_, "found " + shown(object_) + ", expected an object");
        return weir::ok();
    }
    // Null counts as left out.
    [[nodiscard]] bool has(std::string_view key) const noexcept {
        const weir::JsonValue value = object_[key];
        return value.exists() && !value.is_null();
    }
    [[nodiscard]] weir::JsonValue value(std::string_view key) const noexcept { return object_[key]; }
    [[nodiscard]] std::string at(std::string_view key) const { return pointer_ + '/' + std::string(key); }

    [[nodiscard]] weir::Result<std::string> optional(std::string_view key, std::size_t max) const {
        if (!has(key)) return std::string{};
        const auto text = value(key).string();
        if (!text) return invalid(at(key), "found " + shown(value(key)) + ", expected a string");
        if (text->size() > max) return invalid(at(key), "expected at most " + std::to_string(max) + " bytes");
        return std::string(*text);
    }
    [[nodiscard]] weir::Result<std::string> required(std::string_view key, std::size_t max) const {
        WEIR_TRY(std::string text, optional(key, max));
        if (text.empty()) return invalid(at(key), "found " + shown(value(key)) + ", expected a text");
        return text;
    }
    [[nodiscard]] weir::Result<std::string> day(std::string_view key) const {
        WEIR_TRY(std::string text, required(key, 10));
        if (!is_day(text)) return invalid(at(key), "found \"" + text + "\", expected a day like \"2026-06-30\"");
        return text;
    }
    // A decimal string. Never a JSON number: its text may have gone through a double on the way here.
    [[nodiscard]] weir::Result<weir::Decimal> decimal(std::string_view key) const {
        return decimal_of(value(key), at(key));
    }
    // A decimal string, or {"amount": "39.92", "currency": "USD"} in the document's currency.
    [[nodiscard]] weir::Result<weir::Decimal> money(std::string_view key, std::string_view currency) const {
        if (!value(key).is_object()) return decimal(key);
        const Members money(value(key), at(key));
        WEIR_TRY(const std::string code, money.required("currency", 3));
        if (code != currency) {
            return weir::Error{
                weir::Errc::rejected,
                money.at("currency") + ": found \"" + code + "\", the document is in " + std::string(currency),
                "CURRENCY_MISMATCH",
                {}};
        }
        return money.decimal("amount");
    }

  private:
    [[nodiscard]] static weir::Result<weir::Decimal> decimal_of(const weir::JsonValue& value,
                                                                const std::string& pointer) {
        if (const auto text = value.string()) {
            if (auto parsed = weir::Decimal::parse(*text); parsed.ok()) return parsed;
        }
        return invalid(pointer, "found " + shown(value) + ", expected a decimal string like \"39.92\"");
    }

    weir::JsonValue object_;
    std::string pointer_;
};

}  // namespace tryton
