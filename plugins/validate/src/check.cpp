// Checking a document against a compiled schema.
#include "schema.hpp"

#include <algorithm>
#include <chrono>

namespace weir::validate {
namespace {

constexpr std::size_t kShownMax = 60;

std::uint64_t code_points(std::string_view text) noexcept {
    return static_cast<std::uint64_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

bool all_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view text) noexcept {
    return all_digits(text.substr(0, 2)) && text.size() >= 2 ? (text[0] - '0') * 10 + (text[1] - '0') : 100;
}

// RFC 3339, section 5.6: full-date.
bool is_date(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !all_digits(text.substr(0, 4))) return false;
    const int year = two_digits(text) * 100 + two_digits(text.substr(2));
    const int month = two_digits(text.substr(5));
    const int day = two_digits(text.substr(8));
    return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
        .ok();
}

// RFC 3339, section 5.6: date-time.
bool is_date_time(std::string_view text) noexcept {
    if (text.size() < 20 || !is_date(text.substr(0, 10)) || (text[10] != 'T' && text[10] != 't')) return false;
    const std::string_view clock = text.substr(11, 8);
    if (clock[2] != ':' || clock[5] != ':' || two_digits(clock) > 23 || two_digits(clock.substr(3)) > 59 ||
        two_digits(clock.substr(6)) > 60) {
        return false;
    }
    std::string_view rest = text.substr(19);
    if (rest.starts_with('.')) {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        if (digits == 1) return false;
        rest.remove_prefix(digits);
    }
    if (rest == "Z" || rest == "z") return true;
    return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
           two_digits(rest.substr(1)) < 24 && two_digits(rest.substr(4)) < 60;
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

}  // namespace

bool is_decimal(std::string_view text) noexcept {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t dot = text.find('.');
    return all_digits(text.substr(0, dot)) && (dot == std::string_view::npos || all_digits(text.substr(dot + 1)));
}

void append_canonical(const JsonValue& value, std::string& out) {
    switch (value.type()) {
        case JsonType::number:
            return Number(*value.number_text()).append_canonical(out);
        case JsonType::string:
            return append_json_string(out, *value.string());
        case JsonType::array:
            out += '[';
            for (const JsonValue element : value.elements()) {
                append_canonical(element, out);
                out += ',';
            }
            out += ']';
            return;
        case JsonType::object: {
            std::vector<JsonMember> members;
            for (const JsonMember member : value.members()) members.push_back(member);
            std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
            out += '{';
            for (const JsonMember& member : members) {
                append_json_string(out, member.key);
                out += ':';
                append_canonical(member.value, out);
                out += ',';
            }
            out += '}';
            return;
        }
        default:
            out += value.raw();
    }
}

bool Schema::Values::hold(const JsonValue& value) const {
    constexpr std::size_t kFewStrings = 16;
    if (const auto found = value.string(); found && strings.size() <= kFewStrings) {
        return std::find(strings.begin(), strings.end(), *found) != strings.end();
    }
    std::string key;
    append_canonical(value, key);
    return canonical.contains(key);
}

// One check of one document. With `problems` it goes on after the first problem and says what each one is.
class Checker {
  public:
    Checker(const Schema& schema, std::vector<Problem>* problems) : nodes_(schema.nodes_), problems_(problems) {}

    // Recursion: at most the document's depth (64) times the longest chain of in-place references, which has no loops.
    bool check(Schema::Index index, const JsonValue& value) {
        const Schema::Node& node = nodes_[index];
        if (node.never) return fail("expected nothing here, found " + shown(value));
        bool good = check_type(node, value) && check_values(node, value);
        // A value of the wrong type would only repeat the same problem in other words.
        if (!good) return false;
        if (node.string && value.is_string()) good = check_string(*node.string, *value.string());
        if (node.number && value.is_number()) good = check_number(*node.number, value);
        if (node.array && value.is_array()) good = check_array(*node.array, value);
        if (node.object && value.is_object()) good = check_object(*node.object, value);
        return node.combines && go_on(good) ? check_combined(node, value, good) : good;
    }

