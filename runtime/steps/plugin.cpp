// The plugin "weir": its table, and the static check of its steps.
#include <array>

#include "runtime/steps/step.hpp"
#include "runtime/steps/steps.hpp"

extern "C" __attribute__((visibility("hidden"))) const char weir_steps_manifest_begin[];
extern "C" __attribute__((visibility("hidden"))) const char weir_steps_manifest_end[];

namespace weir::steps {

namespace {

constexpr std::size_t kSteps = 7;

std::array<const StepEntry*, kSteps> entries() noexcept {
    return {&kMapStep, &kFilterStep, &kSwitchStep, &kSplitStep, &kTagStep, &kRedactStep, &kOwnershipStep};
}

weir_plugin make() noexcept {
    static const auto components = [] {
        std::array<const weir_component*, kSteps> all{};
        for (std::size_t i = 0; i < kSteps; ++i) all[i] = entries()[i]->component;
        return all;
    }();
    weir_plugin plugin{};
    plugin.struct_size = sizeof plugin;
    plugin.abi_major = WEIR_ABI_MAJOR;
    plugin.abi_minor = WEIR_ABI_MINOR;
    plugin.component_count = kSteps;
    plugin.id = str("weir");
    plugin.version = str(WEIR_STEPS_VERSION);
    plugin.sdk = str("weir-cpp " WEIR_SDK_VERSION " " __VERSION__);
    plugin.manifest = {weir_steps_manifest_begin,
                       static_cast<std::size_t>(weir_steps_manifest_end - weir_steps_manifest_begin)};
    plugin.components = components.data();
    return plugin;
}

}  // namespace

const weir_plugin& builtin_plugin() noexcept {
    static const weir_plugin plugin = make();
    return plugin;
}

Checked check(std::string_view transform, std::string_view settings_json,
              const std::shared_ptr<const expr::Schema>& data, const Surroundings& surroundings) {
    Reading reading(&surroundings, data);
    JsonParser parser;
    const auto settings = parser.parse(settings_json);
    if (!settings.ok()) {
        reading.problem("", "settings", "the settings are not JSON: " + settings.error().message);
        return std::move(reading.checked());
    }
    for (const StepEntry* entry : entries()) {
        if (view(entry->component->name) != transform) continue;
        entry->check(*settings, reading);
        return std::move(reading.checked());
    }
    reading.problem("", "unknown_transform", "there is no step \"" + std::string(transform) + "\"");
    return std::move(reading.checked());
}

}  // namespace weir::steps
