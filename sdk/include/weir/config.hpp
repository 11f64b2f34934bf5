// A component's configuration as a struct.
//
//   struct Config {
//       std::string url;
//       std::chrono::milliseconds timeout{10'000};   // "10s" in the configuration
//       std::optional<int> limit;
//   };
//   WEIR_CONFIG(Config, url, timeout, limit)
//
// The keys are the members' names (a trailing '_' is left out, for names C++ keeps to itself: `class_`). What the
// configuration leaves out keeps the member's initializer. Anything wrong is a ConfigError with a JSON Pointer, what
// was found and what was expected; so is an unknown key.
#pragma once

#include <weir/error.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir {
inline namespace sdk_1 {

// As a member of a Config: any value at all. Its numbers are doubles: where digits count, <weir/json_text.hpp>.
using json = nlohmann::json;

// {"$secret": "name"} in the configuration. The value is asked for at use: weir::Secrets::get(ref).
struct SecretRef {
    std::string name;
};

namespace detail {

// Where in the configuration we are. Built on the way down without allocating; becomes text only for an error.
class ConfigPath {
  public:
    ConfigPath() = default;
    // The top of `document`, which outlives this and all below.
    explicit ConfigPath(std::string_view document) noexcept : document_(document) {}
    ConfigPath(const ConfigPath& parent, std::string_view key) noexcept : parent_(&parent), key_(key) {}
    ConfigPath(const ConfigPath& parent, std::size_t index) noexcept : parent_(&parent), index_(index) {}

    [[nodiscard]] std::string pointer() const {
        if (parent_ == nullptr) return {};
        std::string text = parent_->pointer() + '/';
        if (key_.data() == nullptr) return text + std::to_string(index_);
        for (const char c : key_) {  // RFC 6901, section 3
            if (c == '~')
                text += "~0";
            else if (c == '/')
                text += "~1";
            else
                text += c;
        }
        return text;
    }
    // All of the configuration.
    [[nodiscard]] std::string_view document() const noexcept {
        return parent_ == nullptr ? document_ : parent_->document();
    }
    [[noreturn]] void fail(const std::string& message) const { throw ConfigError(pointer(), message); }
    [[noreturn]] void fail(const json& found, std::string_view expected) const {
        constexpr std::size_t kShownMax = 80;
        std::string shown = found.dump(-1, ' ', false, json::error_handler_t::replace);
        if (shown.size() > kShownMax) shown = shown.substr(0, kShownMax) + "...";
        fail("found " + shown + ", expected " + std::string(expected));
    }

  private:
    const ConfigPath* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
    std::string_view document_;  // at the top
};

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsMap<std::map<std::string, T, std::less<>>> : std::true_type {};
template <class T>
struct IsMap<std::unordered_map<std::string, T>> : std::true_type {};

struct FieldProbe {
    template <class T>
    void field(std::string_view, T&) {}
};
template <class T>
concept ConfigStruct = requires(T& value, FieldProbe& probe) {
    weir_config_fields(value, probe);
};
template <class T>
concept ConfigEnum = requires(T value) {
    weir_config_names(value);
};

// Nanoseconds of "500ms", "10s", "5m", "2h", "1d", "250us", "10ns"; nullopt when it is none or does not fit.
[[nodiscard]] inline std::optional<std::int64_t> parse_duration_ns(std::string_view text) noexcept {
    constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
        {"ns", 1},
        {"us", 1'000},
        {"ms", 1'000'000},
        {"s", 1'000'000'000},
        {"m", 60'000'000'000},
        {"h", 3'600'000'000'000},
        {"d", 86'400'000'000'000},
    };
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& [name, nanoseconds] : kUnits) {
        std::int64_t product = 0;
        if (unit == name && !__builtin_mul_overflow(count, nanoseconds, &product)) return product;
    }
    return std::nullopt;
}

template <class T>
void decode(const json& value, T& out, const ConfigPath& path);

template <class T>
void decode_integer(const json& value, T& out, const ConfigPath& path) {
    const auto expected = [] {
        return "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
               std::to_string(std::numeric_limits<T>::max());
    };
    if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>())) {
        out = static_cast<T>(value.get<std::uint64_t>());
    } else if (value.is_number_integer() && !value.is_number_unsigned() &&
               std::in_range<T>(value.get<std::int64_t>())) {
        out = static_cast<T>(value.get<std::int64_t>());
    } else {
        path.fail(value, expected());
    }
}

template <class T>
void decode_duration(const json& value, T& out, const ConfigPath& path) {
    constexpr std::string_view kExpected = "a duration like \"500ms\", \"10s\" or \"5m\"";
    if (!value.is_string()) path.fail(value, kExpected);
    const auto ns = parse_duration_ns(value.get_ref<const std::string&>());
    if (!ns) path.fail(value, kExpected);
    out = std::chrono::duration_cast<T>(std::chrono::nanoseconds(*ns));
    if (out != std::chrono::nanoseconds(*ns)) path.fail(value, "a duration without a fraction of its unit");
}

// Reads the fields of one object and notices keys nobody asked for.
class ObjectReader {
  public:
    ObjectReader(const json& object, const ConfigPath& path) : object_(object), path_(path) {
        if (!object.is_object()) path.fail(object, "an object");
    }
    template <class T>
    void field(std::string_view name, T& out) {
        names_.push_back(name);
        if (const auto found = object_.find(name); found != object_.end()) {
            decode(*found, out, ConfigPath(path_, name));
        }
    }
    void refuse_unknown() const {
        for (const auto& [key, value] : object_.items()) {
            if (std::find(names_.begin(), names_.end(), key) != names_.end()) continue;
            std::string known;
            for (const std::string_view name : names_) known += (known.empty() ? "" : ", ") + std::string(name);
            ConfigPath(path_, key).fail("unknown key \"" + key + "\", expected one of: " + known);
        }
    }

  private:
    const json& object_;
    const ConfigPath& path_;
    std::vector<std::string_view> names_;
};

template <class T>
void decode_enum(const json& value, T& out, const ConfigPath& path) {
    std::string expected = "one of:";
    for (const auto& [name, candidate] : weir_config_names(T{})) {
        if (value.is_string() && value.get_ref<const std::string&>() == name) {
            out = candidate;
            return;
        }
        expected += ' ' + std::string(name);
    }
    path.fail(value, expected);
}

template <class T>
void decode_vector(const json& value, T& out, const ConfigPath& path) {
    if (!value.is_array()) path.fail(value, "an array");
    out.clear();
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        typename T::value_type element{};
        decode(value[i], element, ConfigPath(path, i));
        out.push_back(std::move(element));
    }
}

