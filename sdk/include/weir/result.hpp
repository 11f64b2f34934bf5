// What a function came to: a value, or an error that says what the caller may do next.
#pragma once

#include <cassert>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir {

// The caller's next move, not the cause; the cause is Error::code. Adding one needs an ADR.
enum class Errc {
    invalid,      // the input is wrong; the same input will fail again
    not_found,    // asked for something that is not there
    conflict,     // it exists already, with other content
    unavailable,  // surely not done; the same call may succeed later
    unknown,      // may or may not be done
    rejected,     // refused for good by the other side
    cancelled,    // a stop or a deadline was honoured
    corrupt,      // stored bytes are not what was written
};

[[nodiscard]] constexpr std::string_view to_string(Errc code) noexcept {
    constexpr std::string_view kNames[] = {"invalid", "not_found", "conflict",  "unavailable",
                                           "unknown", "rejected",  "cancelled", "corrupt"};
    return kNames[static_cast<std::size_t>(code)];
}

// `message` is for people: lower case, no full stop, values quoted, never a secret or a payload.
// `code` is stable and bounded (a metric label): "disk_full", "http_503".
struct Error {
    Errc errc = Errc::invalid;
    std::string message;
    std::string code;
    std::optional<std::chrono::milliseconds> retry_after;

    // Adds where it happened, outermost first: "route orders: step 2: line_total: not a number".
    [[nodiscard]] Error in(std::string_view where) && {
        message.insert(0, std::string(where) + ": ");
        return std::move(*this);
    }
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] T& value() & { return sure(std::get_if<0>(&state_)); }
    [[nodiscard]] const T& value() const& { return sure(std::get_if<0>(&state_)); }
    [[nodiscard]] T&& value() && { return std::move(sure(std::get_if<0>(&state_))); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] Error& error() & { return sure(std::get_if<1>(&state_)); }
    [[nodiscard]] const Error& error() const& { return sure(std::get_if<1>(&state_)); }
    [[nodiscard]] Error&& error() && { return std::move(sure(std::get_if<1>(&state_))); }

  private:
    // Asking for what is not there is a programmer's error: it stops the process in release builds too.
    template <class Held>
    [[nodiscard]] static Held& sure(Held* held) noexcept {
        if (held == nullptr) std::abort();
        return *held;
    }
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] Error& error() & { return assert(!ok()), *error_; }
    [[nodiscard]] const Error& error() const& { return assert(!ok()), *error_; }
    [[nodiscard]] Error&& error() && { return assert(!ok()), std::move(*error_); }

  private:
    std::optional<Error> error_;
};

using Status = Result<void>;
[[nodiscard]] inline Status ok() { return {}; }

}  // namespace weir

// The only control-flow macros: return the error, or go on.
#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)
// WEIR_TRY(auto value, expression): declares `value` from a Result<T>, or returns its error.
#define WEIR_TRY(declaration, ...) WEIR_TRY_INNER(WEIR_CONCAT(weir_try_, __LINE__), declaration, __VA_ARGS__)
#define WEIR_TRY_INNER(name, declaration, ...)           \
    auto name = (__VA_ARGS__);                           \
    if (!name.ok()) return std::move(name).error();      \
    declaration = std::move(name).value()
// WEIR_CHECK_OK(expression): returns the error of a Status (or Result whose value is not wanted).
#define WEIR_CHECK_OK(...)                                                                   \
    do {                                                                                     \
        if (auto weir_status_ = (__VA_ARGS__); !weir_status_.ok()) {                         \
            return std::move(weir_status_).error();                                          \
        }                                                                                    \
    } while (false)
