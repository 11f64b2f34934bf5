#include "runtime/plugin/instance.hpp"

#include <utility>
#include <vector>

#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/bounded_call.hpp"

namespace weir::plugin {

void keep_forever(std::shared_ptr<void> kept) {
    struct Kept {
        std::mutex mutex;
        std::vector<std::shared_ptr<void>> all;
    };
    static auto& forever = *new Kept;  // never destroyed: threads that stayed behind outlive main's statics
    const std::lock_guard lock(forever.mutex);
    forever.all.push_back(std::move(kept));
}

std::unique_lock<std::mutex> Instance::Core::process_lock() const {
    if (component.threading != WEIR_THREADS_PROCESS_SERIAL) return {};
    return std::unique_lock(library->process_mutex());
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const Library> library,
                                                   const weir_component& component,
                                                   std::shared_ptr<const HostContext> context, std::string name,
                                                   std::string settings_json, std::optional<std::string> state_scope) {
    const auto limit = context->create_limit;
    auto core = std::make_shared<Core>(std::move(library), component, std::move(context), std::move(name),
                                       std::move(state_scope));
    const auto detail = std::make_shared<AbiError>();
    const bool back = run_bounded(
        [core, detail, settings = std::move(settings_json)] {
            const auto lock = core->process_lock();
            core->raw = core->component.create(&core->component, core->host.abi(), str(settings), detail->get());
        },
        limit);
    if (!back) {
        core->host.cut();
        keep_forever(core);
        return Error{Errc::unavailable,
                     core->host.instance() + ": create() did not return within " + std::to_string(limit.count()) +
                         " ms, it was abandoned",
                     "create_hung",
                     {}};
    }
    if (core->raw == nullptr) {
        Error error = core->host.redact(detail->error(WEIR_E_CONFIG, "create()"));
        return std::move(error).in(core->host.instance());
    }
    return std::unique_ptr<Instance>(new Instance(std::move(core)));
}

bool Instance::destroy() {
    if (abandoned_ || std::exchange(destroyed_, true)) return !abandoned_;
    stop();
    const bool back = run_bounded(
        [core = core_] {
            const auto lock = core->process_lock();
            core->component.destroy(core->raw);
        },
        context().destroy_limit);
    if (!back) abandon("destroy() did not return in time");
    return back;
}

std::unique_lock<std::mutex> Instance::enter() {
    switch (core_->component.threading) {
        case WEIR_THREADS_CONCURRENT:
            return {};
        case WEIR_THREADS_PROCESS_SERIAL:
            return core_->process_lock();
        default:
            return std::unique_lock(calls_);
    }
}

std::unique_lock<std::mutex> Instance::enter_and_run_timers() {
    auto lock = enter();
    run_timers();
    return lock;
}

void Instance::run_timers() {
    if (!host().timers().next_mono_ns()) return;
    const std::unique_lock lock(timers_, std::try_to_lock);
    if (!lock) return;
    const AbiCall call(CallContext{});
    host().timers().run_due(call.get());
}

void Instance::run_due_timers(const CallContext& call) {
    if (abandoned_ || !host().timers().next_mono_ns()) return;
    const auto calls = enter();
    const std::unique_lock lock(timers_, std::try_to_lock);
    if (!lock) return;
    CallContext outside = call;
    outside.id = 0;
    const AbiCall abi(outside);
    host().timers().run_due(abi.get());
}

Error Instance::error(const AbiError& detail, weir_status status, std::string_view what) const {
    return host().redact(detail.error(status, what));
}

Status Instance::start(const CallContext& call) {
    if (abandoned_) return Error{Errc::unknown, name() + ": the instance was abandoned", "abandoned", {}};
    const auto lock = enter_and_run_timers();
    const AbiCall abi(call);
    AbiError detail;
    const weir_status status = core_->component.start(raw(), abi.get(), detail.get());
    return status >= 0 ? ok() : Status(error(detail, status, "start()").in(name()));
}

Status Instance::probe(const CallContext& call) {
    if (core_->component.probe == nullptr) {
        return Error{Errc::not_found, name() + ": the component has no probe()", "unsupported", {}};
    }
    if (abandoned_) return Error{Errc::unknown, name() + ": the instance was abandoned", "abandoned", {}};
    const auto lock = enter_and_run_timers();
    const AbiCall abi(call);
    AbiError detail;
    const weir_status status = core_->component.probe(raw(), abi.get(), detail.get());
    return status >= 0 ? ok() : Status(error(detail, status, "probe()").in(name()));
}

void Instance::abandon(std::string_view why) {
    if (abandoned_.exchange(true)) return;
    log::error("instance abandoned", {{"instance", name()}, {"reason", why}});
    core_->host.cut();
    keep_forever(core_);
}

}  // namespace weir::plugin