template <class T>
void decode_map(const json& value, T& out, const ConfigPath& path) {
    if (!value.is_object()) path.fail(value, "an object");
    out.clear();
    for (const auto& [key, member] : value.items()) decode(member, out[key], ConfigPath(path, key));
}

inline void decode_secret(const json& value, SecretRef& out, const ConfigPath& path) {
    // The value is not shown: somebody may have put the secret itself here.
    if (!value.is_object() || value.size() != 1 || !value.contains("$secret") || !value["$secret"].is_string()) {
        path.fail("found a " + std::string(value.type_name()) + ", expected a reference {\"$secret\": \"name\"}");
    }
    out.name = value["$secret"].get<std::string>();
}

template <class T>
void decode(const json& value, T& out, const ConfigPath& path) {
    if constexpr (std::same_as<T, json>) {
        out = value;
    } else if constexpr (std::same_as<T, SecretRef>) {
        decode_secret(value, out, path);
    } else if constexpr (requires { decode_config(value, out, path); }) {
        decode_config(value, out, path);  // a type's own reader, found beside the type
    } else if constexpr (std::same_as<T, bool>) {
        if (!value.is_boolean()) path.fail(value, "true or false");
        out = value.get<bool>();
    } else if constexpr (std::integral<T>) {
        decode_integer(value, out, path);
    } else if constexpr (std::floating_point<T>) {
        if (!value.is_number()) path.fail(value, "a number");
        out = value.get<T>();
    } else if constexpr (std::same_as<T, std::string>) {
        if (!value.is_string()) path.fail(value, "a string");
        out = value.get<std::string>();
    } else if constexpr (IsDuration<T>::value) {
        decode_duration(value, out, path);
    } else if constexpr (IsOptional<T>::value) {
        if (value.is_null())
            out.reset();
        else
            decode(value, out.emplace(), path);
    } else if constexpr (IsVector<T>::value) {
        decode_vector(value, out, path);
    } else if constexpr (IsMap<T>::value) {
        decode_map(value, out, path);
    } else if constexpr (ConfigEnum<T>) {
        decode_enum(value, out, path);
    } else {
        static_assert(ConfigStruct<T>, "this type has no reader: is its WEIR_CONFIG missing?");
        ObjectReader reader(value, path);
        weir_config_fields(out, reader);
        reader.refuse_unknown();
    }
}

