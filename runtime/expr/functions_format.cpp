// "...".format([...]): the clauses %s %d %f %e %b %o %x %X (string extension).

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "runtime/base/text.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/operators.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr {

namespace {

// Writes one formatted text; after an error everything is ignored.
class Formatter {
  public:
    explicit Formatter(Context& context) : context_(context) {}

    [[nodiscard]] Value run(std::string_view pattern, const List& arguments) {
        std::size_t used = 0;
        while (!pattern.empty() && !failed()) {
            const std::size_t percent = pattern.find('%');
            append(pattern.substr(0, percent));
            if (percent == std::string_view::npos) break;
            pattern.remove_prefix(percent + 1);
            if (pattern.starts_with('%')) {
                append("%");
                pattern.remove_prefix(1);
                continue;
            }
            const int precision = take_precision(pattern);
            if (failed()) break;
            if (pattern.empty()) return problem("the format ends in the middle of a clause");
            const char clause = pattern.front();
            pattern.remove_prefix(1);
            if (std::string_view("sdfeboxX").find(clause) == std::string_view::npos) {
                return problem(std::string("unknown clause \"%") + clause + "\"");
            }
            if (used >= arguments.size())
                return problem("there is no argument " + std::to_string(used) + " in the list");
            format(clause, precision, arguments.at(used++, context_.arena()));
        }
        return failed() ? error_ : context_.string(out_);
    }

  private:
    static constexpr int kUsualPrecision = 6;
    static constexpr int kPrecisionMax = 1000;

    [[nodiscard]] bool failed() const noexcept { return !error_.is(Kind::unset); }
    Value problem(std::string message) {
        if (!failed()) error_ = context_.fail(ErrorKind::invalid_argument, "format: " + message);
        return error_;
    }
    void append(std::string_view text) {
        if (failed()) return;
        if (!context_.charge(1 + text.size() / 16) || !context_.arena().fits(out_.size() + text.size())) {
            error_ = context_.limit_error();
            return;
        }
        out_ += text;
    }

    // ".3" before a clause; -1 when there is none.
    int take_precision(std::string_view& pattern) {
        if (!pattern.starts_with('.')) return -1;
        int precision = 0;
        const auto [end, code] = std::from_chars(pattern.data() + 1, pattern.data() + pattern.size(), precision);
        if (code != std::errc() || precision < 0 || precision > kPrecisionMax) {
            problem("a precision is a number up to " + std::to_string(kPrecisionMax));
            return -1;
        }
        pattern.remove_prefix(static_cast<std::size_t>(end - pattern.data()));
        return precision;
    }

    void format(char clause, int precision, const Value& value) {
        if (value.is_error()) {
            error_ = value;
            return;
        }
        switch (clause) {
            case 's':
                return text(value);
            case 'd':
                return whole(value);
            case 'f':
            case 'e':
                return floating(value, precision < 0 ? kUsualPrecision : precision, clause == 'e');
            case 'b':
                return binary(value);
            case 'o':
                return octal(value);
            default:
                return hexadecimal(value, clause == 'X');
        }
    }
    void wrong(std::string_view clause, std::string_view takes, const Value& value) {
        problem(std::string(clause) + " takes " + std::string(takes) + ", not " +
                std::string(plain_name(value.kind())));
    }

    void text(const Value& value) {
        if (!context_.charge(1)) {
            error_ = context_.limit_error();
            return;
        }
        switch (value.kind()) {
            case Kind::string:
            case Kind::type:
                return append(value.as_text());
            case Kind::bytes:
                if (!is_utf8(value.as_text())) return wrong("%s", "bytes that are UTF-8", value);
                return append(value.as_text());
            case Kind::null:
                return append("null");
            case Kind::boolean:
            case Kind::integer:
            case Kind::uinteger:
            case Kind::real:
            case Kind::decimal:
                return append(shown(value));
            case Kind::timestamp:
                return append(format_timestamp(value.as_timestamp()));
            case Kind::duration:
                return append(format_duration(value.as_duration()));
            case Kind::ip:
                return append(format_ip(value.as_ip()));
            case Kind::cidr:
                return append(format_cidr(value.as_ip()));
            case Kind::list:
                return list(value.as_list());
            case Kind::map:
                return map(value.as_map());
            default:
                return wrong("%s", "texts, numbers, times, lists and maps", value);
        }
    }

    void list(const List& list) {
        append("[");
        bool first = true;
        for (const Value& item : list.items(context_.arena())) {
            if (!first) append(", ");
            first = false;
            text(item);
            if (failed()) return;
        }
        append("]");
    }

    // Sorted by the keys' texts: the same map always gives the same text.
    void map(const Map& map) {
        std::vector<std::pair<std::string, Value>> entries;
        for (const Entry& entry : map.entries(context_.arena())) {
            entries.emplace_back(entry.key.is(Kind::string) ? std::string(entry.key.as_text()) : shown(entry.key),
                                 entry.value);
        }
        std::ranges::sort(entries, {}, [](const auto& entry) -> const std::string& { return entry.first; });
        append("{");
        for (std::size_t i = 0; i < entries.size() && !failed(); ++i) {
            append(i > 0 ? ", " : "");
            append(entries[i].first);
            append(": ");
            text(entries[i].second);
        }
        append("}");
    }

