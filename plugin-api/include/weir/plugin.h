/* weir/plugin.h - the weir plugin ABI, version 1.0.  C11 or C++17 and later, LP64 only.
 *
 * A plugin is one shared library that exports ONE symbol, weir_plugin_entry_v1, and carries its manifest
 * (plugin.json) as the ELF note ".note.weir". docs/formats/manifest.md describes the manifest.
 *
 * THE RULES
 *  1. The ABI major is in the symbol's name. A library may export _v1 and _v2 side by side.
 *  2. Structs that begin with `struct_size` grow by APPENDING only, in a minor version. The side that
 *     fills a struct sets struct_size to its own sizeof; the reader treats fields beyond it as zero
 *     (WEIR_HAS). Arrays of growable structs carry a stride. Structs marked FROZEN never change.
 *  3. Everything optional is found BY NAME ("weir.state/1"), never by a flag. A changed interface gets a
 *     new revision in its id; the old id is kept for the life of the major.
 *  4. Nobody frees the other side's memory. A pointer handed over is a borrowed view, valid until the
 *     call returns. To keep a batch longer: retain/release. To hand data out: the host's arena (alloc), or
 *     let the host copy. Strings are UTF-8, (pointer, length), not NUL-terminated; {NULL, 0} is absent.
 *  5. No exception, longjmp, signal handler, fork, setlocale, chdir, atexit or exit() crosses this border
 *     or happens behind it. Compiled as C++ every pointer below is noexcept: a function that may throw
 *     does not convert.
 *  6. Threads: each function names who calls it: [create] the host's set-up thread, [io] the instance's
 *     worker thread, [any] any thread at any time. The host never calls an instance from two threads at
 *     once unless its component says WEIR_THREADS_CONCURRENT; [any] functions are always concurrent.
 *  7. Plain data in, plain data out; nothing here needs shared memory, so one library can run in the
 *     host, in a child process or on another machine. Host callbacks may block.
 *  8. Enumerations travel as fixed-width integers. Each one documents what an unknown value means.
 *
 * Times are nanoseconds: *_unix_ns since 1970-01-01T00:00:00Z, *_mono_ns on weir_host.mono_ns().
 * Layout is frozen by the assertions at the end and by tests/abi/layout.golden.
 */
#ifndef WEIR_PLUGIN_H_
#define WEIR_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WEIR_ABI_MAJOR 1
#define WEIR_ABI_MINOR 0

#if defined(__cplusplus)
#define WEIR_NX noexcept
#define WEIR_BEGIN extern "C" {
#define WEIR_END_C }
#define WEIR_ASSERT(condition, text) static_assert(condition, text)
#else
#define WEIR_NX
#define WEIR_BEGIN
#define WEIR_END_C
#define WEIR_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define WEIR_EXPORT __attribute__((visibility("default")))

#if defined(__cplusplus) /* no old-style cast in the plugin author's face */
#define WEIR_FIELD_END(type, field) (offsetof(type, field) + sizeof(type::field))
#else
#define WEIR_FIELD_END(type, field) (offsetof(type, field) + sizeof(((type*)0)->field))
#endif
/* Is `field` present in *p as its writer filled it? */
#define WEIR_HAS(p, type, field) ((p)->struct_size >= WEIR_FIELD_END(type, field))

WEIR_BEGIN

/* ------------------------------------------------------------------ values */

typedef struct weir_str { /* FROZEN */
    const char* data;
    size_t size;
} weir_str;

typedef struct weir_attr { /* FROZEN */
    weir_str key;
    weir_str value;
} weir_attr;

/* What a call came to. >= 0 is not an error. An unknown negative value means WEIR_E_FATAL, an unknown
 * positive one WEIR_OK. int32_t, not the enum: C leaves an enum's size to the compiler. */
