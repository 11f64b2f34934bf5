/* A valid plugin in C with one transform, `echo`, that passes everything on. The bad fixtures include it and break one
 * thing each. */
#ifndef WEIR_TESTS_ABI_MINIMAL_H_
#define WEIR_TESTS_ABI_MINIMAL_H_
#include <weir/plugin.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

static char minimal_state; /* an instance needs an address, nothing more */

static weir_instance* minimal_create(const weir_component* component, const weir_host* host, weir_str config,
                                     weir_error* error) {
    (void)component, (void)host, (void)config, (void)error;
    return (weir_instance*)(void*)&minimal_state;
}
static weir_status minimal_start(weir_instance* self, const weir_call* call, weir_error* error) {
    (void)self, (void)call, (void)error;
    return WEIR_OK;
}
static void minimal_stop(weir_instance* self) { (void)self; }
static void minimal_destroy(weir_instance* self) { (void)self; }

static weir_status minimal_transform(weir_instance* self, const weir_call* call, const weir_batch* in, weir_out* out,
                                     weir_error* error) {
    (void)self, (void)call, (void)error;
    for (uint32_t i = 0; i < in->count; ++i) {
        weir_record record;
        weir_batch_load(in, i, &record);
        record.origin = i;
        weir_outcome outcome;
        memset(&outcome, 0, sizeof outcome);
        outcome.struct_size = sizeof outcome;
        outcome.kind = WEIR_OUT_OK;
        if (out->emit(out, &record, sizeof record) < 0) return WEIR_E_RETRY;
        out->set_outcome(out, i, &outcome);
    }
    return WEIR_OK;
}

static const weir_transform_ops minimal_ops = {sizeof(weir_transform_ops), 0, minimal_transform};
static const weir_component minimal_echo = {
    .struct_size = sizeof(weir_component),
    .kind = WEIR_KIND_TRANSFORM,
    .threading = WEIR_THREADS_CONCURRENT,
    .traits = WEIR_TRAIT_PURE,
    .name = STR("echo"),
    .ops = &minimal_ops,
    .create = minimal_create,
    .start = minimal_start,
    .stop = minimal_stop,
    .destroy = minimal_destroy,
};
static const weir_component* const minimal_components[] = {&minimal_echo};

#ifdef WEIR_PLUGIN_ID
extern const char weir_manifest_begin[] __attribute__((visibility("hidden")));
extern const char weir_manifest_end[] __attribute__((visibility("hidden")));

/* Correct in every field; a fixture changes the one it is about. */
static weir_plugin minimal_plugin(void) {
    const weir_plugin plugin = {
        .struct_size = sizeof(weir_plugin),
        .abi_major = WEIR_ABI_MAJOR,
        .abi_minor = WEIR_ABI_MINOR,
        .component_count = 1,
        .id = STR(WEIR_PLUGIN_ID),
        .version = STR(WEIR_PLUGIN_VERSION),
        .sdk = STR("none"),
        .manifest = {weir_manifest_begin, (size_t)(weir_manifest_end - weir_manifest_begin)},
        .components = minimal_components,
    };
    return plugin;
}
#endif
#endif
