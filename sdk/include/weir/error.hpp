// The exceptions a plugin may throw, and the one place where any exception is caught.
//
// Inside a plugin an exception is the short way out: `throw weir::Reject("NEGATIVE_QUANTITY", "...")`. None ever
// crosses the C ABI: every function in the tables runs its body inside guard().
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <cxxabi.h>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace weir {
inline namespace sdk_1 {

[[nodiscard]] inline std::string_view view(weir_str text) noexcept {
    return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}
// A view with a null pointer is the ABI's "absent"; an empty one with a pointer is an empty string.
[[nodiscard]] inline weir_str str(std::string_view text) noexcept { return {text.data(), text.size()}; }

enum class ErrorClass : std::uint32_t {
    by_kind = WEIR_CLASS_DEFAULT,      // rejected: business; everything else: technical
    technical = WEIR_CLASS_TECHNICAL,  // operations look at it
    business = WEIR_CLASS_BUSINESS,    // finance looks at it
    policy = WEIR_CLASS_POLICY,        // a rule of ours forbids it
};

// Base of all: what the whole call comes to (`status`) and what one record comes to (`outcome`, WEIR_OUT_UNSET when
// it makes no sense for a record: then the whole call fails).
class Failure : public std::exception {
  public:
    Failure(weir_status status, std::uint32_t outcome, std::string_view code, std::string_view message)
        : status_(status), outcome_(outcome), code_(code), message_(message) {}

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] weir_status status() const noexcept { return status_; }
    [[nodiscard]] std::uint32_t outcome() const noexcept { return outcome_; }
    [[nodiscard]] const std::string& code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
    [[nodiscard]] ErrorClass error_class() const noexcept { return error_class_; }
    [[nodiscard]] std::chrono::nanoseconds retry_after() const noexcept { return retry_after_; }

  protected:
    std::string pointer_;  // JSON Pointer into the configuration
    ErrorClass error_class_ = ErrorClass::by_kind;
    std::chrono::nanoseconds retry_after_{0};

  private:
    weir_status status_;
    std::uint32_t outcome_;
    std::string code_;
    std::string message_;
};

// This record is refused for good. `code` is in the manifest's error catalogue.
class Reject : public Failure {
  public:
    Reject(std::string_view code, std::string_view message, ErrorClass error_class = ErrorClass::by_kind)
        : Failure(WEIR_E_INTERNAL, WEIR_OUT_REJECTED, code, message) {
        error_class_ = error_class;
    }
};

// Surely not done; the same may succeed later, at the earliest after `retry_after` (0: the host decides).
class Retry : public Failure {
  public:
    Retry(std::string_view code, std::string_view message, std::chrono::nanoseconds retry_after = {})
        : Failure(WEIR_E_RETRY, WEIR_OUT_RETRY, code, message) {
        retry_after_ = retry_after;
    }
};

// There is no session with the other side and nothing was done: the host calls start() again.
class Disconnected : public Failure {
  public:
    explicit Disconnected(std::string_view message, std::string_view code = "DISCONNECTED")
        : Failure(WEIR_E_DISCONNECTED, WEIR_OUT_UNSET, code, message) {}
};

// The configuration is wrong; `pointer` is a JSON Pointer (RFC 6901) into it.
class ConfigError : public Failure {
  public:
    ConfigError(std::string_view pointer, std::string_view message, std::string_view code = "CONFIG")
        : Failure(WEIR_E_CONFIG, WEIR_OUT_UNSET, code, message) {
        pointer_ = pointer;
    }
};

// The instance is broken: the host destroys it and creates another.
class Fatal : public Failure {
  public:
    Fatal(std::string_view code, std::string_view message) : Failure(WEIR_E_FATAL, WEIR_OUT_UNSET, code, message) {}
};

// A stop or the deadline was honoured.
class Cancelled : public Failure {
  public:
    explicit Cancelled(std::string_view message = "cancelled")
        : Failure(WEIR_E_CANCELLED, WEIR_OUT_UNSET, "CANCELLED", message) {}
};

// From Result code to exceptions: unwrap(host_service.get(...)).
[[noreturn]] inline void raise(const Error& error) {
    const std::string_view code = error.code.empty() ? to_string(error.errc) : std::string_view(error.code);
    switch (error.errc) {
        case Errc::unavailable:
            throw Retry(code, error.message, error.retry_after.value_or(std::chrono::milliseconds{0}));
        case Errc::unknown:
            throw Failure(WEIR_E_INTERNAL, WEIR_OUT_RETRY_UNKNOWN, code, error.message);
        case Errc::cancelled:
            throw Cancelled(error.message);
        case Errc::corrupt:
            throw Fatal(code, error.message);
        case Errc::invalid:
        case Errc::not_found:
        case Errc::conflict:
        case Errc::rejected:
            break;
    }
    throw Reject(code, error.message);
}
template <class T>
[[nodiscard]] T unwrap(Result<T> result) {
    if (!result.ok()) raise(result.error());
    return std::move(result).value();
}
inline void unwrap(Status status) {
    if (!status.ok()) raise(status.error());
}

namespace detail {

// What guard() caught, in fixed storage: reporting an error must not itself run out of memory.
struct Fault {
    weir_status status;
    std::uint32_t outcome;
    ErrorClass error_class;
    std::int64_t retry_after_ns;
    weir_error error;
};

// Cuts at a character border: a half UTF-8 sequence is not text.
template <std::size_t N>
void copy_text(char (&out)[N], std::string_view text) noexcept {
    std::size_t size = std::min(text.size(), N - 1);
    while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    std::memcpy(out, text.data(), size);
    out[size] = '\0';
}

// Writes only as much as the caller's struct holds.
inline void fill_error(weir_error* out, std::string_view code, std::string_view pointer,
                       std::string_view message) noexcept {
    if (out == nullptr) return;
    if (WEIR_HAS(out, weir_error, code)) copy_text(out->code, code);
    if (WEIR_HAS(out, weir_error, pointer)) copy_text(out->pointer, pointer);
    if (WEIR_HAS(out, weir_error, message)) copy_text(out->message, message);
}

inline void fill_fault(Fault& fault, weir_status status, std::uint32_t outcome, ErrorClass error_class,
                       std::string_view code, std::string_view pointer, std::string_view message) noexcept {
    fault.status = status;
    fault.outcome = outcome;
    fault.error_class = error_class;
    fault.retry_after_ns = 0;
    fault.error.struct_size = sizeof fault.error;
    fault.error.reserved = 0;
    fill_error(&fault.error, code, pointer, message);
}

// Runs `body`; false, and `fault` filled in, when it threw. THE catch site: nothing else in the SDK catches.
//
// A bug that shows on one record (std::exception, anything) rejects that record for operations to look at; being out
// of memory says nothing about the record, so the call is repeated.
template <class Body>
[[nodiscard]] bool guard(Fault& fault, Body&& body) {
    try {
        body();
        return true;
    } catch (const abi::__forced_unwind&) {
        throw;  // a thread being cancelled must go on unwinding
    } catch (const Failure& failure) {
        fill_fault(fault, failure.status(), failure.outcome(), failure.error_class(), failure.code(), failure.pointer(),
                   failure.message());
        fault.retry_after_ns = failure.retry_after().count();
    } catch (const std::bad_alloc&) {
        fill_fault(fault, WEIR_E_RETRY, WEIR_OUT_UNSET, ErrorClass::technical, "OUT_OF_MEMORY", "", "out of memory");
    } catch (const std::exception& error) {
        fill_fault(fault, WEIR_E_INTERNAL, WEIR_OUT_REJECTED, ErrorClass::technical, "PLUGIN_EXCEPTION", "",
                   error.what());
    } catch (...) {
        fill_fault(fault, WEIR_E_INTERNAL, WEIR_OUT_REJECTED, ErrorClass::technical, "PLUGIN_EXCEPTION", "",
                   "an exception that is not a std::exception");
    }
    return false;
}

// For functions that report through a status: `body` returns it.
template <class Body>
[[nodiscard]] weir_status guard_call(weir_error* error, Body&& body) {
    Fault fault;
    weir_status status = WEIR_E_INTERNAL;
    if (guard(fault, [&] { status = body(); })) return status;
    fill_error(error, fault.error.code, fault.error.pointer, fault.error.message);
    return fault.status;
}

}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
