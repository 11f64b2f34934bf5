// A plugin's component as routes use it, and what it promises with the settings they give it.
#pragma once

#include <weir/plugin.h>

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/plugin/registry.hpp"

namespace weir::app {

struct Component {
    std::shared_ptr<const plugin::Library> library;
    const weir_component* component = nullptr;  // of `library`
};

// Loads the plugin. Errors as Registry::find and Registry::load, and `not_found` with code unknown_component.
[[nodiscard]] Result<Component> find_component(const plugin::Registry& registry, const std::string& id,
                                               const std::string& range, std::uint32_t kind, const std::string& name);

// WEIR_TRAIT_*: of the component, or of these settings of it where that is not the same.
[[nodiscard]] std::uint32_t traits_of(const weir_component& component, const std::string& settings_json);

}  // namespace weir::app
