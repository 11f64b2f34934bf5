/* weir/lookup.h - the service "weir.lookup/1": the host's lookup tables and cross-references.
 *
 * Tables are the configuration's (`tables:`), read when it is loaded and fixed until the next reload: what a step makes
 * of them is the same when it runs again. Cross-references say which external id of which system stands for which
 * canonical id; they change while the host runs, so a step that reads them is not pure.
 */
#ifndef WEIR_LOOKUP_H_
#define WEIR_LOOKUP_H_

#include <weir/plugin.h>

WEIR_BEGIN

#define WEIR_SVC_LOOKUP "weir.lookup/1"

typedef struct weir_svc_lookup {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] The row of `table` whose key is `key`, as JSON: an object of its columns, or the value of a table with one
     * column besides the key. The text lives as long as the instance that asked. WEIR_E_NOT_FOUND: no such key;
     * WEIR_E_CONFIG: no such table. */
    weir_status (*row)(const void* self, weir_str table, weir_str key, weir_str* json) WEIR_NX;
    /* [any] What `system` calls the object of `type` that weir knows as `canonical`, and the other way round. The text
     * lives until the next call on the same thread. WEIR_E_NOT_FOUND; WEIR_E_RETRY: the store cannot be read now. */
    weir_status (*external_id)(const void* self, weir_str system, weir_str type, weir_str canonical,
                               weir_str* external) WEIR_NX;
    weir_status (*canonical_id)(const void* self, weir_str system, weir_str type, weir_str external,
                                weir_str* canonical) WEIR_NX;
} weir_svc_lookup;

/* weir_component.extension("weir.traits/1"): the traits of an instance with this configuration, where they depend on
 * it: a transform that is pure unless its settings read cross-references. Called without an instance. */
#define WEIR_EXT_TRAITS "weir.traits/1"
typedef struct weir_ext_traits {
    uint32_t struct_size;
    uint32_t reserved;
    uint32_t (*traits)(const weir_component*, weir_str config_json) WEIR_NX; /* [any] */
} weir_ext_traits;

WEIR_ASSERT(sizeof(weir_svc_lookup) == 32, "1.0");
WEIR_ASSERT(sizeof(weir_ext_traits) == 16, "1.0");
WEIR_END_C

#endif /* WEIR_LOOKUP_H_ */
