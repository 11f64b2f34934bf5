#include "runtime/steps/json_document.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <typeinfo>
#include <weir/decimal.hpp>

namespace weir::steps {

namespace {

using expr::Arena;
using expr::Entry;
using expr::Kind;
using expr::Value;

class JsonList final : public expr::List {
  public:
    JsonList(const JsonValue& json, bool large, JsonDocument& document)
        : json_(json), document_(document), large_(large) {}

    [[nodiscard]] std::size_t size() const override { return json_.size(); }
    [[nodiscard]] Value at(std::size_t index, Arena& arena) const override {
        if (large_) return items(arena)[index];  // stepping over what is before it, each time, would take too long
        return document_.value(json_.at(index), arena);
    }
    [[nodiscard]] std::span<const Value> items(Arena& arena) const override {
        if (items_.data() != nullptr) return items_;
        const auto made = arena.array<Value>(json_.size());
        std::size_t count = 0;
        for (const JsonValue element : json_.elements()) made[count++] = document_.value(element, arena);
        return items_ = made;
    }
    [[nodiscard]] const JsonValue& json() const noexcept { return json_; }

  private:
    JsonValue json_;
    JsonDocument& document_;
    bool large_;
    mutable std::span<const Value> items_;
};

class JsonMap final : public expr::Map {
  public:
    JsonMap(const JsonValue& json, bool large, JsonDocument& document)
        : json_(json), document_(document), large_(large) {}

    [[nodiscard]] std::size_t size() const override { return json_.size(); }
    [[nodiscard]] std::optional<Value> find(const Value& key, Arena& arena) const override {
        if (!key.is(Kind::string)) return std::nullopt;
        const JsonValue member = large_ ? find_indexed(key.as_text(), arena) : json_[key.as_text()];
        if (!member.exists()) return std::nullopt;
        return document_.value(member, arena);
    }
    [[nodiscard]] std::span<const Entry> entries(Arena& arena) const override {
        if (entries_.data() != nullptr) return entries_;
        const auto made = arena.array<Entry>(json_.size());
        std::size_t count = 0;
        for (const auto& [key, member] : json_.members()) {
            made[count++] = {Value::string(key), document_.value(member, arena)};
        }
        return entries_ = made;
    }
    [[nodiscard]] const JsonValue& json() const noexcept { return json_; }

  private:
    [[nodiscard]] JsonValue find_indexed(std::string_view key, Arena& arena) const {
        if (index_.empty()) {
            const auto made = arena.array<JsonMember>(json_.size());
            std::size_t count = 0;
            for (const JsonMember& member : json_.members()) made[count++] = member;
            std::ranges::sort(made, {}, &JsonMember::key);
            index_ = made;
        }
        const auto found = std::ranges::lower_bound(index_, key, {}, &JsonMember::key);
        return found != index_.end() && found->key == key ? found->value : JsonValue();
    }

    JsonValue json_;
    JsonDocument& document_;
    bool large_;
    mutable std::span<const Entry> entries_;
    mutable std::span<const JsonMember> index_;  // sorted by key
};

Value number(std::string_view text, Arena& arena) {
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, whole);
    if (error == std::errc() && stop == end) return Value::integer(whole);
    const auto decimal = Decimal::parse_exponent(text);
    if (decimal.ok()) return Value::decimal(arena.make<Decimal>(*decimal));
    constexpr std::size_t kShownMax = 60;
    std::string message = "the number " + std::string(text.substr(0, kShownMax));
    if (text.size() > kShownMax) message += "...";
    message += " has more than 38 digits: it can be copied, not computed with";
    return Value::error(arena.make<expr::EvalError>(
        expr::EvalError{expr::ErrorKind::out_of_range, arena.copy(message), expr::EvalError::kNowhere}));
}

}  // namespace

Status JsonDocument::parse(std::string_view text) {
    if (bytes_ > kKeptBytes) parser_ = JsonParser();
    if (!large_.empty()) large_.clear();
    bytes_ = text.size();
    root_ = {};
    auto parsed = parser_.parse(text);
    if (!parsed.ok()) return std::move(parsed).error();
    root_ = *parsed;
    return ok();
}

Value JsonDocument::value(const JsonValue& json, Arena& arena) {
    switch (json.type()) {
        case JsonType::string:
            return Value::string(*json.string());
        case JsonType::number:
            return number(*json.number_text(), arena);
        case JsonType::boolean:
            return Value::boolean(*json.boolean());
        case JsonType::array:
        case JsonType::object:
            return container(json, arena);
        case JsonType::null:
        case JsonType::absent:
            break;
    }
    return Value::null();
}

Value JsonDocument::container(const JsonValue& json, Arena& arena) {
    const bool large = json.size() > kLargeParts;
    if (large) {
        if (const auto found = large_.find(json.raw().data()); found != large_.end()) return found->second;
    }
    const Value made = json.is_array() ? Value::list(arena.make<JsonList>(json, large, *this))
                                       : Value::map(arena.make<JsonMap>(json, large, *this));
    if (large) large_.emplace(json.raw().data(), made);
    return made;
}

JsonValue json_of(const Value& value) noexcept {
    if (value.is(Kind::map) && typeid(value.as_map()) == typeid(JsonMap)) {
        return static_cast<const JsonMap&>(value.as_map()).json();
    }
    if (value.is(Kind::list) && typeid(value.as_list()) == typeid(JsonList)) {
        return static_cast<const JsonList&>(value.as_list()).json();
    }
    return {};
}

}  // namespace weir::steps
