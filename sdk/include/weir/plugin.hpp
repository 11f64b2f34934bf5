// From classes to the C tables: WEIR_COMPONENT and WEIR_PLUGIN.
#pragma once

#include <weir/component.hpp>
#include <weir/sink.hpp>
#include <weir/source.hpp>
#include <weir/transform.hpp>

#include <string_view>
#include <type_traits>

// The note's bytes; defined by the file weir_add_plugin() generates.
extern "C" __attribute__((visibility("hidden"))) const char weir_manifest_begin[];
extern "C" __attribute__((visibility("hidden"))) const char weir_manifest_end[];

namespace weir {
inline namespace sdk_1 {

#define WEIR_SDK_VERSION "0.1.0"

namespace detail {

template <class Class>
[[nodiscard]] consteval std::uint32_t kind_of() {
    if (std::is_base_of_v<Sink<typename Class::Config>, Class>) return WEIR_KIND_SINK;
    if (std::is_base_of_v<Transform<typename Class::Config>, Class>) return WEIR_KIND_TRANSFORM;
    return WEIR_KIND_SOURCE;
}
template <class Class>
[[nodiscard]] constexpr const void* ops_of() {
    if constexpr (kind_of<Class>() == WEIR_KIND_SINK)
        return &SinkTable<Class>::ops;
    else if constexpr (kind_of<Class>() == WEIR_KIND_TRANSFORM)
        return &TransformTable<Class>::ops;
    else
        return &SourceTable<Class>::ops;
}

template <class Class>
[[nodiscard]] constexpr weir_component make_component(std::string_view name, std::uint32_t traits,
                                                      std::uint32_t threading = WEIR_THREADS_SERIAL) {
    using Base = Component<typename Class::Config>;
    using Table = Lifecycle<Class>;
    weir_component component{};
    component.struct_size = sizeof component;
    component.kind = kind_of<Class>();
    component.threading = threading;
    component.traits = traits;
    component.name = {name.data(), name.size()};
    component.ops = ops_of<Class>();
    component.create = &Table::create;
    component.start = &Table::start;
    component.stop = &Table::stop;
    component.destroy = &Table::destroy;
    component.probe = kOverrides<&Class::probe, &Base::probe> ? &Table::probe : nullptr;
    return component;
}

[[nodiscard]] inline weir_plugin make_plugin(std::string_view id, std::string_view version,
                                             const weir_component* const* components, std::uint32_t count,
                                             std::uint16_t min_host_minor) noexcept {
    weir_plugin plugin{};
    plugin.struct_size = sizeof plugin;
    plugin.abi_major = WEIR_ABI_MAJOR;
    plugin.abi_minor = WEIR_ABI_MINOR;
    plugin.min_host_minor = min_host_minor;
    plugin.component_count = count;
    plugin.id = str(id);
    plugin.version = str(version);
    plugin.sdk = str("weir-cpp " WEIR_SDK_VERSION " " __VERSION__);
    plugin.manifest = {weir_manifest_begin, static_cast<std::size_t>(weir_manifest_end - weir_manifest_begin)};
    plugin.components = components;
    return plugin;
}

}  // namespace detail
}  // namespace sdk_1
}  // namespace weir

// WEIR_COMPONENT(variable, Class, traits[, threading]): declares `variable`, the component of that name. A '_' in the
// variable is a '-' in the name where the second form says so: WEIR_COMPONENT_NAMED(usage_to_entry, "usage-to-entry",
// ...). Name, kind and settings stand in plugin.json too; the host refuses a library where the two disagree.
#define WEIR_COMPONENT(variable, ...) WEIR_COMPONENT_NAMED(variable, #variable, __VA_ARGS__)
#define WEIR_COMPONENT_NAMED(variable, name, Class, ...) \
    extern const weir_component variable;                \
    constinit const weir_component variable = ::weir::detail::make_component<Class>(name, __VA_ARGS__);

// WEIR_PLUGIN(&first, &second...): the library's one exported function.
#define WEIR_PLUGIN(...)                                                                                           \
    extern "C" WEIR_EXPORT const weir_plugin* weir_plugin_entry_v1(std::uint32_t host_abi_minor) noexcept {        \
        static constexpr const weir_component* kComponents[] = {__VA_ARGS__};                                      \
        static const weir_plugin plugin = ::weir::detail::make_plugin(                                             \
            WEIR_PLUGIN_ID, WEIR_PLUGIN_VERSION, kComponents, std::size(kComponents), WEIR_PLUGIN_MIN_HOST_MINOR); \
        return host_abi_minor < plugin.min_host_minor ? nullptr : &plugin;                                         \
    }
