/* weir/http.h - host service "weir.http/1": HTTP requests made by the host for a plugin.
 *
 * The host does TLS, connection pools, proxies, limits and tracing, and tells "surely not applied" from "may be
 * applied" once, for all connectors: weir_http_result.sent says whether request bytes had left the machine. */
#ifndef WEIR_HTTP_H_
#define WEIR_HTTP_H_
#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_HTTP "weir.http/1"

typedef struct weir_http_request { /* growable by stride */
    weir_str method;            /* "POST" */
    weir_str url;               /* absolute, http or https */
    const weir_attr* headers;   /* Host, Content-Length, Connection and traceparent are the host's */
    uint32_t header_count;
    uint32_t reserved;
    weir_str body;
    int64_t timeout_ns;         /* for the whole exchange; 0: the call's deadline */
    uint64_t response_max;      /* bytes of response body kept; 0: 1 MiB. Beyond it: error HTTP_RESPONSE_TOO_LARGE */
} weir_http_request;

enum {                          /* unknown value: WEIR_HTTP_SENT_MAYBE */
    WEIR_HTTP_SENT_NOTHING = 0, /* no byte of the request left this machine: surely not applied */
    WEIR_HTTP_SENT_MAYBE = 1    /* some or all bytes left: it may have been applied */
};

typedef struct weir_http_result { /* growable by stride; filled by the host, its views live until release() */
    int32_t status;             /* 0: no response; `error_code` says why */
    uint32_t sent;              /* WEIR_HTTP_SENT_* */
    const weir_attr* headers;   /* names in lower case */
    uint32_t header_count;
    uint32_t reserved;
    weir_str body;
    weir_str error_code;        /* HTTP_CONNECT HTTP_TLS HTTP_TIMEOUT HTTP_CUT HTTP_RESPONSE_TOO_LARGE
                                   HTTP_BAD_RESPONSE HTTP_BAD_URL HTTP_HOST_NOT_ALLOWED HTTP_CANCELLED
                                   HTTP_QUOTA (the connection's quota has no room now: not sent, nobody's fault) */
    weir_str error_message;
} weir_http_result;

typedef struct weir_http_exchange weir_http_exchange; /* owns the results of one call */

typedef struct weir_svc_http {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] Runs `count` exchanges, at most max_parallel at a time (0: 1), and blocks until all ended, the
     * call's deadline passed or the call was cancelled. With max_parallel 1 they go out in order and each
     * starts after the one before it ended. Results stand in request order. Redirects are not followed.
     * Returns WEIR_OK once *out is set, whatever the statuses. */
    weir_status (*exchange)(const void* self, const weir_host*, const weir_call*, const weir_http_request* requests,
                            uint32_t request_stride, uint32_t count, uint32_t max_parallel,
                            weir_http_exchange** out, weir_error*) WEIR_NX;
    /* [any] NULL when index is out of range. */
    const weir_http_result* (*result)(const weir_http_exchange*, uint32_t index) WEIR_NX;
    void (*release)(weir_http_exchange*) WEIR_NX; /* [any] */
} weir_svc_http;

WEIR_ASSERT(sizeof(weir_http_request) == 80 && sizeof(weir_http_result) == 72, "1.0");
WEIR_ASSERT(sizeof(weir_svc_http) == 32, "1.0");
WEIR_END_C
#endif /* WEIR_HTTP_H_ */
