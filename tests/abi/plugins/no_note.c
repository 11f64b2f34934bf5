/* A plugin without a manifest note: only its code knows what it is. */
#define WEIR_PLUGIN_ID "test.no_note"
#define WEIR_PLUGIN_VERSION "1.0.0"
#include "minimal.h"

const char weir_manifest_begin[1] = {'{'};
const char weir_manifest_end[1] = {'}'};

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin;
    plugin = minimal_plugin();
    plugin.manifest = (weir_str){NULL, 0};
    return &plugin;
}
