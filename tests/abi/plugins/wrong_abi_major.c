/* The manifest says ABI 1, the struct says 2. */
#include "minimal.h"

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin;
    plugin = minimal_plugin();
    plugin.abi_major = 2;
    return &plugin;
}
