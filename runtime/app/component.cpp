#include "runtime/app/component.hpp"

#include <weir/lookup.h>

#include <utility>

namespace weir::app {

Result<Component> find_component(const plugin::Registry& registry, const std::string& id, const std::string& range,
                                 std::uint32_t kind, const std::string& name) {
    WEIR_TRY(const plugin::Candidate* candidate, registry.find(id, range));
    WEIR_TRY(auto library, registry.load(*candidate));
    const weir_component* found = library->component(kind, name);
    if (found == nullptr) {
        return Error{Errc::not_found,
                     "plugin \"" + id + "\" has no component \"" + name + "\" of this kind",
                     "unknown_component",
                     {}};
    }
    return Component{std::move(library), found};
}

std::uint32_t traits_of(const weir_component& component, const std::string& settings_json) {
    if (component.extension == nullptr) return component.traits;
    const auto* extension = static_cast<const weir_ext_traits*>(component.extension(&component, WEIR_EXT_TRAITS));
    if (extension == nullptr) return component.traits;
    return extension->traits(&component, {settings_json.data(), settings_json.size()});
}

}  // namespace weir::app
