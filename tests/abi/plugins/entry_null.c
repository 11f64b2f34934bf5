/* The entry function refuses every host. */
#include <weir/plugin.h>

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    return NULL;
}