typedef int32_t weir_status;
enum {
    WEIR_OK = 0,
    WEIR_PENDING = 1,           /* sink.deliver: outcomes follow, then finish() */
    WEIR_IDLE = 2,              /* source.poll: nothing now, call again */
    WEIR_END = 3,               /* source.poll: exhausted for good */
    WEIR_E_RETRY = -1,          /* technical, transient: the host backs off and calls again */
    WEIR_E_DISCONNECTED = -2,   /* no session: the host calls start() again, then repeats */
    WEIR_E_CONFIG = -3,         /* the configuration is wrong: a person must act; no retry */
    WEIR_E_FATAL = -4,          /* the instance is broken: the host destroys and re-creates it */
    WEIR_E_CANCELLED = -5,      /* stop or deadline was honoured */
    WEIR_E_BUSY = -6,           /* back-pressure: nothing was taken, try again later */
    WEIR_E_UNSUPPORTED = -7,
    WEIR_E_NOT_FOUND = -8,
    WEIR_E_TOO_LARGE = -9,
    WEIR_E_PROTOCOL = -10,      /* the caller broke this contract */
    WEIR_E_INTERNAL = -11       /* the SDK caught an exception nobody handled */
};

/* Detail of an error. The CALLER allocates it (on its stack) and sets struct_size; the callee fills it. */
typedef struct weir_error {
    uint32_t struct_size;
    uint32_t reserved;
    char code[64];              /* stable and machine readable: "ACME_AUTH_EXPIRED" */
    char pointer[192];          /* JSON Pointer into the configuration with WEIR_E_CONFIG, else "" */
    char message[760];          /* for people; never holds a secret or a payload */
} weir_error;

/* ------------------------------------------------------------------ records */

enum {
    WEIR_REC_TOMBSTONE = 1u << 0, /* an absent payload means "deleted", not "empty" */
    WEIR_REC_FRESH = 1u << 1      /* out of a transform: inherit nothing. Default: fields a transform left
                                     absent, and fields beyond its record_size, come from input `origin`,
                                     so an old transform in the middle does not strip newer headers */
};
#define WEIR_TIME_UNKNOWN INT64_MIN

typedef struct weir_record {    /* growable by stride: read with weir_batch_at(), copy ONLY with weir_batch_load() */
    uint32_t flags;             /* WEIR_REC_*; unknown bits are ignored */
    uint32_t origin;            /* out of a transform: index of the input this derives from */
    int64_t time_unix_ns;       /* when it happened; WEIR_TIME_UNKNOWN when the sender did not say */
    int64_t ingest_unix_ns;     /* when weir took it; set by the host */
    weir_str id;                /* unique within `source`; the host assigns a UUIDv7 when a source leaves it absent */
    weir_str key;               /* ordering key; absent: the route's key expression decides */
    weir_str type;              /* CloudEvents type, "com.acme.order.created" */
    weir_str schema;            /* CloudEvents dataschema or a contract name, "com.acme.order/2" */
    weir_str source;            /* CloudEvents source */
    weir_str subject;           /* CloudEvents subject */
    weir_str content_type;      /* of payload; absent means application/json */
    weir_str correlation_id;
    weir_str causation_id;
    weir_str traceparent;       /* W3C Trace Context */
    weir_str tracestate;
    const weir_attr* attrs;     /* further CloudEvents extension attributes */
    uint32_t attr_count;
    uint32_t reserved0;
    weir_str payload;           /* bytes; the CloudEvents `data` */
} weir_record;

/* Limits the host enforces at submit (WEIR_E_TOO_LARGE): each string above 64 KiB - 1, attrs 64, payload
 * as configured (default 8 MiB). */

typedef struct weir_batch weir_batch;
struct weir_batch {
    uint32_t struct_size;
    uint32_t stride;            /* bytes from one record to the next AND bytes valid in each */
    uint32_t count;
    uint32_t reserved;
    const weir_record* records;
    void (*retain)(const weir_batch*) WEIR_NX;  /* [any] records stay valid until the matching release */
    void (*release)(const weir_batch*) WEIR_NX; /* [any] */
};

static inline const weir_record* weir_batch_at(const weir_batch* batch, uint32_t index) {
    return (const weir_record*)(const void*)((const char*)(const void*)batch->records +
                                             (size_t)index * batch->stride);
}

