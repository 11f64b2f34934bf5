#include "runtime/expr/json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>

#include "runtime/base/text.hpp"
#include "runtime/expr/base64.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct NumberShape {
    bool valid = false;
    bool whole = true;  // neither a fraction nor an exponent
};
// RFC 8259, section 6. simdjson's lazy reader hands out a number's text unchecked.
NumberShape number_shape(std::string_view text) noexcept {
    NumberShape shape;
    const auto digits = [&] {
        std::size_t count = 0;
        while (count < text.size() && is_digit(text[count])) ++count;
        text.remove_prefix(count);
        return count;
    };
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool zero = text.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return shape;
    if (text.starts_with('.')) {
        shape.whole = false;
        text.remove_prefix(1);
        if (digits() == 0) return shape;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        shape.whole = false;
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (digits() == 0) return shape;
    }
    shape.valid = text.empty();
    return shape;
}

Error syntax(std::string message) { return {Errc::invalid, std::move(message), "json_syntax", {}}; }
Error too_large(std::string message) { return {Errc::invalid, std::move(message), "json_limit", {}}; }

class Reader {
  public:
    Reader(JsonNumbers numbers, Arena& arena, const Limits& limits)
        : numbers_(numbers), arena_(arena), limits_(limits) {}

    [[nodiscard]] Result<Value> document(std::string_view text) {
        const simdjson::padded_string padded(text);
        ondemand::document document;
        if (const auto code = parser_.iterate(padded).get(document)) return failed(code);
        ondemand::json_type type{};
        if (const auto code = document.type().get(type)) return failed(code);
        // A lone scalar has an interface of its own: it is read as the element of a list.
        if (type != ondemand::json_type::array && type != ondemand::json_type::object) return scalar_document(text);
        ondemand::value value;
        if (const auto code = document.get_value().get(value)) return failed(code);
        WEIR_TRY(const Value result, read(value, 0));
        if (!at_end(document)) return syntax("not JSON: there is something behind the end of the document");
        return result;
    }

  private:
    [[nodiscard]] static bool at_end(ondemand::document& document) {
        const char* place = nullptr;
        return document.current_location().get(place) == simdjson::OUT_OF_BOUNDS;
    }
    [[nodiscard]] static Error failed(simdjson::error_code code) {
        return syntax("not JSON: " + std::string(simdjson::error_message(code)));
    }

    [[nodiscard]] Result<Value> scalar_document(std::string_view text) {
        const simdjson::padded_string padded("[" + std::string(text) + "]");
        ondemand::document document;
        if (const auto code = parser_.iterate(padded).get(document)) return failed(code);
        ondemand::value list;
        if (const auto code = document.get_value().get(list)) return failed(code);
        WEIR_TRY(const Value result, read(list, 0));
        if (result.as_list().size() != 1 || !at_end(document)) return syntax("not JSON: expected one value");
        return result.as_list().at(0, arena_);
    }

    [[nodiscard]] Result<Value> read(ondemand::value value, std::size_t depth) {
        if (depth > limits_.value_depth) {
            return too_large("the document is nested deeper than " + std::to_string(limits_.value_depth) + " levels");
        }
        if (!arena_.fits(sizeof(Value))) return too_large("the document is too large");
        ondemand::json_type type{};
        if (const auto code = value.type().get(type)) return failed(code);
        switch (type) {
            case ondemand::json_type::array:
                return read_list(value, depth);
            case ondemand::json_type::object:
                return read_map(value, depth);
            case ondemand::json_type::string: {
                std::string_view text;
                if (const auto code = value.get_string().get(text)) return failed(code);
                return Value::string(arena_.copy(text));
            }
            case ondemand::json_type::boolean: {
                bool flag = false;
                if (const auto code = value.get_bool().get(flag)) return failed(code);
                return Value::boolean(flag);
            }
            case ondemand::json_type::number:
                return read_number(value.raw_json_token());
            case ondemand::json_type::null:
                break;
        }
        bool null = false;
        if (const auto code = value.is_null().get(null)) return failed(code);
        if (!null) return syntax("not JSON: expected null");
        return Value::null();
    }

