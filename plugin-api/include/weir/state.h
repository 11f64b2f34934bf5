/* weir/state.h - host service "weir.state/1": durable key-value state of a component.
 *
 * Scoped per (route, step). Writes commit atomically WITH the call that made them: emitted records, outcomes,
 * cursor and state, or none of them. Reads see the call's own writes. A transform that uses it is not PURE. */
#ifndef WEIR_STATE_H_
#define WEIR_STATE_H_
#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_STATE "weir.state/1"
/* Limits: key 1 to 512 bytes, value up to 1 MiB (WEIR_E_TOO_LARGE). */
typedef struct weir_svc_state {
    uint32_t struct_size;
    uint32_t reserved;
    /* [io], inside the call `call_id` names; any other id is WEIR_E_PROTOCOL. *size: capacity in, length out. */
    weir_status (*get)(const void* self, uint64_t call_id, weir_str key, char* buffer, size_t* size) WEIR_NX;
    /* ttl_ns 0: kept until deleted; else it reads as WEIR_E_NOT_FOUND that long after now. */
    weir_status (*put)(const void* self, uint64_t call_id, weir_str key, weir_str value, int64_t ttl_ns) WEIR_NX;
    weir_status (*del)(const void* self, uint64_t call_id, weir_str key) WEIR_NX;
} weir_svc_state;

WEIR_ASSERT(sizeof(weir_svc_state) == 32, "1.0");
WEIR_END_C
#endif /* WEIR_STATE_H_ */
