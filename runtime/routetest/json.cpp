#include "runtime/routetest/json.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/base/text.hpp"

namespace weir::routetest {

namespace {

constexpr std::size_t kDepthMax = 200;
constexpr std::size_t kLineMax = 100;

// nlohmann's parser with numbers as text; its own values would make doubles of them.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Builder(Json& root) : root_(root) {}
    bool null() override { return put({}); }
    bool boolean(bool value) override { return put({Json::Kind::boolean, value ? "true" : "false", {}, {}}); }
    bool number_integer(number_integer_t value) override { return put(Json::number(std::to_string(value))); }
    bool number_unsigned(number_unsigned_t value) override { return put(Json::number(std::to_string(value))); }
    bool number_float(number_float_t, const string_t& digits) override { return put(Json::number(digits)); }
    bool string(string_t& value) override { return put(Json::string(std::move(value))); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::Kind::object); }
    bool start_array(std::size_t) override { return open(Json::Kind::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& value) override {
        key_ = std::move(value);
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  private:
    Json* place(Json&& value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *open_.back();
        if (parent.kind == Json::Kind::array) return &parent.items.emplace_back(std::move(value));
        return &parent.members.emplace_back(std::move(key_), std::move(value)).second;
    }
    bool put(Json&& value) {
        place(std::move(value));
        return true;
    }
    bool open(Json::Kind kind) {
        if (open_.size() == kDepthMax) return false;
        open_.push_back(place({kind, {}, {}, {}}));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    Json& root_;
    std::vector<Json*> open_;  // a container does not grow while one of its elements is open
    std::string key_;
};

// A number as sign, digits without zeros at the ends, and the power of ten behind them.
struct Decimal {
    bool negative = false;
    std::string digits;
    std::int64_t exponent = 0;
    friend bool operator==(const Decimal&, const Decimal&) = default;
};

std::optional<Decimal> decimal_of(std::string_view text) {
    Decimal value;
    if (text.starts_with('-') || text.starts_with('+')) {
        value.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view power = text.substr(e + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), value.exponent);
        if (error != std::errc{} || end != power.data() + power.size()) return std::nullopt;
    }
    bool fraction = false;
    for (const char c : text.substr(0, e)) {
        if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            value.digits += c;
            value.exponent -= fraction ? 1 : 0;
        } else {
            return std::nullopt;
        }
    }
    if (value.digits.empty()) return std::nullopt;
    while (value.digits.ends_with('0')) {
        value.digits.pop_back();
        ++value.exponent;
    }
    value.digits.erase(0, std::min(value.digits.find_first_not_of('0'), value.digits.size()));
    if (value.digits.empty()) return Decimal{};
    return value;
}

bool same_number(const std::string& a, const std::string& b) {
    const auto left = decimal_of(a);
    return left && left == decimal_of(b);
}

void write_scalar(std::string& out, const Json& value) {
    if (value.kind == Json::Kind::null) {
        out += "null";
    } else if (value.kind == Json::Kind::string) {
        append_json_string(out, value.text);
    } else {
        out += value.text;
    }
}

void write_compact(std::string& out, const Json& value) {
    const bool array = value.kind == Json::Kind::array;
    if (!array && value.kind != Json::Kind::object) return write_scalar(out, value);
    out += array ? '[' : '{';
    bool first = true;
    for (const Json& item : value.items) {
        if (!std::exchange(first, false)) out += ", ";
        write_compact(out, item);
    }
    for (const auto& [key, member] : value.members) {
        if (!std::exchange(first, false)) out += ", ";
        append_json_string(out, key);
        out += ": ";
        write_compact(out, member);
    }
    out += array ? ']' : '}';
}

bool flat(const Json& value) {
    const auto scalar = [](const Json& one) { return one.items.empty() && one.members.empty(); };
    return std::ranges::all_of(value.items, scalar) &&
           std::ranges::all_of(value.members, scalar, &std::pair<std::string, Json>::second);
}

void write_pretty(std::string& out, const Json& value, std::size_t indent) {
    std::string line;
    write_compact(line, value);
    // Objects member by member, so that a difference is a line; short lists of scalars in one.
    if (value.members.empty() && flat(value) && line.size() + indent <= kLineMax) {
        out += line;
        return;
    }
    const bool array = value.kind == Json::Kind::array;
    const std::string inner(indent + 2, ' ');
    out += array ? "[\n" : "{\n";
    bool first = true;
    for (const Json& item : value.items) {
        if (!std::exchange(first, false)) out += ",\n";
        out += inner;
        write_pretty(out, item, indent + 2);
    }
    for (const auto& [key, member] : value.members) {
        if (!std::exchange(first, false)) out += ",\n";
        out += inner;
        append_json_string(out, key);
        out += ": ";
        write_pretty(out, member, indent + 2);
    }
    out += '\n';
    out.append(indent, ' ');
    out += array ? ']' : '}';
}

}  // namespace

const Json* Json::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(members, key, &std::pair<std::string, Json>::first);
    return found == members.end() ? nullptr : &found->second;
}

void Json::set(std::string key, Json value) {
    kind = Kind::object;
    members.emplace_back(std::move(key), std::move(value));
}

std::optional<Json> parse_json(std::string_view text) {
    Json root;
    Builder builder(root);
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
    return root;
}

Json json_of(const config::Node& node) {
    using Kind = config::Node::Kind;
    Json value;
    switch (node.kind) {
        case Kind::null:
            return value;
        case Kind::boolean:
            return {Json::Kind::boolean,
                    node.text == "true" || node.text == "True" || node.text == "TRUE" ? "true" : "false",
                    {},
                    {}};
        case Kind::integer:
        case Kind::number:
            return Json::number(node.text);
        case Kind::string:
            return Json::string(node.text);
        case Kind::sequence:
            value.kind = Json::Kind::array;
            for (const config::Node& item : node.items) value.items.push_back(json_of(item));
            return value;
        case Kind::map:
            value.kind = Json::Kind::object;
            for (const config::Member& member : node.members) value.set(member.key, json_of(member.value));
            return value;
    }
    return value;
}

std::string pretty(const Json& value) {
    std::string out;
    write_pretty(out, value, 0);
    return out;
}

std::string compact(const Json& value) {
    std::string out;
    write_compact(out, value);
    return out;
}

Json align(const Json& expected, const Json& actual, const Comparison& how) {
    if (expected.kind != actual.kind) return actual;
    Json shown = actual;
    if (actual.kind == Json::Kind::number && !how.exact_numbers && same_number(expected.text, actual.text)) {
        shown.text = expected.text;
    }
    for (std::size_t i = 0; i < std::min(expected.items.size(), actual.items.size()); ++i) {
        shown.items[i] = align(expected.items[i], actual.items[i], how);
    }
    if (actual.kind != Json::Kind::object) return shown;
    shown.members.clear();
    for (const auto& [key, member] : expected.members) {
        if (const Json* found = actual.find(key)) shown.members.emplace_back(key, align(member, *found, how));
    }
    for (const auto& [key, member] : actual.members) {
        // A member that stands twice may mean the second to whoever reads it.
        const bool stated = expected.find(key) != nullptr;
        const bool again = actual.find(key) != &member;
        if (stated ? again : !how.only_expected) shown.members.emplace_back(key, member);
    }
    return shown;
}

bool equal(const Json& a, const Json& b) noexcept {
    return a.kind == b.kind && a.text == b.text && std::ranges::equal(a.items, b.items, equal) &&
           std::ranges::equal(a.members, b.members, [](const auto& left, const auto& right) {
               return left.first == right.first && equal(left.second, right.second);
           });
}

}  // namespace weir::routetest
