// The host's services as fakes: secrets and state in maps, timers fired by the test's clock.
#pragma once

#include <weir/secrets.h>
#include <weir/state.h>
#include <weir/timer.h>
#include <weir/testing/records.hpp>

#include <map>
#include <optional>
#include <set>

namespace weir::testing {

namespace detail {
// The ABI's way to hand out bytes: `*size` is the capacity going in and the length coming out.
[[nodiscard]] inline weir_status copy_out(std::string_view value, char* buffer, std::size_t* size) noexcept {
    const std::size_t capacity = std::exchange(*size, value.size());
    if (capacity < value.size()) return WEIR_E_TOO_LARGE;
    if (!value.empty()) std::memcpy(buffer, value.data(), value.size());
    return WEIR_OK;
}
}  // namespace detail

class FakeSecrets : public weir_svc_secrets {
  public:
    FakeSecrets() : weir_svc_secrets{} {
        struct_size = sizeof(weir_svc_secrets);
        get = [](const void* self, const weir_host*, weir_str name, char* buffer, std::size_t* size,
                 weir_error* error) noexcept -> weir_status {
            const auto& known = static_cast<const FakeSecrets*>(self)->values;
            const auto found = known.find(detail::text(name));
            if (found != known.end()) return detail::copy_out(found->second, buffer, size);
            weir::detail::fill_error(error, "SECRET_NOT_FOUND", "", "no such secret");
            return WEIR_E_NOT_FOUND;
        };
    }
    std::map<std::string, std::string> values{};
};

// Writes become visible to other calls when the call that made them ends well (commit), or never (drop).
class FakeState : public weir_svc_state {
  public:
    FakeState() : weir_svc_state{} {
        struct_size = sizeof(weir_svc_state);
        get = [](const void* self, std::uint64_t call, weir_str key, char* buffer, std::size_t* size) noexcept {
            const auto* state = static_cast<const FakeState*>(self);
            return call == state->call_ ? state->read(detail::text(key), buffer, size) : WEIR_E_PROTOCOL;
        };
        put = [](const void* self, std::uint64_t call, weir_str key, weir_str value, std::int64_t) noexcept {
            return static_cast<const FakeState*>(self)->write(call, key, detail::text(value));
        };
        del = [](const void* self, std::uint64_t call, weir_str key) noexcept {
            return static_cast<const FakeState*>(self)->write(call, key, std::nullopt);
        };
    }
    std::map<std::string, std::string> values{};  // committed

    void begin(std::uint64_t call) { call_ = call; }
    void end(bool commit) {
        for (auto& [key, value] : std::exchange(writes_, {})) {
            if (!commit) continue;
            if (value)
                values[key] = *value;
            else
                values.erase(key);
        }
        call_ = 0;
    }

  private:
    [[nodiscard]] weir_status read(const std::string& key, char* buffer, std::size_t* size) const {
        if (const auto own = writes_.find(key); own != writes_.end()) {
            return own->second ? detail::copy_out(*own->second, buffer, size) : WEIR_E_NOT_FOUND;
        }
        const auto found = values.find(key);
        return found == values.end() ? WEIR_E_NOT_FOUND : detail::copy_out(found->second, buffer, size);
    }
    [[nodiscard]] weir_status write(std::uint64_t call, weir_str key, std::optional<std::string> value) const {
        if (call != call_) return WEIR_E_PROTOCOL;
        if (key.size == 0 || key.size > 512 || (value && value->size() > (1U << 20U))) return WEIR_E_TOO_LARGE;
        writes_[detail::text(key)] = std::move(value);
        return WEIR_OK;
    }
    std::uint64_t call_ = 0;
    mutable std::map<std::string, std::optional<std::string>> writes_{};
};

class FakeTimers : public weir_svc_timer {
  public:
    FakeTimers() : weir_svc_timer{} {
        struct_size = sizeof(weir_svc_timer);
        arm = [](const void* self, const weir_host*, std::int64_t after, std::int64_t every,
                 void (*fn)(void*, const weir_call*) WEIR_NX, void* arg) noexcept {
            const auto* timers = static_cast<const FakeTimers*>(self);
            timers->armed_[++timers->last_] = {timers->now_ + after, every, fn, arg};
            return timers->last_;
        };
        disarm = [](const void* self, std::uint64_t timer) noexcept {
            static_cast<const FakeTimers*>(self)->armed_.erase(timer);
        };
    }
    [[nodiscard]] std::size_t armed() const noexcept { return armed_.size(); }

    // Fires, on this thread, what becomes due within `by`, in order of time.
    void advance(std::int64_t by, const weir_call& call) {
        const std::int64_t now = now_ + by;
        for (;;) {
            auto due = armed_.end();
            for (auto it = armed_.begin(); it != armed_.end(); ++it) {
                if (it->second.at <= now && (due == armed_.end() || it->second.at < due->second.at)) due = it;
            }
            if (due == armed_.end()) break;
            const Armed shot = due->second;
            now_ = shot.at;
            if (shot.every == 0)
                armed_.erase(due);
            else
                due->second.at += shot.every;
            shot.fn(shot.arg, &call);
        }
        now_ = now;
    }

  private:
    struct Armed {
        std::int64_t at;
        std::int64_t every;
        void (*fn)(void*, const weir_call*) WEIR_NX;
        void* arg;
    };
    std::int64_t now_ = 0;
    mutable std::uint64_t last_ = 0;
    mutable std::map<std::uint64_t, Armed> armed_{};
};

}  // namespace weir::testing
