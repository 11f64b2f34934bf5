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
    const void* table = nullptr;  // begins with the ABI struct; outlives every instance
};

// Where plugins' own measurements go. Values are doubles, as everywhere in metrics; no amount of money is one.
class MetricSink {
  public:
    virtual ~MetricSink() = default;
    // [any] The same (instance, name) gives the same id again; 0 refuses (bad name, other kind than before).
    [[nodiscard]] virtual std::uint64_t define(std::string_view instance, std::uint32_t kind, std::string_view name,
                                               std::string_view unit, std::string_view help) = 0;
    virtual void observe(std::uint64_t metric, double value, std::span<const weir_attr> labels) = 0;  // [any]
};

// What instances may use, and keep: what it points to lives as long as it does. An abandoned instance that comes back
// later no longer gets to it.
struct HostContext {
    const Clock* clock = nullptr;  // required
    StateReader* state = nullptr;  // null: weir.state/1 is not offered. Only transforms are offered it
    SecretLookup secrets;          // empty: weir.secrets/1 is not offered
    std::map<std::string, Service, std::less<>> services;
    MetricSink* metrics = nullptr;  // null: every metric is refused, observations are dropped
    // [any] May be empty. A timer of `instance` became its earliest: whoever waits for it must look again.
    std::function<void(std::string_view instance)> timer_armed;
    std::chrono::milliseconds create_limit{5'000};   // a create() that takes longer is abandoned
    std::chrono::milliseconds destroy_limit{5'000};  // the same for destroy()
    // How long after its deadline, or after it was cancelled, an asynchronous delivery may still finish. Then the
    // instance is abandoned.
    std::chrono::milliseconds finish_grace{5'000};
    std::size_t payload_bytes_max = 8u << 20;  // of one record
    std::size_t out_bytes_max = 64u << 20;     // memory of one output batch: payloads, strings, record tables
};

// ---------------------------------------------------------------------------------------------- outcomes

struct Outcome {
    std::uint32_t kind = WEIR_OUT_UNSET;  // WEIR_OUT_*; handles never return UNSET or an unknown value
    bool counts_attempt = true;           // false: surely not tried, no attempt is used up
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
    busy,          // technical, transient: call again later; with error.code too_large: with fewer records
    broken,        // destroy and re-create the instance; error.errc `invalid`: that will not help, a person must act
};
struct CallResult {
    CallEnd end = CallEnd::ok;
    Error error;  // when end is not ok
};

struct CallContext {
    std::uint64_t id = 0;
    std::uint32_t flags = 0;  // WEIR_CALL_*
    std::int64_t deadline_mono_ns = 0;
    std::string_view traceparent;
    const std::atomic<bool>* cancelled = nullptr;
};

// What an instance last said about itself.
struct Health {
    std::uint32_t state = WEIR_HEALTH_UNKNOWN;  // WEIR_HEALTH_*
    std::string code;
    std::string message;
};

// What every instance has. The handles let at most one call of a SERIAL instance run at a time, and one of all
// PROCESS_SERIAL instances of a library; only WEIR_THREADS_PINNED is left to the engine: always the same thread.
class InstanceHandle {
  public:
    InstanceHandle() = default;
    InstanceHandle(const InstanceHandle&) = delete;
    InstanceHandle& operator=(const InstanceHandle&) = delete;
    virtual ~InstanceHandle() = default;
    [[nodiscard]] virtual std::uint32_t threading() const noexcept { return WEIR_THREADS_SERIAL; }
    [[nodiscard]] virtual Health health() const { return {}; }  // [any]
    // [any] When run_due_timers() is wanted next; nullopt: no timer is armed.
    [[nodiscard]] virtual std::optional<std::int64_t> next_timer_mono_ns() const noexcept { return std::nullopt; }
    // Runs the timers that are due on this thread. Every other call does so first, so that an engine needs this only
    // while there is nothing to do. Timers run with call id 0: they have no state session.
    virtual void run_due_timers(const CallContext& call) { (void)call; }
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

class SinkHandle : public InstanceHandle {
  public:
    // Errors: `unavailable` try again with back-off, `invalid` a person must act, anything else: re-create.
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // Blocks until every record has an outcome; `outcomes` gets batch.size() of them, in order. Up to
    // limits().max_in_flight threads may be in it. A deliver() that blocks in the plugin cannot be interrupted from
    // here, only asked to with stop() and `call.cancelled`. One that said WEIR_PENDING is waited for until its deadline
    // (or cancellation) and `finish_grace`; then what is unset is RETRY_UNKNOWN and the instance is abandoned.
    [[nodiscard]] virtual CallResult deliver(const CallContext& call, const BatchPtr& batch,
                                             std::span<const Item> items, std::vector<Outcome>& outcomes) = 0;
    // "Did this happen?" Only when can_resolve().
    [[nodiscard]] virtual CallResult resolve(const CallContext& call, const BatchPtr& batch,
                                             std::span<const Item> items, std::vector<Outcome>& outcomes) = 0;
    [[nodiscard]] virtual Status flush(const CallContext& call) = 0;
    [[nodiscard]] virtual Status probe(const CallContext& call) = 0;
    virtual void stop() = 0;  // [any]
    [[nodiscard]] virtual SinkLimits limits() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
    [[nodiscard]] virtual bool can_resolve() const noexcept = 0;
};

// ---------------------------------------------------------------------------------------------- transform

struct TransformResult {
    CallResult call;                // end != ok: nothing of the rest counts
    BatchPtr output;                // records of OK inputs only; `origin` says of which, ascending
    std::vector<Outcome> outcomes;  // one per input: OK, FILTERED, REJECTED, RETRY
    std::vector<StateChange> state;
};

class TransformHandle : public InstanceHandle {
  public:
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // A field that an output record left absent is its input's (`attrs` as a whole; a payload not with
    // WEIR_REC_TOMBSTONE) unless WEIR_REC_FRESH. An absent id is always the input's, the ingest time too: outputs of a
    // repeated call are the same. Memory of the input and of the arena is shared, not copied.
    [[nodiscard]] virtual TransformResult transform(const CallContext& call, const BatchPtr& in) = 0;
    virtual void stop() = 0;  // [any]
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
};

// ---------------------------------------------------------------------------------------------- source

// Where a source's submits go; the engine implements it. `done` is called exactly once, from any thread, when the
// records are durable or were not taken; it does not block.
struct SubmitItem {
    std::uint32_t kind = WEIR_OUT_OK;  // OK, DUPLICATE, REJECTED (held)
    std::string_view code;
};
struct SubmitResult {
    Status status;                      // unavailable: not taken
    std::span<const SubmitItem> items;  // one per record; may be empty when all are OK
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

class SourceHandle : public InstanceHandle {
  public:
    [[nodiscard]] virtual bool self_driven() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t traits() const noexcept = 0;
    [[nodiscard]] virtual Status resume(std::string_view partition, std::string_view cursor) = 0;  // before start
    [[nodiscard]] virtual Status start(const CallContext& call) = 0;
    // Host-driven only. IDLE and END are told apart by the value; acks that are due are given before and after.
    // An error with code disconnected: start() before the next poll; busy: no room, the same records come again.
    [[nodiscard]] virtual Result<weir_status> poll(const CallContext& call, std::uint32_t max_records,
                                                   std::uint64_t max_bytes) = 0;
    virtual void stop() = 0;  // [any]
    // [any] Submits whose ack has not been given. 0 after stop(): the source is drained.
    [[nodiscard]] virtual std::size_t unacknowledged() const noexcept { return 0; }
    // Host-driven: gives the acks that are due, on this thread, when there is no poll to do it.
    virtual void give_acks() {}
};

// ---------------------------------------------------------------------------------------------- making them

// `instance` names it in logs: "erp/sink". `settings_json` is valid against the component's schema. `library` is kept.
// Errors: `invalid` with the plugin's code and pointer; code create_hung when create() did not return in time.
[[nodiscard]] Result<std::unique_ptr<SinkHandle>> make_sink(std::shared_ptr<const Library> library,
                                                            const weir_component& component,
                                                            std::shared_ptr<const HostContext> context,
                                                            std::string instance, std::string settings_json);
// `state_scope` is "" or what StateReader is asked with.
[[nodiscard]] Result<std::unique_ptr<TransformHandle>> make_transform(std::shared_ptr<const Library> library,
                                                                      const weir_component& component,
                                                                      std::shared_ptr<const HostContext> context,
                                                                      std::string instance, std::string settings_json,
                                                                      std::string state_scope);
// `intake` outlives the handle.
[[nodiscard]] Result<std::unique_ptr<SourceHandle>> make_source(std::shared_ptr<const Library> library,
                                                                const weir_component& component,
                                                                std::shared_ptr<const HostContext> context,
                                                                std::string instance, std::string settings_json,
                                                                Intake& intake);

}  // namespace weir::plugin
