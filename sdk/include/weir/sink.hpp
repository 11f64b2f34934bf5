// Sinks: deliver records to a target and say, record by record, what became of them.
#pragma once

#include <weir/component.hpp>
#include <weir/record.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace weir {
inline namespace sdk_1 {

// What the target said besides the verdict.
struct Remote {
    std::int32_t status = 0;                  // HTTP status, errno; 0: none
    std::chrono::nanoseconds retry_after{0};  // the target's wish; 0: the host's own back-off
    std::string_view id{};                    // what the target calls it
    ErrorClass error_class = ErrorClass::by_kind;
};

// One record of a delivery. Small and copyable; valid as long as its Delivery. Exactly one verdict: the first stands.
//
// Say delivered() only once it is true (after the fsync, after the 2xx), and unknown() whenever it may be true.
class Item {
  public:
    Item(weir_delivery* delivery, std::uint32_t index) noexcept : delivery_(delivery), index_(index) {}

    [[nodiscard]] Record record() const noexcept { return {*delivery_->batch, index_}; }
    [[nodiscard]] std::string_view payload() const noexcept { return record().payload(); }
    // Always the same for this record and sink: over retries, restarts and replays.
    [[nodiscard]] std::string_view idempotency_key() const noexcept { return view(raw().idempotency_key); }
    // Short, made to be stored in the target and searched by.
    [[nodiscard]] std::string_view external_ref() const noexcept { return view(raw().external_ref); }
    [[nodiscard]] std::uint32_t attempt() const noexcept { return raw().attempt; }  // 1 is the first
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

    // The target has it. resolve: found.
    void delivered(std::string_view remote_id = {}) const noexcept { set(WEIR_OUT_OK, {}, {}, {.id = remote_id}); }
    // The target had it already, with the same content.
    void duplicate(std::string_view remote_id = {}) const noexcept {
        set(WEIR_OUT_DUPLICATE, {}, {}, {.id = remote_id});
    }
    // Surely not applied. resolve: surely absent.
    void retry(std::string_view code, std::string_view message, const Remote& remote = {}) const noexcept {
        set(WEIR_OUT_RETRY, code, message, remote);
    }
    // May have been applied. resolve: cannot tell yet.
    void unknown(std::string_view code, std::string_view message, const Remote& remote = {}) const noexcept {
        set(WEIR_OUT_RETRY_UNKNOWN, code, message, remote);
    }
    // Not applied; uses up no attempt.
    void throttled(std::chrono::nanoseconds after, std::string_view code = "THROTTLED", std::string_view message = {},
                   std::int32_t status = 0) const noexcept {
        set(WEIR_OUT_THROTTLED, code, message, {.status = status, .retry_after = after});
    }
    // Refused for good.
    void rejected(std::string_view code, std::string_view message,
                  ErrorClass error_class = ErrorClass::by_kind) const noexcept {
        set(WEIR_OUT_REJECTED, code, message, {.error_class = error_class});
    }
    void rejected(std::string_view code, std::string_view message, const Remote& remote) const noexcept {
        set(WEIR_OUT_REJECTED, code, message, remote);
    }

    // For the SDK: a thrown verdict.
    void fail(const detail::Fault& fault) const noexcept {
        set(fault.outcome, fault.error.code, fault.error.message,
            {.retry_after = std::chrono::nanoseconds(fault.retry_after_ns), .error_class = fault.error_class});
    }

  private:
    [[nodiscard]] const weir_item& raw() const noexcept { return *weir_delivery_item(delivery_, index_); }
    void set(std::uint32_t kind, std::string_view code, std::string_view message, const Remote& remote) const noexcept {
        const weir_outcome outcome{.struct_size = sizeof outcome,
                                   .kind = kind,
                                   .remote_status = remote.status,
                                   .error_class = static_cast<std::uint32_t>(remote.error_class),
                                   .retry_after_ns = remote.retry_after.count(),
                                   .code = str(code),
                                   .message = str(message),
                                   .remote_id = str(remote.id)};
        delivery_->set_outcome(delivery_, index_, &outcome);
    }

    weir_delivery* delivery_;
    std::uint32_t index_;
};

// Walks the items of a delivery.
class ItemRange {
  public:
    explicit ItemRange(weir_delivery* raw) noexcept : raw_(raw) {}

    class Iterator {
      public:
        Iterator(weir_delivery* raw, std::uint32_t index) noexcept : raw_(raw), index_(index) {}
        [[nodiscard]] Item operator*() const noexcept { return {raw_, index_}; }
        Iterator& operator++() noexcept { return ++index_, *this; }
        [[nodiscard]] bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

      private:
        weir_delivery* raw_;
        std::uint32_t index_;
    };

    [[nodiscard]] std::uint32_t size() const noexcept { return raw_->batch->count; }
    [[nodiscard]] Item operator[](std::uint32_t index) const noexcept { return {raw_, index}; }
    [[nodiscard]] Iterator begin() const noexcept { return {raw_, 0}; }
    [[nodiscard]] Iterator end() const noexcept { return {raw_, size()}; }
    [[nodiscard]] std::uint64_t id() const noexcept { return raw_->id; }
    [[nodiscard]] Batch batch() const noexcept { return Batch(raw_->batch); }

  protected:
    weir_delivery* raw_;
};

// A delivery that outlives deliver(): move it to another thread, give verdicts there. Its destruction finishes the
// delivery; items without a verdict count as unknown. stop() and flush() must see to it that none is left.
class PendingDelivery : public ItemRange {
  public:
    explicit PendingDelivery(weir_delivery* raw) noexcept : ItemRange(raw) {}
    PendingDelivery(PendingDelivery&& other) noexcept : ItemRange(std::exchange(other.raw_, nullptr)) {}
    PendingDelivery& operator=(PendingDelivery&& other) noexcept { return std::swap(raw_, other.raw_), *this; }
    PendingDelivery(const PendingDelivery&) = delete;
    PendingDelivery& operator=(const PendingDelivery&) = delete;
    ~PendingDelivery() {
        if (raw_ != nullptr) raw_->finish(raw_);
    }
};

// The records of one deliver() or resolve() call.
class Delivery : public ItemRange {
  public:
    using ItemRange::ItemRange;
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    // Runs `body` per item; what it throws is that item's verdict (a bug: unknown, since nobody knows how far it got).
    // Disconnected, Fatal and Cancelled end the whole delivery.
    template <class Body>
    void each(Body&& body) const {
        for (const Item item : *this) {
            detail::Fault fault;
            if (detail::guard(fault, [&] { body(item); })) continue;
            if (fault.outcome == WEIR_OUT_UNSET) {
                throw Failure(fault.status, WEIR_OUT_UNSET, fault.error.code, fault.error.message);
            }
            if (std::string_view(fault.error.code) == "PLUGIN_EXCEPTION") fault.outcome = WEIR_OUT_RETRY_UNKNOWN;
            item.fail(fault);
        }
    }

    // deliver() only: go on asynchronously. *this is used up.
    [[nodiscard]] PendingDelivery detach() noexcept {
        detached_ = true;
        return PendingDelivery(std::exchange(raw_, nullptr));
    }
    [[nodiscard]] bool detached() const noexcept { return detached_; }

  private:
    bool detached_ = false;
};

// Base of sinks.
template <class ConfigType = NoConfig>
class Sink : public Component<ConfigType> {
  public:
    using Component<ConfigType>::Component;

    // [create] Optional: lower or raise the host's defaults.
    virtual void limits(weir_sink_limits&) {}

    // [io] Give every item its verdict. Throwing leaves the rest without one: after Retry or Disconnected they count as
    // surely not applied, after anything else as unknown.
    virtual void deliver(Call& call, Delivery& delivery) = 0;

    // [io] Optional. Finish everything pending by the call's deadline.
    virtual void flush(Call&) {}

    // [io] Optional: "did this happen?" per item: delivered(remote_id), retry (surely absent), unknown (cannot tell
    // yet) or rejected (found with other content).
    virtual void resolve(Call&, Delivery&) {}
};

namespace detail {
template <class Class>
struct SinkTable {
    using Base = Sink<typename Class::Config>;

    static void limits(weir_instance* instance, weir_sink_limits* limits) noexcept {
        // A host older or newer than this SDK: work on a full copy, give back what the host knows.
        weir_sink_limits full{};
        const std::size_t size = std::min<std::size_t>(limits->struct_size, sizeof full);
        std::memcpy(&full, limits, size);
        Fault fault;
        if (!guard(fault, [&] { self<Class>(instance).limits(full); })) return;
        full.struct_size = limits->struct_size;
        std::memcpy(limits, &full, size);
    }
    static weir_status deliver(weir_instance* instance, const weir_call* call, weir_delivery* raw,
                               weir_error* error) noexcept {
        Class& component = self<Class>(instance);
        Delivery delivery(raw);
        const weir_status status = guard_call(error, [&]() -> weir_status {
            Call wrapped(call, component.host().raw());
            component.deliver(wrapped, delivery);
            return WEIR_OK;
        });
        // Once detached, finish() will come (or came): whatever was thrown afterwards, this is the only truth.
        if (delivery.detached()) return WEIR_PENDING;
        return status;
    }
    static weir_status flush(weir_instance* instance, const weir_call* call, weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            component.flush(wrapped);
            return WEIR_OK;
        });
    }
    static weir_status resolve(weir_instance* instance, const weir_call* call, weir_delivery* raw,
                               weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            Delivery delivery(raw);
            component.resolve(wrapped, delivery);
            return WEIR_OK;
        });
    }
    static constexpr weir_sink_ops ops{
        sizeof(weir_sink_ops),
        0,
        kOverrides<&Class::limits, &Base::limits> ? &limits : nullptr,
        &deliver,
        kOverrides<&Class::flush, &Base::flush> ? &flush : nullptr,
        kOverrides<&Class::resolve, &Base::resolve> ? &resolve : nullptr,
    };
};
}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
