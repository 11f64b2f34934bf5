// What one instance sees of the host: its weir_host.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/secret_service.hpp"
#include "runtime/plugin/state_service.hpp"
#include "runtime/plugin/timer_queue.hpp"

namespace weir::plugin {

// Must not move or end before the instance's destroy() has returned. Every function a plugin calls is [any].
class InstanceHost {
  public:
    // `state_scope` nullopt: this kind of component has no state.
    InstanceHost(std::shared_ptr<const HostContext> context, std::string instance,
                 std::optional<std::string> state_scope);
    InstanceHost(const InstanceHost&) = delete;
    InstanceHost& operator=(const InstanceHost&) = delete;

    [[nodiscard]] const weir_host* abi() const noexcept { return &abi_.host; }
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] const HostContext& context() const noexcept { return *context_; }
    [[nodiscard]] TimerQueue& timers() noexcept { return timers_; }
    [[nodiscard]] const TimerQueue& timers() const noexcept { return timers_; }
    [[nodiscard]] StateService* state() noexcept { return state_ ? &*state_ : nullptr; }
    [[nodiscard]] Health health() const;
    // Text that came from the plugin, without the secrets it was given.
    [[nodiscard]] std::string redact(std::string_view text) const { return secrets_.redact(text); }
    [[nodiscard]] Error redact(Error error) const;
    // [any] Called too when a timer became the earliest; the handle's own way to look again. Empty: nobody.
    void on_timer_armed(std::function<void()> hook);
    // The instance was abandoned: whatever it still calls does nothing and does not touch the context.
    void cut() noexcept;

  private:
    struct Abi {
        weir_host host;
        InstanceHost* owner;
    };
    static InstanceHost& of(const weir_host* host) noexcept;
    void log(std::uint32_t level, weir_str message, const weir_attr* fields, std::uint32_t count);
    void report_health(std::uint32_t state, weir_str code, weir_str message);
    void timer_armed();
    const void* service(const char* id) noexcept;

    const std::shared_ptr<const HostContext> context_;
    const std::string instance_;
    Abi abi_{};
    std::atomic<bool> cut_{false};
    SecretService secrets_;
    TimerQueue timers_;
    std::optional<StateService> state_;
    std::mutex hook_mutex_;
    std::function<void()> hook_;
    mutable std::mutex health_mutex_;
    Health health_;
};

}  // namespace weir::plugin