    [[nodiscard]] Result<Value> read_number(std::string_view text) {
        while (!text.empty() &&
               (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t')) {
            text.remove_suffix(1);
        }
        const NumberShape shape = number_shape(text);
        if (!shape.valid) return syntax("not JSON: \"" + std::string(text.substr(0, 60)) + "\" is not a number");
        const char* const end = text.data() + text.size();
        std::int64_t integer = 0;
        if (shape.whole && (numbers_ == JsonNumbers::exact || text != "-0")) {
            if (std::from_chars(text.data(), end, integer).ec == std::errc()) return Value::integer(integer);
        }
        if (numbers_ == JsonNumbers::doubles) {
            const double nearest = std::strtod(std::string(text).c_str(), nullptr);
            if (std::isfinite(nearest)) return Value::real(nearest);
            return syntax("\"" + std::string(text.substr(0, 60)) + "\" is beyond the range of a double");
        }
        WEIR_TRY(const Decimal decimal, Decimal::parse_exponent(text));
        return Value::decimal(arena_.make<Decimal>(decimal));
    }

    [[nodiscard]] Result<Value> read_list(ondemand::value& value, std::size_t depth) {
        ondemand::array array;
        if (const auto code = value.get_array().get(array)) return failed(code);
        std::vector<Value> items;
        for (auto element : array) {
            if (!arena_.fits((items.size() + 1) * sizeof(Value))) return too_large("the document is too large");
            ondemand::value item;
            if (const auto code = element.get(item)) return failed(code);
            WEIR_TRY(const Value read_item, read(item, depth + 1));
            items.push_back(read_item);
        }
        const auto kept = arena_.array<Value>(items.size());
        std::ranges::copy(items, kept.begin());
        return Value::list(arena_.make<ArrayList>(kept));
    }

    [[nodiscard]] Result<Value> read_map(ondemand::value& value, std::size_t depth) {
        ondemand::object object;
        if (const auto code = value.get_object().get(object)) return failed(code);
        std::vector<Entry> entries;
        for (auto member : object) {
            if (!arena_.fits((entries.size() + 1) * sizeof(Entry))) return too_large("the document is too large");
            ondemand::field field;
            if (const auto code = std::move(member).get(field)) return failed(code);
            std::string_view key;
            if (const auto code = field.unescaped_key().get(key)) return failed(code);
            const std::string_view name = arena_.copy(key);
            WEIR_TRY(const Value item, read(field.value(), depth + 1));
            entries.push_back({Value::string(name), item});
        }
        const auto kept = arena_.array<Entry>(entries.size());
        std::ranges::copy(entries, kept.begin());
        const BuiltMap built = build_map(kept, arena_);
        if (built.map != nullptr) return Value::map(built.map);
        return syntax("the member " + shown(kept[*built.duplicate].key) + " appears twice in an object");
    }

    JsonNumbers numbers_;
    Arena& arena_;
    const Limits& limits_;
    ondemand::parser parser_;
};

class Writer {
  public:
    explicit Writer(Context& context) : context_(context) {}

    [[nodiscard]] Status write(const Value& value) {
        // A value may have more ways through it than memory: every step counts.
        if (!context_.charge(1) || !context_.arena().fits(out_.size())) return too_large("the result is too large");
        switch (value.kind()) {
            case Kind::null:
                return append("null");
            case Kind::boolean:
            case Kind::integer:
            case Kind::uinteger:
            case Kind::decimal:
                return append(shown(value));
            case Kind::real:
                if (!std::isfinite(value.as_double())) return syntax(shown(value) + " cannot be written as JSON");
                return append(format_double(value.as_double()));
            case Kind::string:
            case Kind::type:
                return append_string(value.as_text());
            case Kind::bytes:
                return append_string(encode_base64(value.as_text()));
            case Kind::timestamp:
                return append_string(format_timestamp(value.as_timestamp()));
            case Kind::duration:
                return append_string(format_duration(value.as_duration()));
            case Kind::ip:
                return append_string(format_ip(value.as_ip()));
            case Kind::cidr:
                return append_string(format_cidr(value.as_ip()));
            case Kind::optional:
                return value.as_optional() == nullptr ? append("null") : write(*value.as_optional());
            case Kind::list:
                return write_list(value.as_list());
            case Kind::map:
                return write_map(value.as_map());
            default:
                return syntax("an error cannot be written as JSON");
        }
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    Status append(std::string_view text) {
        out_ += text;
        return ok();
    }
    Status append_string(std::string_view text) {
        append_json_string(out_, text);
        return ok();
    }
    Status write_list(const List& list) {
        out_ += '[';
        bool first = true;
        for (const Value& item : list.items(context_.arena())) {
            if (!first) out_ += ',';
            first = false;
            WEIR_CHECK_OK(write(item));
        }
        return append("]");
    }
    // 1 and "1" are two keys of a map, and one of an object.
    static Status check_keys(std::span<const Entry> entries) {
        const auto is_text = [](const Entry& entry) { return entry.key.is(Kind::string); };
        const auto texts = std::ranges::count_if(entries, is_text);
        if (texts == 0 || texts == std::ssize(entries)) return ok();
        std::set<std::string> keys;
        for (const Entry& entry : entries) {
            const std::string key = is_text(entry) ? std::string(entry.key.as_text()) : shown(entry.key);
            if (!keys.insert(key).second) return syntax("two keys of a map become the member \"" + key + "\"");
        }
        return ok();
    }
    Status write_map(const Map& map) {
        const auto entries = map.entries(context_.arena());
        WEIR_CHECK_OK(check_keys(entries));
        out_ += '{';
        bool first = true;
        for (const Entry& entry : entries) {
            if (!first) out_ += ',';
            first = false;
            append_json_string(out_, entry.key.is(Kind::string) ? entry.key.as_text() : shown(entry.key));
            out_ += ':';
            WEIR_CHECK_OK(write(entry.value));
        }
        return append("}");
    }

    Context& context_;
    std::string out_;
};

}  // namespace

Result<Value> read_json(std::string_view text, JsonNumbers numbers, Arena& arena, const Limits& limits) {
    return Reader(numbers, arena, limits).document(text);
}

Result<std::string> write_json(const Value& value, Context& context) {
    Writer writer(context);
    WEIR_CHECK_OK(writer.write(value));
    return writer.take();
}

}  // namespace weir::expr
