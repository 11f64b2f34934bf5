#include "runtime/steps/output.hpp"

#include <charconv>
#include <cmath>
#include <weir/json.hpp>

#include "runtime/expr/base64.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/time.hpp"
#include "runtime/steps/json_document.hpp"

namespace weir::steps {

namespace {

using expr::Kind;
using expr::Value;

template <class Integer>
void append_integer(Integer value, std::string& out) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

bool is_nothing(const Value& value) noexcept { return value.is(Kind::optional) && value.as_optional() == nullptr; }

Error not_writable(const std::string& why) { return {Errc::invalid, why, "WRONG_TYPE", {}}; }

class Writer {
  public:
    Writer(Decimals decimals, expr::Context& context, std::string& out)
        : decimals_(decimals), context_(context), out_(out) {}

    Status write(const Value& value) {
        // A value may have more ways through it than memory: every step counts.
        if (!context_.charge(1) || !context_.arena().fits(out_.size())) {
            return Error{Errc::invalid, "the result is too large", "TOO_EXPENSIVE", {}};
        }
        switch (value.kind()) {
            case Kind::null:
                return append("null");
            case Kind::boolean:
                return append(value.as_bool() ? "true" : "false");
            case Kind::integer:
                append_integer(value.as_int(), out_);
                return ok();
            case Kind::uinteger:
                append_integer(value.as_uint(), out_);
                return ok();
            case Kind::decimal:
                return append_decimal(value.as_decimal());
            case Kind::real:
                if (!std::isfinite(value.as_double())) return not_writable("found " + expr::shown(value));
                return append(expr::format_double(value.as_double()));
            case Kind::list:
                return write_list(value);
            case Kind::map:
                return write_map(value);
            case Kind::optional:
                return value.as_optional() == nullptr ? append("null") : write(*value.as_optional());
            default:
                return write_text(value);
        }
    }

  private:
    Status append(std::string_view text) {
        out_ += text;
        return ok();
    }
    Status append_decimal(const Decimal& value) {
        if (decimals_ == Decimals::number) return append(value.to_string());
        out_ += '"';
        out_ += value.to_string();
        out_ += '"';
        return ok();
    }
    Status write_text(const Value& value) {
        switch (value.kind()) {
            case Kind::string:
            case Kind::type:
                sdk_1::append_json_string(out_, value.as_text());
                return ok();
            case Kind::bytes:
                return append("\"" + expr::encode_base64(value.as_text()) + "\"");
            case Kind::timestamp:
                return append("\"" + expr::format_timestamp(value.as_timestamp()) + "\"");
            case Kind::duration:
                return append("\"" + expr::format_duration(value.as_duration()) + "\"");
            case Kind::ip:
                return append("\"" + expr::format_ip(value.as_ip()) + "\"");
            case Kind::cidr:
                return append("\"" + expr::format_cidr(value.as_ip()) + "\"");
            case Kind::error:
                return not_writable(std::string(value.as_error().message));
            default:
                return not_writable("a value of type " + std::string(type_name(value.kind())) + " is no JSON");
        }
    }
    Status write_list(const Value& value) {
        if (const JsonValue json = json_of(value); json.exists()) return append(json.raw());
        out_ += '[';
        bool first = true;
        for (const Value& item : value.as_list().items(context_.arena())) {
            if (is_nothing(item)) continue;
            if (!first) out_ += ',';
            first = false;
            WEIR_CHECK_OK(write(item));
        }
        return append("]");
    }
    Status write_map(const Value& value) {
        if (const JsonValue json = json_of(value); json.exists()) return append(json.raw());
        out_ += '{';
        bool first = true;
        for (const expr::Entry& entry : value.as_map().entries(context_.arena())) {
            if (is_nothing(entry.value)) continue;
            if (!first) out_ += ',';
            first = false;
            // As text, 1 and "1" would be the same key twice.
            if (!entry.key.is(Kind::string)) {
                return not_writable("a key of an object is a string, found " + expr::shown(entry.key));
            }
            sdk_1::append_json_string(out_, entry.key.as_text());
            out_ += ':';
            WEIR_CHECK_OK(write(entry.value));
        }
        return append("}");
    }

    Decimals decimals_;
    expr::Context& context_;
    std::string& out_;
};

}  // namespace

Status write_value(const Value& value, Decimals decimals, expr::Context& context, std::string& out) {
    return Writer(decimals, context, out).write(value);
}

}  // namespace weir::steps
