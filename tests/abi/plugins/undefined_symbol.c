/* Needs a function nobody has: it must fail to load, at once and not in the middle of a call. */
#include <weir/plugin.h>

const weir_plugin* weir_function_that_nobody_has(void);

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    return weir_function_that_nobody_has();
}
