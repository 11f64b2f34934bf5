// One instance of a component: made, entered under its threading promise, stopped, destroyed or abandoned.
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/host_services.hpp"

namespace weir::plugin {

// Keeps `kept` until the process ends: what code that did not come back may still touch.
void keep_forever(std::shared_ptr<void> kept);

class Instance {
  public:
    // Runs create() on a thread of its own; error code create_hung when it is not back in `create_limit`.
    [[nodiscard]] static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const Library> library,
                                                                  const weir_component& component,
                                                                  std::shared_ptr<const HostContext> context,
                                                                  std::string name, std::string settings_json,
                                                                  std::optional<std::string> state_scope);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    ~Instance() { (void)destroy(); }
    // stop(), then destroy() within `destroy_limit`. False: the instance is abandoned, now or before; what it may still
    // reach must be kept. Once; nothing else may be called afterwards.
    bool destroy();

    [[nodiscard]] weir_instance* raw() const noexcept { return core_->raw; }
    [[nodiscard]] const weir_component& component() const noexcept { return core_->component; }
    template <class Ops>
    [[nodiscard]] const Ops& ops() const noexcept {
        return *static_cast<const Ops*>(core_->component.ops);
    }
    [[nodiscard]] InstanceHost& host() const noexcept { return core_->host; }
    [[nodiscard]] const std::string& name() const noexcept { return core_->host.instance(); }
    [[nodiscard]] const HostContext& context() const noexcept { return core_->host.context(); }

    // Held around every [io] call. Waits for other calls as far as the component's threading asks for it.
    [[nodiscard]] std::unique_lock<std::mutex> enter();
    // enter(), and the timers that are due.
    [[nodiscard]] std::unique_lock<std::mutex> enter_and_run_timers();

    [[nodiscard]] Status start(const CallContext& call);
    [[nodiscard]] Status probe(const CallContext& call);
    void run_due_timers(const CallContext& call);
    void stop() noexcept { core_->component.stop(core_->raw); }
    // A call did not come back, or left something behind that may still call: the instance is never destroyed.
    void abandon(std::string_view why);
    [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
    // The error of a call that ended with `status` below zero, without secrets.
    [[nodiscard]] Error error(const class AbiError& detail, weir_status status, std::string_view what) const;

  private:
    // Shared with the threads of create() and destroy(), which may stay.
    struct Core {
        Core(std::shared_ptr<const Library> lib, const weir_component& c, std::shared_ptr<const HostContext> context,
             std::string name, std::optional<std::string> state_scope)
            : library(std::move(lib)),
              component(c),
              host(std::move(context), std::move(name), std::move(state_scope)) {}
        [[nodiscard]] std::unique_lock<std::mutex> process_lock() const;

        std::shared_ptr<const Library> library;
        const weir_component& component;
        InstanceHost host;
        weir_instance* raw = nullptr;
    };
    explicit Instance(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    void run_timers();

    std::shared_ptr<Core> core_;
    bool destroyed_ = false;
    std::mutex calls_;   // SERIAL and PINNED: one call at a time
    std::mutex timers_;  // CONCURRENT: one thread runs the timers
    std::atomic<bool> abandoned_{false};
};

}  // namespace weir::plugin
