#include "runtime/expr/json_view.hpp"

#include <charconv>
#include <weir/decimal.hpp>

namespace weir::expr {

namespace {

Value number(std::string_view text, Arena& arena) {
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, whole);
    if (error == std::errc{} && stop == end) return Value::integer(whole);
    const auto decimal = Decimal::parse_exponent(text);
    if (decimal.ok()) return Value::decimal(arena.make<Decimal>(*decimal));
    const std::string message = "the number " + std::string(text.substr(0, 60)) + " is not exact: " +
                                decimal.error().message;
    return Value::error(
        arena.make<EvalError>(EvalError{ErrorKind::out_of_range, arena.copy(message), EvalError::kNowhere}));
}

class JsonList final : public List {
  public:
    explicit JsonList(const JsonValue& json) : json_(json) {}
    [[nodiscard]] std::size_t size() const override { return json_.size(); }
    [[nodiscard]] Value at(std::size_t index, Arena& arena) const override { return view_of(json_.at(index), arena); }
    [[nodiscard]] std::span<const Value> items(Arena& arena) const override {
        if (!items_.empty() || json_.size() == 0) return items_;
        const auto items = arena.array<Value>(json_.size());
        std::size_t index = 0;
        for (const JsonValue element : json_.elements()) items[index++] = view_of(element, arena);
        items_ = items;
        return items_;
    }

  private:
    JsonValue json_;
    mutable std::span<const Value> items_;
};

class JsonMap final : public Map {
  public:
    explicit JsonMap(const JsonValue& json) : json_(json) {}
    [[nodiscard]] std::size_t size() const override { return json_.size(); }
    [[nodiscard]] std::optional<Value> find(const Value& key, Arena& arena) const override {
        if (!key.is(Kind::string)) return std::nullopt;
        const JsonValue found = json_[key.as_text()];
        if (!found.exists()) return std::nullopt;
        return view_of(found, arena);
    }
    [[nodiscard]] std::span<const Entry> entries(Arena& arena) const override {
        if (!entries_.empty() || json_.size() == 0) return entries_;
        const auto entries = arena.array<Entry>(json_.size());
        std::size_t index = 0;
        for (const auto& [key, value] : json_.members()) {
            entries[index++] = {Value::string(key), view_of(value, arena)};
        }
        entries_ = entries;
        return entries_;
    }

  private:
    JsonValue json_;
    mutable std::span<const Entry> entries_;
};

}  // namespace

Value view_of(const JsonValue& json, Arena& arena) {
    switch (json.type()) {
        case JsonType::absent:
            return {};
        case JsonType::null:
            return Value::null();
        case JsonType::boolean:
            return Value::boolean(*json.boolean());
        case JsonType::number:
            return number(*json.number_text(), arena);
        case JsonType::string:
            return Value::string(*json.string());
        case JsonType::array:
            return Value::list(arena.make<JsonList>(json));
        case JsonType::object:
            return Value::map(arena.make<JsonMap>(json));
    }
    return {};
}

}  // namespace weir::expr