/* Copies what the host wrote and zeroes the rest. `*weir_batch_at()` as a whole-struct copy would read past
 * the end of an older host's record: the one mistake this ABI makes easy. */
static inline void weir_batch_load(const weir_batch* batch, uint32_t index, weir_record* out) {
    size_t have = batch->stride < sizeof *out ? batch->stride : sizeof *out;
    memset(out, 0, sizeof *out);
    memcpy(out, weir_batch_at(batch, index), have);
}
#define WEIR_RECORD_HAS(batch, field) ((batch)->stride >= WEIR_FIELD_END(weir_record, field))

/* ------------------------------------------------------------------ one call */

enum {
    WEIR_CALL_DRY_RUN = 1u << 0, /* compute, do not touch the outside world */
    WEIR_CALL_REPLAY = 1u << 1   /* the records were delivered before (an operator replays them) */
};
typedef struct weir_call weir_call;
struct weir_call {
    uint32_t struct_size;
    uint32_t flags;             /* WEIR_CALL_*; unknown bits are ignored */
    uint64_t id;                /* scopes state writes: they commit with THIS call or not at all. For a sink it
                                   equals weir_delivery.id and lives until finish() */
    int64_t deadline_mono_ns;   /* 0: none */
    weir_str traceparent;       /* span of this call: parent for outgoing requests */
    uint32_t (*cancelled)(const weir_call*) WEIR_NX; /* [any] non-zero: stop early; poll it in loops */
};

/* ------------------------------------------------------------------ outcome of one record */

enum {                          /* unknown value: WEIR_OUT_RETRY_UNKNOWN */
    WEIR_OUT_UNSET = 0,         /* NOT success: treated as WEIR_OUT_RETRY_UNKNOWN */
    WEIR_OUT_OK = 1,            /* sink: delivered. resolve: found. transform: done, 0..n records emitted */
    WEIR_OUT_DUPLICATE = 2,     /* the target had it already, with the same content: done, counted apart */
    WEIR_OUT_FILTERED = 3,      /* transform: deliberately nothing; `code` says why */
    WEIR_OUT_RETRY = 4,         /* surely NOT applied: trying again is safe. resolve: surely absent */
    WEIR_OUT_RETRY_UNKNOWN = 5, /* MAY have been applied (timeout after send). resolve: cannot tell yet */
    WEIR_OUT_THROTTLED = 6,     /* not applied; come back after retry_after_ns; uses up no attempt. transform: what
                                   it needs is not there: the record waits, with those behind it on its route, for
                                   as long as that lasts. State writes of a call with such a record are dropped */
    WEIR_OUT_REJECTED = 7       /* refused for good; error_class says who must look at it */
};
enum {                          /* who must act. Unknown value: WEIR_CLASS_TECHNICAL */
    WEIR_CLASS_DEFAULT = 0,     /* REJECTED: business; everything else: technical */
    WEIR_CLASS_TECHNICAL = 1,   /* operations: becomes a dead letter when given up */
    WEIR_CLASS_BUSINESS = 2,    /* finance: becomes an exception, never retried by itself */
    WEIR_CLASS_POLICY = 3       /* a rule of ours forbids it: becomes an exception */
};
typedef struct weir_outcome {
    uint32_t struct_size;
    uint32_t kind;              /* WEIR_OUT_* */
    int32_t remote_status;      /* HTTP status, errno, SQLSTATE class ...; 0: none */
    uint32_t error_class;       /* WEIR_CLASS_* */
    int64_t retry_after_ns;     /* 0: the host's own back-off; a longer wish is never shortened */
    weir_str code;              /* stable reason: "PERIOD_CLOSED"; from the manifest's error catalogue */
    weir_str message;           /* for people */
    weir_str remote_id;         /* what the target calls it: "INV-2024-0815"; kept for the trace */
} weir_outcome;                 /* all strings are copied before set_outcome returns */

/* ------------------------------------------------------------------ emitting records */