[[nodiscard]] consteval std::string_view config_key(std::string_view member) {
    return member.ends_with('_') ? member.substr(0, member.size() - 1) : member;
}
}  // namespace detail

// Reads `text` into a Config. Throws ConfigError.
template <class Config>
[[nodiscard]] Config parse_config(std::string_view text) {
    const json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) throw ConfigError("", "the configuration is not JSON");
    Config config{};
    detail::decode(parsed, config, detail::ConfigPath(text));
    return config;
}

// A component without settings.
struct NoConfig {};

}  // namespace sdk_1
}  // namespace weir

// One macro call per field, up to 256 of them (three nested levels of rescanning; __VA_OPT__ ends the recursion).
#define WEIR_EXPAND(...) WEIR_EXPAND3(WEIR_EXPAND3(WEIR_EXPAND3(WEIR_EXPAND3(__VA_ARGS__))))
#define WEIR_EXPAND3(...) WEIR_EXPAND2(WEIR_EXPAND2(WEIR_EXPAND2(WEIR_EXPAND2(__VA_ARGS__))))
#define WEIR_EXPAND2(...) WEIR_EXPAND1(WEIR_EXPAND1(WEIR_EXPAND1(WEIR_EXPAND1(__VA_ARGS__))))
#define WEIR_EXPAND1(...) __VA_ARGS__
#define WEIR_PARENS ()
#define WEIR_FOR_EACH(macro, ...) __VA_OPT__(WEIR_EXPAND(WEIR_FOR_EACH_NEXT(macro, __VA_ARGS__)))
#define WEIR_FOR_EACH_NEXT(macro, first, ...) \
    macro(first) __VA_OPT__(WEIR_FOR_EACH_AGAIN WEIR_PARENS(macro, __VA_ARGS__))
#define WEIR_FOR_EACH_AGAIN() WEIR_FOR_EACH_NEXT

#define WEIR_CONFIG_FIELD(member) weir_reader.field(::weir::detail::config_key(#member), weir_config.member);
#define WEIR_CONFIG(Type, ...)                                                                          \
    template <class Reader>                                                                             \
    void weir_config_fields([[maybe_unused]] Type& weir_config, [[maybe_unused]] Reader& weir_reader) { \
        WEIR_FOR_EACH(WEIR_CONFIG_FIELD, __VA_ARGS__)                                                   \
    }

// WEIR_CONFIG_ENUM(Order, none, per_key, total): the enumerators' names are what the configuration says.
#define WEIR_CONFIG_ENUMERATOR(enumerator) {::weir::detail::config_key(#enumerator), WeirEnum::enumerator},
#define WEIR_CONFIG_ENUM(Type, ...)                                                                                \
    [[maybe_unused]] inline auto weir_config_names(Type) {                                                         \
        using WeirEnum = Type;                                                                                     \
        return std::vector<std::pair<std::string_view, Type>>{WEIR_FOR_EACH(WEIR_CONFIG_ENUMERATOR, __VA_ARGS__)}; \
    }

namespace weir {
inline namespace sdk_1 {
WEIR_CONFIG(NoConfig)
}  // namespace sdk_1
}  // namespace weir