  private:
    // With problems wanted, later rules are looked at although an earlier one failed.
    [[nodiscard]] bool go_on(bool good) const noexcept {
        return good || (problems_ != nullptr && problems_->size() < Schema::kProblemsMax);
    }
    static std::string shown(const JsonValue& value) {
        const std::string_view raw = value.raw();
        if (raw.size() <= kShownMax) return std::string(raw);
        std::size_t size = kShownMax;
        while (size > 0 && (static_cast<unsigned char>(raw[size]) & 0xC0u) == 0x80u) --size;
        return std::string(raw.substr(0, size)) + "...";
    }
    // False, always.
    bool fail(std::string message) {
        if (problems_ != nullptr && problems_->size() < Schema::kProblemsMax) {
            problems_->push_back({pointer_, std::move(message)});
        }
        return false;
    }
    // The same for a message that costs something to build: nobody reads it on the fast way.
    template <class Describe>
    bool fail_with(Describe describe) {
        return problems_ == nullptr ? false : fail(describe());
    }

    // Runs `body` one level down.
    template <class Body>
    bool below(std::string_view key, Body body) {
        if (problems_ == nullptr) return body();
        const std::size_t size = pointer_.size();
        pointer_ += '/';
        for (const char c : key) {
            if (c == '~')
                pointer_ += "~0";
            else if (c == '/')
                pointer_ += "~1";
            else
                pointer_ += c;
        }
        const bool good = body();
        pointer_.resize(size);
        return good;
    }
    // Does the value match? Says nothing about why not.
    bool quietly(Schema::Index index, const JsonValue& value) {
        std::vector<Problem>* const problems = std::exchange(problems_, nullptr);
        const bool good = check(index, value);
        problems_ = problems;
        return good;
    }

    bool check_type(const Schema::Node& node, const JsonValue& value) {
        if (node.types == 0) return true;
        std::uint32_t type = 0;
        switch (value.type()) {
            case JsonType::absent:
                break;
            case JsonType::null:
                type = kNull;
                break;
            case JsonType::boolean:
                type = kBoolean;
                break;
            case JsonType::string:
                type = kString;
                break;
            case JsonType::array:
                type = kArray;
                break;
            case JsonType::object:
                type = kObject;
                break;
            case JsonType::number:
                if ((node.types & kNumber) != 0) return true;
                // 1.0 is an integer (2020-12, section 6.1.1). Most are written without a point.
                if ((node.types & kInteger) != 0 &&
                    (value.raw().find_first_of(".eE") == std::string_view::npos || Number(value.raw()).is_integer())) {
                    return true;
                }
                break;
        }
        if ((node.types & type) != 0) return true;
        return fail_with([&] { return "expected " + node.types_text + ", found " + shown(value); });
    }

    bool check_values(const Schema::Node& node, const JsonValue& value) {
        for (const Schema::Values& allowed : node.values) {
            if (allowed.hold(value)) continue;
            return fail_with([&] { return "expected " + allowed.text + ", found " + shown(value); });
        }
        return true;
    }

