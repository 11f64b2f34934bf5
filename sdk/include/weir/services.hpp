// Host services as C++: durable state, secrets, timers. HTTP is in <weir/http.hpp>.
#pragma once

#include <weir/secrets.h>
#include <weir/state.h>
#include <weir/timer.h>
#include <weir/call.hpp>
#include <weir/config.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir {
inline namespace sdk_1 {

namespace detail {
[[nodiscard]] inline Error service_error(weir_status status, std::string_view what, const weir_error* error = nullptr) {
    Errc errc = Errc::invalid;
    if (status == WEIR_E_RETRY || status == WEIR_E_BUSY || status == WEIR_E_DISCONNECTED) errc = Errc::unavailable;
    if (status == WEIR_E_NOT_FOUND) errc = Errc::not_found;
    if (status == WEIR_E_CANCELLED) errc = Errc::cancelled;
    const bool told = error != nullptr && error->message[0] != '\0';
    return {errc,
            std::string(what) + ": " + (told ? error->message : "status " + std::to_string(status)),
            error != nullptr ? error->code : "",
            {}};
}
[[nodiscard]] inline weir_error empty_error() noexcept {
    weir_error error;
    error.struct_size = sizeof error;
    error.reserved = 0;
    error.code[0] = error.pointer[0] = error.message[0] = '\0';
    return error;
}
}  // namespace detail

// Durable key-value state of this component. Writes commit with the call or not at all; reads see the call's own
// writes. Make one per call, on the stack. A transform that uses it is not WEIR_TRAIT_PURE.
class State {
  public:
    State(const Host& host, const Call& call)
        : table_(&host.require<weir_svc_state>(WEIR_SVC_STATE)), call_id_(call.id()) {}

    // nullopt: no such key.
    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const {
        constexpr std::size_t kFirstTry = 256;
        std::string value(kFirstTry, '\0');
        for (;;) {
            std::size_t size = value.size();
            const weir_status status = table_->get(table_, call_id_, str(key), value.data(), &size);
            if (status == WEIR_E_NOT_FOUND) return std::optional<std::string>();
            if (status < 0 && !(status == WEIR_E_TOO_LARGE && size > value.size())) return failed("get", key, status);
            value.resize(size);
            if (status >= 0) return std::optional<std::string>(std::move(value));
        }
    }
    // `ttl` 0: kept until deleted.
    Status put(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl = {}) const {
        const weir_status status = table_->put(table_, call_id_, str(key), str(value), ttl.count());
        return status < 0 ? Status(failed("put", key, status)) : ok();
    }
    Status del(std::string_view key) const {
        const weir_status status = table_->del(table_, call_id_, str(key));
        return status < 0 && status != WEIR_E_NOT_FOUND ? Status(failed("del", key, status)) : ok();
    }

  private:
    [[nodiscard]] static Error failed(std::string_view verb, std::string_view key, weir_status status) {
        return detail::service_error(status, "state " + std::string(verb) + " \"" + std::string(key) + "\"");
    }
    const weir_svc_state* table_;
    std::uint64_t call_id_;
};

// The value of a secret. Wiped when it goes; cannot be copied or printed by accident.
class Secret {
  public:
    explicit Secret(std::string value) noexcept : value_(std::move(value)) {}
    Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
    Secret& operator=(Secret&& other) noexcept {
        wipe();
        value_ = other.value_;
        other.wipe();
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    [[nodiscard]] std::string_view reveal() const noexcept { return value_; }

  private:
    void wipe() noexcept {
        volatile char* bytes = value_.data();  // volatile: the compiler must not leave the writes out
        for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = '\0';
        value_.clear();
    }
    std::string value_;
};

// Secrets by name. Ask at use, not at create, so that rotation works.
class Secrets {
  public:
    explicit Secrets(const Host& host) : host_(host), table_(&host.require<weir_svc_secrets>(WEIR_SVC_SECRETS)) {}

    [[nodiscard]] Result<Secret> get(const SecretRef& ref) const { return get(ref.name); }
    [[nodiscard]] Result<Secret> get(std::string_view name) const {
        constexpr std::size_t kFirstTry = 256;
        std::string value(kFirstTry, '\0');
        for (;;) {
            std::size_t size = value.size();
            weir_error error = detail::empty_error();
            const weir_status status = table_->get(table_, host_.raw(), str(name), value.data(), &size, &error);
            if (status < 0 && !(status == WEIR_E_TOO_LARGE && size > value.size())) {
                return detail::service_error(status, "secret \"" + std::string(name) + "\"", &error);
            }
            value.resize(size);
            if (status >= 0) return Secret(std::move(value));
        }
    }

  private:
    Host host_;
    const weir_svc_secrets* table_;
};

// Fires on the instance's own [io] thread until destroyed. Must not be destroyed inside its own function.
class Timer {
  public:
    using Function = std::function<void(Call&)>;

    // First after `after`, then each `every` (0: once). What `fn` throws is logged.
    Timer(const Host& host, std::chrono::nanoseconds after, std::chrono::nanoseconds every, Function fn)
        : table_(&host.require<weir_svc_timer>(WEIR_SVC_TIMER)), shot_(new Shot{host, std::move(fn)}) {
        id_ = table_->arm(table_, host.raw(), after.count(), every.count(), &fire, shot_.get());
        if (id_ == 0) throw Retry("TIMER_REFUSED", "the host refused a timer");
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { table_->disarm(table_, id_); }

  private:
    struct Shot {
        Host host;
        Function fn;
    };
    static void fire(void* arg, const weir_call* call) noexcept {
        auto& shot = *static_cast<Shot*>(arg);
        detail::Fault fault;
        const bool done = detail::guard(fault, [&] {
            Call wrapped(call, shot.host.raw());
            shot.fn(wrapped);
        });
        if (!done) shot.host.error("timer failed", {{"code", fault.error.code}, {"error", fault.error.message}});
    }
    const weir_svc_timer* table_;
    std::unique_ptr<Shot> shot_;
    std::uint64_t id_ = 0;
};

}  // namespace sdk_1
}  // namespace weir