typedef struct weir_out weir_out;
struct weir_out {               /* the host's; used only inside the call that received it and on its thread,
                                   except one obtained from weir_inlet.begin (until end) */
    uint32_t struct_size;
    uint32_t reserved;
    /* Memory in the output arena: build payloads here and emit() copies nothing. Freed by the host. NULL when
     * the batch would exceed its size limit. */
    void* (*alloc)(weir_out*, size_t size) WEIR_NX;
    /* Views may point into the arena or into the input batch (taken by reference) or anywhere else (copied
     * now). record_size = sizeof(weir_record) as the plugin knows it. */
    weir_status (*emit)(weir_out*, const weir_record*, uint32_t record_size) WEIR_NX;
    /* Transform: outcome of input `index`; not OK: the host discards what was emitted with origin == index.
     * Source: a verdict on the index-th record emitted since the last submit. REJECTED keeps the record,
     * durable and in order, as held with `code`: a bad row is not lost and nobody else waits for it. */
    weir_status (*set_outcome)(weir_out*, uint32_t index, const weir_outcome*) WEIR_NX;
    /* Source: all records emitted since the last submit and this cursor become ONE durable transaction;
     * afterwards source.ack(token, ...). `cursor` is opaque, at most 64 KiB, kept per (source, partition);
     * {NULL, 0} leaves the stored one. WEIR_E_BUSY: nothing was taken, the emitted records stay, call submit
     * again later or drop the out. No ack follows an error. */
    weir_status (*submit)(weir_out*, weir_str partition, weir_str cursor, uint64_t token) WEIR_NX;
};

/* ------------------------------------------------------------------ host */

enum { WEIR_LOG_TRACE, WEIR_LOG_DEBUG, WEIR_LOG_INFO, WEIR_LOG_WARN, WEIR_LOG_ERROR };
enum { WEIR_METRIC_COUNTER, WEIR_METRIC_GAUGE, WEIR_METRIC_HISTOGRAM };
enum { WEIR_HEALTH_UNKNOWN, WEIR_HEALTH_OK, WEIR_HEALTH_DEGRADED, WEIR_HEALTH_DOWN };

typedef struct weir_host weir_host; /* one per INSTANCE, so that logs and metrics carry its labels */
struct weir_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;         /* what this host speaks */
    weir_str name;              /* "weir" */
    weir_str version;
    weir_str instance;          /* "orders-to-erp/sink" */
    uint32_t (*log_enabled)(const weir_host*, uint32_t level) WEIR_NX;                      /* [any] */
    void (*log)(const weir_host*, uint32_t level, weir_str message, const weir_attr* fields,
                uint32_t field_count) WEIR_NX;                                              /* [any] */
    int64_t (*mono_ns)(const weir_host*) WEIR_NX;                                           /* [any] */
    int64_t (*wall_unix_ns)(const weir_host*) WEIR_NX; /* [any] tests control it: read no clock yourself */
    uint64_t (*metric)(const weir_host*, uint32_t kind, weir_str name, weir_str unit,
                       weir_str help) WEIR_NX;                     /* [any] 0: refused */
    void (*observe)(const weir_host*, uint64_t metric, double value, const weir_attr* labels,
                    uint32_t label_count) WEIR_NX;                 /* [any] */
    void (*report_health)(const weir_host*, uint32_t health, weir_str code, weir_str message) WEIR_NX; /* [any] */
    /* NULL: not offered. The table lives as long as the instance. */
    const void* (*service)(const weir_host*, const char* id) WEIR_NX;                       /* [any] */
};

/* ------------------------------------------------------------------ components */

typedef struct weir_instance weir_instance; /* the plugin's, opaque */

