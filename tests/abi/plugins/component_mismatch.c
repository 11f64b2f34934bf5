/* The manifest lists a sink `post`; the code has the transform `echo`. */
#include "minimal.h"

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin;
    plugin = minimal_plugin();
    return &plugin;
}
