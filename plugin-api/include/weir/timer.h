/* weir/timer.h - host service "weir.timer/1": timers that fire on the instance's own [io] thread. */
#ifndef WEIR_TIMER_H_
#define WEIR_TIMER_H_
#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_TIMER "weir.timer/1"
typedef struct weir_svc_timer {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] Fires after after_ns, then each every_ns (0: once). Returns 0 when refused. `fn` is never called at
     * the same time as another call on a SERIAL or PINNED instance. */
    uint64_t (*arm)(const void* self, const weir_host*, int64_t after_ns, int64_t every_ns,
                    void (*fn)(void* arg, const weir_call*) WEIR_NX, void* arg) WEIR_NX;
    /* [any] except inside fn of the same timer: after it returns fn is not running and will not run. */
    void (*disarm)(const void* self, uint64_t timer) WEIR_NX;
} weir_svc_timer;

WEIR_ASSERT(sizeof(weir_svc_timer) == 24, "1.0");
WEIR_END_C
#endif /* WEIR_TIMER_H_ */
