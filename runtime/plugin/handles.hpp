// Instances of components, in C++ terms: the only place where the host calls through the ABI.
//
// Each handle checks what comes back (unset outcomes, indexes out of range, unknown values, emits outside a call),
// so that the engines may trust it. Destroying a handle stops and destroys its instance. An instance that did not
// come back from a call in time is abandoned (leaked and reported), never cancelled by force.
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/record_batch.hpp"
#include "runtime/base/record_frame.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::plugin {

// ---------------------------------------------------------------------------------------------- host services

// Durable state of transforms. get() reads what is committed; the writes of one call are collected and given to the
// engine, which commits them with the call's outputs.
class StateReader {
  public:
    virtual ~StateReader() = default;
    [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view scope, std::string_view key) = 0;
};
struct StateChange {
    std::string key;
    std::optional<std::string> value;  // nullopt: delete
    std::int64_t ttl_ns = 0;
};

// name -> value, or not_found. Called at use; never logged.
using SecretLookup = std::function<Result<std::string>(std::string_view name)>;

// A service that app brings along: the ABI table for `weir_host.service(id)` (weir.http/1, weir.http_listener/1).
// Its functions get the weir_host of the calling instance, whose `instance` names it.
struct Service {
    const void* table = nullptr;       // begins with the ABI struct; outlives every instance
};