enum { WEIR_KIND_SOURCE = 1, WEIR_KIND_TRANSFORM = 2, WEIR_KIND_SINK = 3 };
enum {                                 /* unknown value: WEIR_THREADS_SERIAL */
    WEIR_THREADS_SERIAL = 0,           /* one call at a time per instance, on any thread */
    WEIR_THREADS_CONCURRENT = 1,       /* calls on one instance may overlap */
    WEIR_THREADS_PINNED = 2,           /* always the same thread */
    WEIR_THREADS_PROCESS_SERIAL = 3    /* the vendor library has globals: one call at a time in the process */
};
enum {                                 /* traits: promises the host may use */
    WEIR_TRAIT_PURE = 1u << 0,         /* transform: output = f(input, config) only: it may be run again */
    WEIR_TRAIT_REPLAYABLE = 1u << 1,   /* source: same cursor, same records, same ids */
    WEIR_TRAIT_STABLE_IDS = 1u << 2,   /* source: ids survive redelivery: the host de-duplicates on them */
    WEIR_TRAIT_IDEMPOTENT_KEY = 1u << 3,     /* sink: the target honours the idempotency key */
    WEIR_TRAIT_IDEMPOTENT_NATURAL = 1u << 4, /* sink: an upsert; repeating is harmless */
    WEIR_TRAIT_BLOCKING = 1u << 5,     /* calls may block for long: give it its own thread */
    WEIR_TRAIT_ATOMIC_BATCH = 1u << 6  /* sink: RETRY, RETRY_UNKNOWN and THROTTLED come for all records of a batch or
                                          for none. Without it the host puts at most one record per ordering key
                                          into a batch, since a later one must not overtake an earlier one */
};

/* Source. Host-driven: poll != NULL. Self-driven (a listener): poll == NULL, attach != NULL. */
typedef struct weir_inlet weir_inlet;
struct weir_inlet {
    uint32_t struct_size;
    uint32_t reserved;
    weir_out* (*begin)(weir_inlet*) WEIR_NX;          /* [any] NULL: no room now, see credit */
    void (*end)(weir_inlet*, weir_out*) WEIR_NX;      /* [any] drops what was not submitted */
};
typedef struct weir_source_ops {
    uint32_t struct_size;
    uint32_t reserved;
    /* [io] Emit up to max_records / max_bytes, submit, return WEIR_OK; WEIR_IDLE by the call's deadline. */
    weir_status (*poll)(weir_instance*, const weir_call*, weir_out*, uint32_t max_records, uint64_t max_bytes,
                        weir_error*) WEIR_NX;
    /* Once per submitted token, in submit order per partition. Host-driven: [io]. Self-driven: the host's
     * acknowledging thread; it must not block. OK: durable, confirm upstream (DUPLICATE: every record was
     * known already). REJECTED: the host refused the batch, tell the sender. RETRY: the host could not store
     * it; it was NOT taken. `items`, when not NULL, holds one outcome per emitted record, `item_stride` bytes
     * apart: OK, DUPLICATE, or REJECTED (kept as held, `code` says why). */
    void (*ack)(weir_instance*, uint64_t token, const weir_outcome* whole, const weir_outcome* items,
                uint32_t item_count, uint32_t item_stride) WEIR_NX;
    /* [create] Where to resume: after create, before start, once per stored partition. */
    weir_status (*resume)(weir_instance*, weir_str partition, weir_str cursor, weir_error*) WEIR_NX;
    void (*attach)(weir_instance*, weir_inlet*) WEIR_NX; /* [create] self-driven only, before start */
    void (*credit)(weir_instance*, uint64_t records, uint64_t bytes) WEIR_NX; /* [any] optional: room now */
} weir_source_ops;

typedef struct weir_transform_ops {
    uint32_t struct_size;
    uint32_t reserved;
    /* [io] Every input gets exactly one set_outcome. < 0 fails the whole batch and nothing is kept. */
    weir_status (*transform)(weir_instance*, const weir_call*, const weir_batch* in, weir_out*,
                             weir_error*) WEIR_NX;
} weir_transform_ops;

typedef struct weir_item {      /* growable: walk with weir_delivery_item() */
    weir_str idempotency_key;   /* 32 hex digits, a function of external_ref */
    weir_str external_ref;      /* "WR-" and 16 characters A-Z2-7, stable over retries, restarts and
                                   replays: to store in the target and search by */
    uint32_t attempt;           /* 1 is the first */
    uint32_t reserved;
} weir_item;

