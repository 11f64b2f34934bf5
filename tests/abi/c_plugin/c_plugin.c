/* A whole plugin in C11, without the SDK: what the ABI asks of an author in its barest form. */
#include <stdio.h>
#include <stdlib.h>

#include <weir/plugin.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

static weir_outcome outcome_of(uint32_t kind, const char* code) {
    weir_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.struct_size = sizeof outcome;
    outcome.kind = kind;
    outcome.code.data = code;
    outcome.code.size = code == NULL ? 0 : strlen(code);
    return outcome;
}

/* ------------------------------------------------------------------ what all three share */

struct weir_instance {
    const weir_host* host;
    unsigned next;      /* source: the number to emit */
    unsigned confirmed; /* source: the highest number known to be durable */
    char last[32];      /* sink */
    size_t last_size;
};

static weir_instance* create(const weir_component* component, const weir_host* host, weir_str config,
                             weir_error* error) {
    (void)component;
    if (config.size == 0 || config.data[0] != '{') {
        strcpy(error->code, "CONFIG");
        strcpy(error->message, "expected an object");
        return NULL;
    }
    weir_instance* self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->host = host;
    self->next = 1;
    return self;
}
static weir_status start(weir_instance* self, const weir_call* call, weir_error* error) {
    (void)self, (void)call, (void)error;
    return WEIR_OK;
}
static void stop(weir_instance* self) { (void)self; }
static void destroy(weir_instance* self) { free(self); }

/* ------------------------------------------------------------------ source: 1 to 5 */

