/* init says no, with a reason. */
#include "minimal.h"

static weir_status init(const weir_host* host, weir_error* error) {
    (void)host;
    strcpy(error->code, "NO_LICENCE_SERVER");
    strcpy(error->message, "the licence server does not answer");
    return WEIR_E_FATAL;
}

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin;
    plugin = minimal_plugin();
    plugin.init = init;
    return &plugin;
}