    void whole(const Value& value) {
        const bool not_finite = value.is(Kind::real) && !std::isfinite(value.as_double());
        const bool exact = value.is(Kind::decimal) && value.as_decimal().scale() == 0;
        if (!value.is(Kind::integer) && !value.is(Kind::uinteger) && !not_finite && !exact) {
            return wrong("%d", "whole numbers", value);
        }
        append(shown(value));
    }

    void floating(const Value& value, int precision, bool scientific) {
        if (!value.is_number()) return wrong(scientific ? "%e" : "%f", "numbers", value);
        if (!value.is(Kind::real)) {
            const Decimal exact = to_decimal(value);
            return append(scientific ? scientific_text(exact, precision) : fixed_text(exact, precision));
        }
        const double number = value.as_double();
        if (!std::isfinite(number)) return append(format_double(number));
        std::array<char, kPrecisionMax + 400> buffer{};  // a double has at most 309 digits before the point
        const auto end =
            std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                          scientific ? std::chars_format::scientific : std::chars_format::fixed, precision);
        append({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
    }

    // As round() rounds; zeros where there are no more digits.
    static std::string fixed_text(const Decimal& number, int precision) {
        const int kept = std::min(precision, number.scale());
        std::string text = number.round(kept, Rounding::half_up).to_string();
        if (kept == 0 && precision > 0) text += '.';
        return text.append(static_cast<std::size_t>(precision - kept), '0');
    }
    static std::string scientific_text(const Decimal& number, int precision) {
        std::string digits;
        const std::string text = number.abs().to_string();
        std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '.'; });
        const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
        digits.erase(0, zeros);
        int exponent = number.is_zero() ? 0 : static_cast<int>(digits.size()) - 1 - number.scale();
        const std::size_t wanted = static_cast<std::size_t>(precision) + 1;
        const bool up = digits.size() > wanted && digits[wanted] >= '5';
        digits.resize(wanted, '0');
        if (up && round_up(digits)) ++exponent;
        std::string out = number.is_negative() ? "-" : "";
        out += digits.front();
        if (precision > 0) out += "." + digits.substr(1);
        const std::string power = std::to_string(std::abs(exponent));
        return out + (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" : "") + power;
    }
    // One more in the last place. True: 9.99 became 1.00, ten times as much.
    static bool round_up(std::string& digits) {
        std::size_t at = digits.size();
        while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
        if (at > 0) {
            ++digits[at - 1];
            return false;
        }
        digits.front() = '1';
        return true;
    }

    void digits(const Value& value, int base, bool capitals = false) {
        std::array<char, 72> buffer{};
        char* const end = buffer.data() + buffer.size();
        const auto result = value.is(Kind::uinteger) ? std::to_chars(buffer.data(), end, value.as_uint(), base)
                                                     : std::to_chars(buffer.data(), end, value.as_int(), base);
        std::string text(buffer.data(), result.ptr);
        if (capitals)
            std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
        append(text);
    }
    void binary(const Value& value) {
        if (value.is(Kind::boolean)) return append(value.as_bool() ? "1" : "0");
        if (!value.is(Kind::integer) && !value.is(Kind::uinteger)) return wrong("%b", "whole numbers and bools", value);
        digits(value, 2);
    }
    void octal(const Value& value) {
        if (!value.is(Kind::integer) && !value.is(Kind::uinteger)) return wrong("%o", "whole numbers", value);
        digits(value, 8);
    }
    void hexadecimal(const Value& value, bool capitals) {
        if (value.is(Kind::integer) || value.is(Kind::uinteger)) return digits(value, 16, capitals);
        if (!value.is(Kind::string) && !value.is(Kind::bytes))
            return wrong("%x", "whole numbers, texts and bytes", value);
        const std::string_view letters = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
        std::string text;
        for (const char c : value.as_text()) {
            const auto byte = static_cast<unsigned char>(c);
            text += letters[byte >> 4U];
            text += letters[byte & 0xFU];
        }
        append(text);
    }

    Context& context_;
    std::string out_;
    Value error_;
};

Value format(Context& context, std::span<const Value> a) {
    return Formatter(context).run(a[0].as_text(), a[1].as_list());
}

}  // namespace

std::vector<Declaration> format_declarations() {
    return {
        {"Strings",
         "format",
         "The text with clauses replaced by the list's elements: %s any value, %d whole numbers, %f and %e with %.2f "
         "for the digits behind the point (rounded as by round(); doubles to the nearest), %b binary, %o octal, %x and "
         "%X hexadecimal, %% a percent sign.",
         {{"string.format(list(dyn)) -> string", format}},
         {{"'%s has %d'.format(['ACME', 3])", "'ACME has 3'"},
          {"'%.2f'.format([128.725])", "'128.73'"},
          {"'%x'.format([255])", "'ff'"},
          {"'%d'.format(['a'])", "error"}}},
    };
}

}  // namespace weir::expr