static weir_status poll(weir_instance* self, const weir_call* call, weir_out* out, uint32_t max_records,
                        uint64_t max_bytes, weir_error* error) {
    (void)call, (void)max_bytes, (void)error;
    if (self->next > 5) return WEIR_END;
    unsigned number = self->next;
    char text[16];
    for (uint32_t i = 0; i < max_records && number <= 5; ++i, ++number) {
        weir_record record;
        memset(&record, 0, sizeof record);
        record.time_unix_ns = WEIR_TIME_UNKNOWN;
        record.payload.size = (size_t)snprintf(text, sizeof text, "%u", number);
        record.payload.data = text; /* copied by emit: it is not in the arena */
        record.id = record.payload;
        if (out->emit(out, &record, sizeof record) < 0) return WEIR_E_RETRY;
    }
    const weir_str partition = {NULL, 0};
    const weir_str cursor = {text, strlen(text)};
    const weir_status status = out->submit(out, partition, cursor, number - 1);
    if (status == WEIR_E_BUSY) return WEIR_IDLE; /* nothing was taken: the same numbers again, later */
    if (status < 0) return status;
    self->next = number;
    return WEIR_OK;
}
static void ack(weir_instance* self, uint64_t token, const weir_outcome* whole, const weir_outcome* items,
                uint32_t item_count, uint32_t item_stride) {
    (void)items, (void)item_count, (void)item_stride;
    if (whole->kind == WEIR_OUT_OK || whole->kind == WEIR_OUT_DUPLICATE) self->confirmed = (unsigned)token;
}
static weir_status resume(weir_instance* self, weir_str partition, weir_str cursor, weir_error* error) {
    (void)partition;
    if (cursor.size != 1 || cursor.data[0] < '1' || cursor.data[0] > '5') {
        strcpy(error->message, "expected a cursor from 1 to 5");
        return WEIR_E_FATAL;
    }
    self->next = (unsigned)(cursor.data[0] - '0') + 1;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ transform: each payload twice */

static weir_status transform(weir_instance* self, const weir_call* call, const weir_batch* in, weir_out* out,
                             weir_error* error) {
    (void)self, (void)call, (void)error;
    for (uint32_t i = 0; i < in->count; ++i) {
        weir_record record;
        weir_batch_load(in, i, &record);
        const weir_str payload = record.payload;
        weir_outcome outcome = outcome_of(WEIR_OUT_OK, NULL);
        if (payload.size == 0) {
            outcome = outcome_of(WEIR_OUT_REJECTED, "EMPTY");
        } else {
            char* twice = out->alloc(out, 2 * payload.size); /* in the arena: emit copies nothing */
            if (twice == NULL) return WEIR_E_TOO_LARGE;
            memcpy(twice, payload.data, payload.size);
            memcpy(twice + payload.size, payload.data, payload.size);
            memset(&record, 0, sizeof record); /* everything else is inherited from `origin` */
            record.time_unix_ns = WEIR_TIME_UNKNOWN;
            record.origin = i;
            record.payload.data = twice;
            record.payload.size = 2 * payload.size;
            if (out->emit(out, &record, sizeof record) < 0) return WEIR_E_RETRY;
        }
        out->set_outcome(out, i, &outcome);
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ sink: keeps the last payload */

static weir_status deliver(weir_instance* self, const weir_call* call, weir_delivery* delivery, weir_error* error) {
    (void)call, (void)error;
    for (uint32_t i = 0; i < delivery->batch->count; ++i) {
        weir_record record;
        weir_batch_load(delivery->batch, i, &record);
        weir_outcome outcome = outcome_of(WEIR_OUT_OK, NULL);
        outcome.remote_id = weir_delivery_item(delivery, i)->external_ref;
        if (record.payload.size > sizeof self->last) {
            outcome = outcome_of(WEIR_OUT_REJECTED, "TOO_LONG");
            outcome.error_class = WEIR_CLASS_TECHNICAL;
        } else {
            memcpy(self->last, record.payload.data, record.payload.size);
            self->last_size = record.payload.size;
        }
        delivery->set_outcome(delivery, i, &outcome);
    }
    return WEIR_OK;
}
static weir_status resolve(weir_instance* self, const weir_call* call, weir_delivery* delivery, weir_error* error) {
    (void)call, (void)error;
    for (uint32_t i = 0; i < delivery->batch->count; ++i) {
        weir_record record;
        weir_batch_load(delivery->batch, i, &record);
        const int found =
            record.payload.size == self->last_size && memcmp(record.payload.data, self->last, self->last_size) == 0;
        const weir_outcome outcome = outcome_of(found ? WEIR_OUT_OK : WEIR_OUT_RETRY, NULL);
        delivery->set_outcome(delivery, i, &outcome);
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ the tables */

static const weir_source_ops source_ops = {
    .struct_size = sizeof(weir_source_ops), .poll = poll, .ack = ack, .resume = resume};
static const weir_transform_ops transform_ops = {.struct_size = sizeof(weir_transform_ops), .transform = transform};
static const weir_sink_ops sink_ops = {.struct_size = sizeof(weir_sink_ops), .deliver = deliver, .resolve = resolve};

#define COMPONENT(kind_, name_, ops_, traits_)                                                                    \
    {                                                                                                             \
        .struct_size = sizeof(weir_component), .kind = kind_, .traits = traits_, .name = STR(name_), .ops = ops_, \
        .create = create, .start = start, .stop = stop, .destroy = destroy                                        \
    }
static const weir_component count =
    COMPONENT(WEIR_KIND_SOURCE, "count", &source_ops, WEIR_TRAIT_REPLAYABLE | WEIR_TRAIT_STABLE_IDS);
static const weir_component twice = COMPONENT(WEIR_KIND_TRANSFORM, "double", &transform_ops, WEIR_TRAIT_PURE);
static const weir_component memory = COMPONENT(WEIR_KIND_SINK, "memory", &sink_ops, WEIR_TRAIT_IDEMPOTENT_NATURAL);
static const weir_component* const components[] = {&count, &twice, &memory};

extern const char weir_manifest_begin[] __attribute__((visibility("hidden")));
extern const char weir_manifest_end[] __attribute__((visibility("hidden")));

const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) {
    (void)host_abi_minor;
    static weir_plugin plugin = {
        .struct_size = sizeof(weir_plugin),
        .abi_major = WEIR_ABI_MAJOR,
        .abi_minor = WEIR_ABI_MINOR,
        .component_count = 3,
        .id = STR(WEIR_PLUGIN_ID),
        .version = STR(WEIR_PLUGIN_VERSION),
        .sdk = STR("none"),
        .components = components,
    };
    /* Not a constant expression in C. The value is always the same, so the order of threads does not matter. */
    plugin.manifest.data = weir_manifest_begin;
    plugin.manifest.size = (size_t)(weir_manifest_end - weir_manifest_begin);
    return &plugin;
}
