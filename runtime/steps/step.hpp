// From a plan, which is immutable and shared by all threads, to a component of the plugin.
#pragma once

#include <weir/lookup.h>

#include <memory>
#include <utility>
#include <weir/plugin.hpp>

#include "runtime/steps/reading.hpp"

namespace weir::steps {

// Ends the record as `error` says. `unavailable`: it waits.
void refuse(Emit& emit, const Error& error);

// Base of the steps. Plan has: `Program program`, `bool reads_tables`, a constructor (const JsonValue&, Reading&), and
// `Status run(const Services&, Frame&, Emit&) const`: an error is what the record comes to.
struct Services {
    const weir_host* host = nullptr;
    const weir_svc_lookup* lookup = nullptr;  // null: the settings do not use it
};

template <class Plan>
class Step final : public Transform<NoConfig> {
  public:
    Step(Host host, std::unique_ptr<const Plan> plan) : Transform(host, {}), plan_(std::move(plan)) {
        services_.host = host.raw();
        if (plan_->program.reads_tables) services_.lookup = &host.require<weir_svc_lookup>(WEIR_SVC_LOOKUP);
    }

    void each(Call&, const Record& in, Emit& emit) override {
        Frame frame(plan_->program, in, Workspace::of_this_thread(), services_.lookup);
        if (const Status status = plan_->run(services_, frame, emit); !status.ok()) refuse(emit, status.error());
    }

  private:
    std::unique_ptr<const Plan> plan_;
    Services services_;
};

// Settings are read in the order they were written, which the SDK's own way, through nlohmann, does not keep.
template <class Plan>
struct StepTable {
    static weir_instance* create(const weir_component*, const weir_host* host, weir_str config_json,
                                 weir_error* error) noexcept {
        std::unique_ptr<Step<Plan>> made;
        const weir_status status = sdk_1::detail::guard_call(error, [&]() -> weir_status {
            JsonParser parser;
            const JsonValue settings = unwrap(parser.parse(view(config_json)));
            Reading reading(nullptr, nullptr);
            auto plan = std::make_unique<const Plan>(settings, reading);
            if (!reading.problems().empty()) throw_first(reading.problems());
            made = std::make_unique<Step<Plan>>(Host(host), std::move(plan));
            return WEIR_OK;
        });
        return status == WEIR_OK ? reinterpret_cast<weir_instance*>(made.release()) : nullptr;
    }
    // A plan that reads cross-references depends on more than its input.
    static std::uint32_t traits(const weir_component*, weir_str config_json) noexcept {
        std::uint32_t traits = 0;
        (void)sdk_1::detail::guard_call(nullptr, [&]() -> weir_status {
            JsonParser parser;
            const auto settings = parser.parse(view(config_json));
            if (!settings.ok()) return WEIR_E_CONFIG;
            Reading reading(nullptr, nullptr);
            const Plan plan(*settings, reading);
            if (!reading.checked().reads_cross_references) traits = WEIR_TRAIT_PURE;
            return WEIR_OK;
        });
        return traits;
    }
    static const void* extension(const weir_component*, const char* id) noexcept {
        static constexpr weir_ext_traits kTraits{sizeof(weir_ext_traits), 0, &traits};
        return std::string_view(id) == WEIR_EXT_TRAITS ? &kTraits : nullptr;
    }
    static void check(const JsonValue& settings, Reading& reading) { const Plan plan(settings, reading); }
};

template <class Plan>
[[nodiscard]] constexpr weir_component make_step(std::string_view name) {
    using Table = sdk_1::detail::Lifecycle<Step<Plan>>;
    weir_component component{};
    component.struct_size = sizeof component;
    component.kind = WEIR_KIND_TRANSFORM;
    component.threading = WEIR_THREADS_CONCURRENT;
    component.traits = WEIR_TRAIT_PURE;
    component.name = {name.data(), name.size()};
    component.ops = &sdk_1::detail::TransformTable<Step<Plan>>::ops;
    component.create = &StepTable<Plan>::create;
    component.start = &Table::start;
    component.stop = &Table::stop;
    component.destroy = &Table::destroy;
    component.extension = &StepTable<Plan>::extension;
    return component;
}

// One of the plugin's components, and the static check that is beyond the ABI.
struct StepEntry {
    const weir_component* component;
    void (*check)(const JsonValue& settings, Reading& reading);
};
extern const StepEntry kMapStep;
extern const StepEntry kFilterStep;
extern const StepEntry kSwitchStep;
extern const StepEntry kSplitStep;
extern const StepEntry kTagStep;
extern const StepEntry kRedactStep;
extern const StepEntry kOwnershipStep;

}  // namespace weir::steps

// WEIR_STEP(kMapStep, "map", MapPlan)
#define WEIR_STEP(entry, name, Plan)                                                          \
    namespace {                                                                               \
    constinit const weir_component k##Plan##Component = ::weir::steps::make_step<Plan>(name); \
    }                                                                                         \
    constinit const StepEntry entry{&k##Plan##Component, &::weir::steps::StepTable<Plan>::check};
