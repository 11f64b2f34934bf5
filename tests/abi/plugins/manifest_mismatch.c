/* The code calls itself something else than the manifest does. */
#include "minimal.h"

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin;
    plugin = minimal_plugin();
    const weir_str other = STR("test.somebody_else");
    plugin.id = other;
    return &plugin;
}