typedef struct weir_delivery weir_delivery;
struct weir_delivery {
    uint32_t struct_size;
    uint32_t item_stride;
    uint64_t id;
    const weir_batch* batch;    /* kept alive by the delivery; one item per record */
    const weir_item* items;
    weir_status (*set_outcome)(weir_delivery*, uint32_t index, const weir_outcome*) WEIR_NX; /* [any] the first
                                   one stands; a second is WEIR_E_PROTOCOL and is logged */
    void (*finish)(weir_delivery*) WEIR_NX; /* [any] exactly once iff deliver returned WEIR_PENDING; may come
                                   BEFORE deliver has returned. *this is dead afterwards */
};
static inline const weir_item* weir_delivery_item(const weir_delivery* d, uint32_t index) {
    return (const weir_item*)(const void*)((const char*)(const void*)d->items +
                                           (size_t)index * d->item_stride);
}

enum { WEIR_ORDER_NONE = 0, WEIR_ORDER_PER_KEY = 1, WEIR_ORDER_TOTAL = 2 }; /* unknown: TOTAL */
typedef struct weir_sink_limits { /* the host fills in defaults, the plugin lowers or raises them */
    uint32_t struct_size;
    uint32_t order;             /* WEIR_ORDER_*; default PER_KEY */
    uint32_t max_in_flight;     /* deliveries not yet finished; default 1 */
    uint32_t max_batch_records; /* default 1000 */
    uint64_t max_batch_bytes;   /* default 1 MiB */
    int64_t settle_ns;          /* after an unknown outcome: how long before resolve() can tell; default 1 s */
} weir_sink_limits;
typedef struct weir_sink_ops {
    uint32_t struct_size;
    uint32_t reserved;
    void (*limits)(weir_instance*, weir_sink_limits*) WEIR_NX; /* [create] optional */
    /* [io] Blocking: set every outcome, return WEIR_OK. Asynchronous: return WEIR_PENDING, later finish().
     * < 0: outcomes already set stand, so set them only once they are TRUE (after the fsync, after the 2xx).
     * Unset ones: WEIR_E_DISCONNECTED, WEIR_E_RETRY and WEIR_E_BUSY promise that unset records were surely NOT
     * applied and use up no attempt (the host calls start() again after DISCONNECTED); any other status,
     * WEIR_OK included, leaves them RETRY_UNKNOWN. */
    weir_status (*deliver)(weir_instance*, const weir_call*, weir_delivery*, weir_error*) WEIR_NX;
    weir_status (*flush)(weir_instance*, const weir_call*, weir_error*) WEIR_NX; /* [io] optional: finish all pending by the deadline */
    /* [io] "Did this happen?" Optional. Called, before anything is sent again, for each delivery whose last
     * attempt ended unknown, at the earliest settle_ns after it. Sets per item OK (found; remote_id), RETRY
     * (surely not there), RETRY_UNKNOWN (cannot tell yet) or REJECTED (found, with other content). */
    weir_status (*resolve)(weir_instance*, const weir_call*, weir_delivery*, weir_error*) WEIR_NX;
} weir_sink_ops;

typedef struct weir_component weir_component;
struct weir_component {
    uint32_t struct_size;
    uint32_t kind;              /* WEIR_KIND_* */
    uint32_t threading;         /* WEIR_THREADS_* */
    uint32_t traits;            /* WEIR_TRAIT_*; unknown bits are ignored */
    weir_str name;              /* as in the manifest */
    const void* ops;            /* weir_source_ops | weir_transform_ops | weir_sink_ops, by kind */
    /* [create] Parse and check the configuration (JSON, valid against the manifest's schema, defaults filled
     * in). No I/O, no threads, below 100 ms. `host` lives until destroy has returned. NULL: *error says why. */
    weir_instance* (*create)(const weir_component*, const weir_host*, weir_str config_json, weir_error*) WEIR_NX;
    /* [io] Connect. May block until the deadline. WEIR_E_RETRY: called again with back-off. */
    weir_status (*start)(weir_instance*, const weir_call*, weir_error*) WEIR_NX;
    /* [any] Ask to end soon: wake blocking calls, return at once. May come at any moment, repeatedly. */
    void (*stop)(weir_instance*) WEIR_NX;
    /* [create] After it returns: no threads, no callbacks, no timers, no retained batches. Legal without start
     * and after a failed start. */
    void (*destroy)(weir_instance*) WEIR_NX;
    /* [io] Ask the target now: reachable, authorised? Free of side effects. Optional. */
    weir_status (*probe)(weir_instance*, const weir_call*, weir_error*) WEIR_NX;
    const void* (*extension)(const weir_component*, const char* id) WEIR_NX; /* [any] optional */
};

