// What the library says about itself, held against what its manifest said before any of its code ran.
#include <cstddef>

#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/library.hpp"

namespace weir::plugin {

namespace {

// A struct that claims more than this was not filled by anybody who meant it.
constexpr std::uint32_t kStructMax = 64 * 1024;

Error wrong(std::string code, std::string message) { return {Errc::invalid, std::move(message), std::move(code), {}}; }

Status check_size(std::uint32_t size, std::size_t required, std::string_view what) {
    if (size >= required && size <= kStructMax) return ok();
    return wrong("wrong_size", std::string(what) + " says it has " + std::to_string(size) +
                                   " bytes, expected at least " + std::to_string(required));
}

Status check_equal(std::string_view found, std::string_view expected, std::string_view what) {
    if (found == expected) return ok();
    return wrong("manifest_mismatch", "the library's " + std::string(what) + " is \"" + bounded_text(found, 80) +
                                          "\", its manifest says \"" + std::string(expected) + "\"");
}

Status check_present(bool present, const std::string& component, std::string_view function) {
    if (present) return ok();
    return wrong("missing_function", "component \"" + component + "\" has no " + std::string(function) + "()");
}

std::string_view kind_name(std::uint32_t kind) {
    switch (kind) {
        case WEIR_KIND_SOURCE:
            return "source";
        case WEIR_KIND_TRANSFORM:
            return "transform";
        case WEIR_KIND_SINK:
            return "sink";
        default:
            return "";
    }
}

Status check_ops(const weir_component& component, const std::string& name) {
    WEIR_CHECK_OK(check_present(component.ops != nullptr, name, "ops"));
    const auto size = *static_cast<const std::uint32_t*>(component.ops);
    const std::string what = "component \"" + name + "\": its ops table";
    if (component.kind == WEIR_KIND_SOURCE) {
        WEIR_CHECK_OK(check_size(size, sizeof(weir_source_ops), what));
        const auto& ops = *static_cast<const weir_source_ops*>(component.ops);
        WEIR_CHECK_OK(check_present(ops.poll != nullptr || ops.attach != nullptr, name, "poll() or attach"));
        return check_present(ops.ack != nullptr, name, "ack");
    }
    if (component.kind == WEIR_KIND_TRANSFORM) {
        WEIR_CHECK_OK(check_size(size, sizeof(weir_transform_ops), what));
        return check_present(static_cast<const weir_transform_ops*>(component.ops)->transform != nullptr, name,
                             "transform");
    }
    WEIR_CHECK_OK(check_size(size, sizeof(weir_sink_ops), what));
    return check_present(static_cast<const weir_sink_ops*>(component.ops)->deliver != nullptr, name, "deliver");
}

Status check_component(const weir_component* component, const Manifest& manifest) {
    if (component == nullptr) return wrong("manifest_mismatch", "a component pointer is null");
    WEIR_CHECK_OK(check_size(component->struct_size, sizeof(weir_component), "a component"));
    const std::string name(plugin_view(component->name));
    const std::string_view kind = kind_name(component->kind);
    bool declared = false;
    for (const ComponentManifest& entry : manifest.components) declared |= entry.name == name && entry.kind == kind;
    if (!declared) {
        return wrong("manifest_mismatch", "component \"" + bounded_text(name, 80) + "\" of kind " +
                                              std::to_string(component->kind) + " (" + std::string(kind) +
                                              ") is not in the manifest");
    }
    WEIR_CHECK_OK(check_present(component->create != nullptr, name, "create"));
    WEIR_CHECK_OK(check_present(component->start != nullptr, name, "start"));
    WEIR_CHECK_OK(check_present(component->stop != nullptr, name, "stop"));
    WEIR_CHECK_OK(check_present(component->destroy != nullptr, name, "destroy"));
    return check_ops(*component, name);
}

Status check_abi(const weir_plugin& plugin, const Manifest& manifest) {
    if (plugin.abi_major != WEIR_ABI_MAJOR || plugin.min_host_minor > WEIR_ABI_MINOR) {
        return wrong("abi_major", "the library was compiled against plugin ABI " + std::to_string(plugin.abi_major) +
                                      "." + std::to_string(plugin.abi_minor) + " and needs minor " +
                                      std::to_string(plugin.min_host_minor) + ", this host speaks " +
                                      std::to_string(WEIR_ABI_MAJOR) + "." + std::to_string(WEIR_ABI_MINOR));
    }
    if (plugin.abi_minor != manifest.abi_minor || plugin.min_host_minor != manifest.min_host_minor) {
        return wrong("manifest_mismatch", "the library's ABI minor is " + std::to_string(plugin.abi_minor) +
                                              " (needs " + std::to_string(plugin.min_host_minor) +
                                              "), its manifest says " + std::to_string(manifest.abi_minor) +
                                              " (needs " + std::to_string(manifest.min_host_minor) + ")");
    }
    return ok();
}

}  // namespace

Status check_plugin(const weir_plugin& plugin, const Manifest& manifest) {
    WEIR_CHECK_OK(check_size(plugin.struct_size, sizeof(weir_plugin), "weir_plugin"));
    WEIR_CHECK_OK(check_abi(plugin, manifest));
    WEIR_CHECK_OK(check_equal(plugin_view(plugin.id), manifest.id, "id"));
    WEIR_CHECK_OK(check_equal(plugin_view(plugin.version), manifest.version, "version"));
    if (plugin_view(plugin.manifest) != manifest.json) {
        return wrong("manifest_mismatch", "the library's manifest is not the one in its " WEIR_NOTE_SECTION " note");
    }
    if (plugin.component_count != manifest.components.size() || plugin.components == nullptr) {
        return wrong("manifest_mismatch", "the library has " + std::to_string(plugin.component_count) +
                                              " components, its manifest " +
                                              std::to_string(manifest.components.size()));
    }
    for (std::uint32_t i = 0; i < plugin.component_count; ++i) {
        WEIR_CHECK_OK(check_component(plugin.components[i], manifest));
        for (std::uint32_t j = 0; j < i; ++j) {
            const weir_component& a = *plugin.components[i];
            const weir_component& b = *plugin.components[j];
            if (a.kind == b.kind && plugin_view(a.name) == plugin_view(b.name)) {
                return wrong("manifest_mismatch",
                             "component \"" + std::string(plugin_view(a.name)) + "\" stands twice in the library");
            }
        }
    }
    return ok();
}

}  // namespace weir::plugin
