/* weir/http_listener.h - host service "weir.http_listener/1": a source answers requests on a path.
 *
 * The host's server does the socket, TLS, header and body size limits; the plugin gets the raw body, so that
 * signatures can be checked, and answers when its records are durable. */
#ifndef WEIR_HTTP_LISTENER_H_
#define WEIR_HTTP_LISTENER_H_
#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_HTTP_LISTENER "weir.http_listener/1"

typedef struct weir_http_incoming { /* all views are valid until respond(id) */
    uint32_t struct_size;
    uint32_t header_count;
    uint64_t id;                /* names the exchange for respond() */
    weir_str method;
    weir_str path;              /* without the query */
    weir_str query;             /* without '?'; absent when there is none */
    weir_str remote;            /* "127.0.0.1:50122" */
    const weir_attr* headers;   /* names in lower case, in order of arrival */
    weir_str body;              /* as received */
} weir_http_incoming;

typedef struct weir_http_reply {
    uint32_t struct_size;
    int32_t status;
    const weir_attr* headers;   /* Content-Length, Date and Connection are the host's */
    uint32_t header_count;
    uint32_t reserved;
    weir_str body;
} weir_http_reply;

typedef struct weir_http_endpoint {
    uint32_t struct_size;
    uint32_t reserved;
    weir_str path;              /* exact match, "/v1/usage" */
    uint64_t body_max;          /* bytes; a larger body is answered 413 by the host; 0: the host's default */
    /* [any] Called concurrently on the server's threads; must not block. The plugin owes exactly one respond()
     * for each call, from any thread, at any later time, also from inside handle. */
    void (*handle)(void* arg, const weir_http_incoming*) WEIR_NX;
    void* arg;
} weir_http_endpoint;

typedef struct weir_svc_http_listener {
    uint32_t struct_size;
    uint32_t reserved;
    /* [io] WEIR_E_CONFIG: the path is malformed or taken. *endpoint is for unlisten. */
    weir_status (*listen)(const void* self, const weir_host*, const weir_http_endpoint*, uint64_t* endpoint,
                          weir_error*) WEIR_NX;
    /* [any] Everything in *reply is copied. WEIR_E_NOT_FOUND: answered before, or the peer is gone. */
    weir_status (*respond)(const void* self, uint64_t id, const weir_http_reply* reply) WEIR_NX;
    /* [any] except inside handle. New requests get 503 at once; returns when handle is not running and will
     * not run again. Exchanges still open may be answered afterwards. */
    void (*unlisten)(const void* self, uint64_t endpoint) WEIR_NX;
} weir_svc_http_listener;

WEIR_ASSERT(sizeof(weir_http_incoming) == 104 && sizeof(weir_http_reply) == 40, "1.0");
WEIR_ASSERT(sizeof(weir_http_endpoint) == 48 && sizeof(weir_svc_http_listener) == 32, "1.0");
WEIR_END_C
#endif /* WEIR_HTTP_LISTENER_H_ */