// What instances may use. Outlives them.
struct HostContext {
    const Clock* clock = nullptr;      // required
    StateReader* state = nullptr;      // null: weir.state/1 is not offered
    SecretLookup secrets;              // empty: weir.secrets/1 is not offered
    std::map<std::string, Service, std::less<>> services;
    std::chrono::milliseconds create_limit{5'000};  // a create() that takes longer is abandoned
};

// ---------------------------------------------------------------------------------------------- outcomes

struct Outcome {
    std::uint32_t kind = WEIR_OUT_UNSET;         // WEIR_OUT_*; handles never return UNSET or an unknown value
    bool counts_attempt = true;                  // false: surely not tried, no attempt is used up
    std::uint32_t error_class = WEIR_CLASS_DEFAULT;
    std::int32_t remote_status = 0;
    std::chrono::nanoseconds retry_after{0};
    std::string code;
    std::string message;
    std::string remote_id;
};

// How a call as a whole ended; per-record outcomes stand beside it.
enum class CallEnd : std::uint8_t {
    ok,
    disconnected,  // start() before the next call
    busy,          // technical, transient: call again later
    broken,        // destroy and re-create the instance
};
struct CallResult {
    CallEnd end = CallEnd::ok;
    Error error;                                 // when end is not ok
};

struct CallContext {
    std::uint64_t id = 0;
    std::uint32_t flags = 0;                     // WEIR_CALL_*
    std::int64_t deadline_mono_ns = 0;
    std::string_view traceparent;
    const std::atomic<bool>* cancelled = nullptr;
};

// ---------------------------------------------------------------------------------------------- sink

struct Item {
    std::string_view idempotency_key;
    std::string_view external_ref;
    std::uint32_t attempt = 1;
};
struct SinkLimits {
    std::uint32_t order = WEIR_ORDER_PER_KEY;
    std::uint32_t max_in_flight = 1;
    std::uint32_t max_batch_records = 1000;
    std::uint64_t max_batch_bytes = 1ull << 20;
    std::chrono::nanoseconds settle{std::chrono::seconds{1}};
};

class SinkHandle {
  public:
    virtual ~SinkHandle() = default;
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // Blocks until every record has an outcome; `outcomes` gets batch.size() of them, in order.
    [[nodiscard]] virtual CallResult deliver(const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                                             std::vector<Outcome>& outcomes) = 0;
    // "Did this happen?" Only when can_resolve().
    [[nodiscard]] virtual CallResult resolve(const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                                             std::vector<Outcome>& outcomes) = 0;
    [[nodiscard]] virtual Status flush(const CallContext& call) = 0;
    [[nodiscard]] virtual Status probe(const CallContext& call) = 0;
    virtual void stop() = 0;                     // [any]
    [[nodiscard]] virtual SinkLimits limits() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
    [[nodiscard]] virtual bool can_resolve() const noexcept = 0;
};

// ---------------------------------------------------------------------------------------------- transform

struct TransformResult {
    CallResult call;                             // end != ok: nothing of the rest counts
    BatchPtr output;                             // records of OK inputs only; `origin` says of which, ascending
    std::vector<Outcome> outcomes;               // one per input: OK, FILTERED, REJECTED, RETRY
    std::vector<StateChange> state;
};

class TransformHandle {
  public:
    virtual ~TransformHandle() = default;
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // An output record that left id absent gets its input's id; correlation, causation, trace, time, source, type,
    // subject, key and unknown attributes are inherited unless WEIR_REC_FRESH.
    [[nodiscard]] virtual TransformResult transform(const CallContext& call, const BatchPtr& in) = 0;
    virtual void stop() = 0;                     // [any]
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
};

// ---------------------------------------------------------------------------------------------- source

// Where a source's submits go; the engine implements it. `done` is called exactly once, from any thread, when the
// records are durable or were not taken; it does not block.
struct SubmitItem {
    std::uint32_t kind = WEIR_OUT_OK;            // OK, DUPLICATE, REJECTED (held)
    std::string_view code;
};
struct SubmitResult {
    Status status;                               // unavailable: not taken
    std::span<const SubmitItem> items;           // one per record; may be empty when all are OK
};
using SubmitDone = std::function<void(const SubmitResult&)>;
class Intake {
  public:
    virtual ~Intake() = default;
    // [any] `unavailable` (back-pressure: nothing taken, `done` is not called, `records` is left untouched) or
    // `invalid` (a record above the limits). ids that are absent have been assigned by the handle.
    [[nodiscard]] virtual Status submit(EncodedBatch&& records, std::string_view partition,
                                        std::optional<std::string_view> cursor, SubmitDone done) = 0;
    [[nodiscard]] virtual bool has_room() const noexcept = 0;  // [any] cheap
};

class SourceHandle {
  public:
    virtual ~SourceHandle() = default;
    [[nodiscard]] virtual bool self_driven() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
    [[nodiscard]] virtual Status resume(std::string_view partition, std::string_view cursor) = 0;  // before start
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // Host-driven only. IDLE and END are told apart by the value; acks that are due are given before and after.
    [[nodiscard]] virtual Result<weir_status> poll(const CallContext& call, std::uint32_t max_records,
                                                   std::uint64_t max_bytes) = 0;
    virtual void stop() = 0;                     // [any]
};

// ---------------------------------------------------------------------------------------------- making them

// `instance` names it in logs: "erp/sink". `settings_json` is valid against the component's schema. `library` is kept.
// Errors: `invalid` with the plugin's code and pointer; code create_hung when create() did not return in time.
[[nodiscard]] Result<std::unique_ptr<SinkHandle>> make_sink(std::shared_ptr<const Library> library,
                                                            const weir_component& component, const HostContext& context,
                                                            std::string instance, std::string settings_json);
// `state_scope` is "" or what StateReader is asked with.
[[nodiscard]] Result<std::unique_ptr<TransformHandle>> make_transform(std::shared_ptr<const Library> library,
                                                                      const weir_component& component,
                                                                      const HostContext& context, std::string instance,
                                                                      std::string settings_json,
                                                                      std::string state_scope);
// `intake` outlives the handle.
[[nodiscard]] Result<std::unique_ptr<SourceHandle>> make_source(std::shared_ptr<const Library> library,
                                                                const weir_component& component,
                                                                const HostContext& context, std::string instance,
                                                                std::string settings_json, Intake& intake);

}  // namespace weir::plugin