/* ------------------------------------------------------------------ the plugin */

typedef struct weir_plugin {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;         /* compiled against */
    uint16_t min_host_minor;    /* refuses older hosts */
    uint16_t reserved;
    uint32_t component_count;
    weir_str id;                /* id and version equal the manifest's */
    weir_str version;
    weir_str sdk;               /* "weir-cpp 1.0.0 gcc 12.2.0": for support */
    weir_str manifest;          /* the same bytes as the ELF note .note.weir */
    const weir_component* const* components;
    weir_status (*init)(const weir_host*, weir_error*) WEIR_NX; /* once per process, before any create; optional */
    void (*deinit)(void) WEIR_NX; /* after the last destroy; optional. The library is NOT unloaded */
} weir_plugin;

/* The only exported symbol. Returns static data: no allocation, no I/O, below 1 ms, the same pointer each
 * time. NULL: this host is refused. */
WEIR_EXPORT const weir_plugin* weir_plugin_entry_v1(uint32_t host_abi_minor) WEIR_NX;
#define WEIR_ENTRY_SYMBOL "weir_plugin_entry_v1"

/* The manifest's ELF note: section ".note.weir", owner name "weir", type 1, descriptor = plugin.json (UTF-8). */
#define WEIR_NOTE_SECTION ".note.weir"
#define WEIR_NOTE_OWNER "weir"
#define WEIR_NOTE_MANIFEST 1u

/* ------------------------------------------------------------------ layout of 1.0 */

WEIR_ASSERT(sizeof(void*) == 8 && sizeof(size_t) == 8, "LP64 only");
WEIR_ASSERT(sizeof(weir_str) == 16 && sizeof(weir_attr) == 32, "frozen");
WEIR_ASSERT(sizeof(weir_error) == 1024, "1.0");
WEIR_ASSERT(offsetof(weir_record, id) == 24 && offsetof(weir_record, payload) == 216, "1.0");
WEIR_ASSERT(sizeof(weir_record) == 232, "1.0");
WEIR_ASSERT(offsetof(weir_batch, records) == 16 && sizeof(weir_batch) == 40, "1.0");
WEIR_ASSERT(offsetof(weir_call, cancelled) == 40 && sizeof(weir_call) == 48, "1.0");
WEIR_ASSERT(offsetof(weir_outcome, code) == 24 && sizeof(weir_outcome) == 72, "1.0");
WEIR_ASSERT(offsetof(weir_out, submit) == 32 && sizeof(weir_out) == 40, "1.0");
WEIR_ASSERT(offsetof(weir_host, service) == 112 && sizeof(weir_host) == 120, "1.0");
WEIR_ASSERT(sizeof(weir_source_ops) == 48 && sizeof(weir_transform_ops) == 16, "1.0");
WEIR_ASSERT(sizeof(weir_item) == 40 && sizeof(weir_delivery) == 48, "1.0");
WEIR_ASSERT(sizeof(weir_sink_limits) == 32 && sizeof(weir_sink_ops) == 40, "1.0");
WEIR_ASSERT(sizeof(weir_component) == 88 && sizeof(weir_plugin) == 104, "1.0");

WEIR_END_C
#endif /* WEIR_PLUGIN_H_ */
