/* weir/secrets.h - host service "weir.secrets/1": secrets by reference.
 *
 * A configuration holds {"$secret": "name"} where its schema says `"x-weir-secret": true`; the value never
 * passes through create(). Fetch at use, not at create, so that rotation works. */
#ifndef WEIR_SECRETS_H_
#define WEIR_SECRETS_H_
#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_SECRETS "weir.secrets/1"
typedef struct weir_svc_secrets {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] `buffer` is the plugin's; *size is its capacity going in and the length coming out.
     * WEIR_E_NOT_FOUND: no such secret, or not allowed to this instance. WEIR_E_TOO_LARGE: *size says what is
     * needed. Clear the buffer after use. */
    weir_status (*get)(const void* self, const weir_host*, weir_str name, char* buffer, size_t* size,
                       weir_error*) WEIR_NX;
} weir_svc_secrets;

WEIR_ASSERT(sizeof(weir_svc_secrets) == 16, "1.0");
WEIR_END_C
#endif /* WEIR_SECRETS_H_ */