    bool check_string(const Schema::StringRules& rules, std::string_view text) {
        const auto problem = [&](const std::string& expected) {
            std::string quoted;
            append_json_string(quoted, text.substr(0, kShownMax));
            return fail("expected " + expected + ", found " + quoted);
        };
        bool good = true;
        if (rules.min > 0 || rules.max != Schema::kUnlimited) {
            const std::uint64_t length = code_points(text);
            if (length < rules.min) good = problem("at least " + std::to_string(rules.min) + " characters");
            if (length > rules.max) good = problem("at most " + std::to_string(rules.max) + " characters");
        }
        if (go_on(good) && rules.pattern && !matches(*rules.pattern, text)) {
            good = problem("text that matches " + rules.pattern->text);
        }
        if (go_on(good) && !has_format(rules.format, text)) {
            good = problem(rules.format == Schema::Format::date        ? "a date like 2026-06-30"
                           : rules.format == Schema::Format::date_time ? "a time like 2026-06-30T16:00:00Z"
                                                                       : "a UUID");
        }
        return good;
    }
    static bool has_format(Schema::Format format, std::string_view text) noexcept {
        switch (format) {
            case Schema::Format::none:
                return true;
            case Schema::Format::date:
                return is_date(text);
            case Schema::Format::date_time:
                return is_date_time(text);
            case Schema::Format::uuid:
                return is_uuid(text);
        }
        return true;
    }
    static bool matches(const Schema::Pattern& pattern, std::string_view text) {
        // Boost gives up (throws) on texts that would take exponential time: such a text does not pass.
        try {
            // ^ and $ are the ends of the text, not of its lines.
            return boost::regex_search(text.begin(), text.end(), pattern.regex,
                                       boost::match_default | boost::match_single_line);
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    bool check_number(const Schema::NumberRules& rules, const JsonValue& value) {
        const Number number(value.raw());
        bool good = true;
        const auto refuse = [&](const char* what, const std::string& bound) {
            good = fail_with([&] { return std::string("expected ") + what + bound + ", found " + shown(value); });
        };
        if (rules.minimum && number.compare(rules.minimum->first) < 0) refuse("at least ", rules.minimum->second);
        if (rules.maximum && number.compare(rules.maximum->first) > 0) refuse("at most ", rules.maximum->second);
        if (rules.above && number.compare(rules.above->first) <= 0) refuse("more than ", rules.above->second);
        if (rules.below && number.compare(rules.below->first) >= 0) refuse("less than ", rules.below->second);
        if (rules.multiple_of && !number.is_multiple_of(rules.multiple_of->first).value_or(false)) {
            refuse("a multiple of ", rules.multiple_of->second);
        }
        return good;
    }

    bool check_array(const Schema::ArrayRules& rules, const JsonValue& value) {
        bool good = true;
        if (value.size() < rules.min) {
            good = fail_with([&] {
                return "expected at least " + std::to_string(rules.min) + " elements, found " +
                       std::to_string(value.size());
            });
        }
        if (value.size() > rules.max) {
            good = fail_with([&] {
                return "expected at most " + std::to_string(rules.max) + " elements, found " +
                       std::to_string(value.size());
            });
        }
        std::size_t i = 0;
        for (const JsonValue element : value.elements()) {
            if (!go_on(good)) return false;
            const Schema::Index index = i < rules.prefix.size() ? rules.prefix[i] : rules.items;
            if (index != Schema::kNone) {
                good = below(problems_ ? std::to_string(i) : "", [&] { return check(index, element); }) && good;
            }
            ++i;
        }
        if (go_on(good) && rules.contains != Schema::kNone) good = check_contains(rules, value) && good;
        if (go_on(good) && rules.unique) good = check_unique(value) && good;
        return good;
    }
    bool check_contains(const Schema::ArrayRules& rules, const JsonValue& value) {
        std::uint64_t count = 0;
        for (const JsonValue element : value.elements()) {
            if (quietly(rules.contains, element)) ++count;
        }
        if (count >= rules.min_contains && count <= rules.max_contains) return true;
        return fail_with([&] { return "found " + std::to_string(count) + " elements that match \"contains\""; });
    }
    bool check_unique(const JsonValue& value) {
        std::unordered_set<std::string> seen;
        std::string text;
        for (const JsonValue element : value.elements()) {
            text.clear();
            append_canonical(element, text);
            if (!seen.insert(text).second) {
                return fail_with([&] { return "expected each element once, found " + shown(element) + " again"; });
            }
        }
        return true;
    }

    bool check_object(const Schema::ObjectRules& rules, const JsonValue& value) {
        bool good = check_size(rules, value);
        if (!go_on(good)) return false;
        if (problems_ != nullptr) good = check_required(rules.required, value) && good;
        if (go_on(good)) good = check_dependent(rules, value) && good;
        std::uint64_t seen = 0;
        const Schema::Property* expected = rules.properties.data();
        for (const auto& [key, member] : value.members()) {
            if (!go_on(good)) return false;
            const Schema::Property* const property = find(rules, key, expected);
            if (property != nullptr) {
                expected = property + 1;
                seen |= property->required;
            }
            const auto check_it = [&] { return check_member(rules, property, key, member); };
            good = (problems_ == nullptr ? check_it() : below(key, check_it)) && good;
        }
        if (problems_ != nullptr) return good;
        return good && (seen & rules.required_bits) == rules.required_bits &&
               check_required(rules.required_besides, value);
    }
    bool check_size(const Schema::ObjectRules& rules, const JsonValue& value) {
        if (value.size() >= rules.min && value.size() <= rules.max) return true;
        return fail_with([&] {
            return "found " + std::to_string(value.size()) + " members, expected " +
                   (value.size() < rules.min ? "at least " + std::to_string(rules.min)
                                             : "at most " + std::to_string(rules.max));
        });
    }
    bool check_required(const std::vector<std::string>& required, const JsonValue& value) {
        bool good = true;
        for (const std::string& name : required) {
            if (!go_on(good)) return false;
            if (!value[name].exists()) good = fail_with([&] { return "expected \"" + name + "\", found nothing"; });
        }
        return good;
    }
    bool check_dependent(const Schema::ObjectRules& rules, const JsonValue& value) {
        bool good = true;
        for (const auto& [name, needed] : rules.dependent_required) {
            if (!value[name].exists()) continue;
            for (const std::string& other : needed) {
                if (value[other].exists()) continue;
                good = fail_with([&] { return "expected \"" + other + "\" beside \"" + name + "\", found nothing"; });
            }
        }
        for (const auto& [name, index] : rules.dependent) {
            if (go_on(good) && value[name].exists()) good = check(index, value) && good;
        }
        return good;
    }
    // Null: there is none of that name. Members mostly come in the order of the schema: `expected` is looked at first.
    static const Schema::Property* find(const Schema::ObjectRules& rules, std::string_view key,
                                        const Schema::Property* expected) noexcept {
        const Schema::Property* const begin = rules.properties.data();
        const Schema::Property* const end = begin + rules.properties.size();
        if (expected != end && expected->name == key) return expected;
        const auto is_it = [key](const Schema::Property& property) { return property.name == key; };
        if (const auto* const found = std::find_if(expected, end, is_it); found != end) return found;
        const auto* const found = std::find_if(begin, expected, is_it);
        return found != expected ? found : nullptr;
    }
    bool check_member(const Schema::ObjectRules& rules, const Schema::Property* property, std::string_view key,
                      const JsonValue& value) {
        bool good = rules.names == Schema::kNone || check_name(rules.names, key);
        bool named = property != nullptr;
        if (named) good = check(property->index, value) && good;
        for (const auto& [pattern, index] : rules.patterns) {
            if (!matches(pattern, key)) continue;
            named = true;
            good = check(index, value) && good;
        }
        if (!named && rules.additional != Schema::kNone) {
            good = (nodes_[rules.additional].never ? fail("is not a known member") : check(rules.additional, value)) &&
                   good;
        }
        return good;
    }
    // The name as a value of its own.
    bool check_name(Schema::Index index, std::string_view key) {
        std::string text;
        append_json_string(text, key);
        JsonParser parser;
        const auto name = parser.parse(text);
        return name.ok() && (quietly(index, *name) || fail("its name does not match \"propertyNames\""));
    }

    bool check_combined(const Schema::Node& node, const JsonValue& value, bool good) {
        for (const Schema::Index index : node.all_of) {
            if (go_on(good)) good = check(index, value) && good;
        }
        if (go_on(good) && !node.any_of.empty() &&
            std::none_of(node.any_of.begin(), node.any_of.end(), [&](auto index) { return quietly(index, value); })) {
            good = fail_with([&] {
                return "matches none of the " + std::to_string(node.any_of.size()) +
                       " alternatives of \"anyOf\", found " + shown(value);
            });
        }
        if (go_on(good) && !node.one_of.empty()) {
            const auto count = std::count_if(node.one_of.begin(), node.one_of.end(),
                                             [&](auto index) { return quietly(index, value); });
            if (count != 1) {
                good = fail_with([&] {
                    return "matches " + std::to_string(count) + " of the " + std::to_string(node.one_of.size()) +
                           " alternatives of \"oneOf\", expected one, found " + shown(value);
                });
            }
        }
        if (go_on(good) && node.not_ != Schema::kNone && quietly(node.not_, value)) {
            good = fail_with([&] { return "matches what \"not\" forbids, found " + shown(value); });
        }
        if (go_on(good) && node.if_ != Schema::kNone) {
            const Schema::Index branch = quietly(node.if_, value) ? node.then_ : node.else_;
            if (branch != Schema::kNone) good = check(branch, value) && good;
        }
        return good;
    }

    const std::vector<Schema::Node>& nodes_;
    std::vector<Problem>* problems_;
    std::string pointer_;
};

bool Schema::accepts(const JsonValue& document) const { return Checker(*this, nullptr).check(0, document); }

std::vector<Problem> Schema::problems(const JsonValue& document) const {
    std::vector<Problem> problems;
    Checker(*this, &problems).check(0, document);
    return problems;
}

}  // namespace weir::validate
