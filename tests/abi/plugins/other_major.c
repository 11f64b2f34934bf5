/* A plugin of the next major: it exports weir_plugin_entry_v2 and nothing else. */
#include <weir/plugin.h>

WEIR_EXPORT const void* weir_plugin_entry_v2(uint32_t host_abi_minor);
const void* weir_plugin_entry_v2(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    return NULL;
}
