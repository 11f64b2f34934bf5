// Sources: records come in, and what they came from is told once they are durable.
//
// Emit records, then submit them with a token and (if the source can resume) a cursor: one durable transaction.
// ack(token) follows. Nothing is confirmed to the sender before its ack.
#pragma once

#include <weir/component.hpp>
#include <weir/record.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace weir {
inline namespace sdk_1 {

// Records on their way into the host, up to the next submit.
class Outlet {
  public:
    explicit Outlet(weir_out* raw) noexcept : raw_(raw) {}

    // The payload is copied unless it lies in buffer().
    void operator()(std::string_view payload, const Meta& meta = {}) { emit(payload, meta); }
    void emit(std::string_view payload, const Meta& meta = {}) {
        const weir_record record = detail::to_raw(payload, meta, 0);
        check(raw_->emit(raw_, &record, sizeof record));
        ++emitted_;
    }
    // Emits a record that is bad: kept, durable and in order, but held with `code` for a person to look at.
    void emit_held(std::string_view payload, std::string_view code, std::string_view message, const Meta& meta = {},
                   ErrorClass error_class = ErrorClass::by_kind) {
        emit(payload, meta);
        const weir_outcome outcome{.struct_size = sizeof outcome,
                                   .kind = WEIR_OUT_REJECTED,
                                   .remote_status = 0,
                                   .error_class = static_cast<std::uint32_t>(error_class),
                                   .retry_after_ns = 0,
                                   .code = str(code),
                                   .message = str(message),
                                   .remote_id = {}};
        check(raw_->set_outcome(raw_, emitted_ - 1, &outcome));
    }
    // `size` bytes of the arena, to build a payload in place; nullptr when the batch would become too large.
    [[nodiscard]] char* buffer(std::size_t size) noexcept { return static_cast<char*>(raw_->alloc(raw_, size)); }

    // Makes all emitted since the last submit durable together with `cursor` (a null view leaves the stored one).
    // False: the host is busy, nothing was taken; the records stay, submit again later.
    [[nodiscard]] bool submit(std::uint64_t token, std::string_view partition = {}, std::string_view cursor = {}) {
        const weir_status status = raw_->submit(raw_, str(partition), str(cursor), token);
        if (status == WEIR_E_BUSY) return false;
        check(status);
        emitted_ = 0;
        return true;
    }
    [[nodiscard]] std::uint32_t emitted() const noexcept { return emitted_; }  // since the last submit
    [[nodiscard]] weir_out* raw() const noexcept { return raw_; }

  private:
    static void check(weir_status status) {
        if (status >= 0) return;
        if (status == WEIR_E_TOO_LARGE) {
            throw Reject("RECORD_TOO_LARGE", "the record exceeds the host's size limits", ErrorClass::technical);
        }
        throw Failure(status, WEIR_OUT_UNSET, "OUTLET", "the host refused what the source handed over");
    }

    weir_out* raw_;
    std::uint32_t emitted_ = 0;
};

// What became of one submitted token. Valid inside ack().
class Ack {
  public:
    Ack(std::uint64_t token, const weir_outcome* whole, const weir_outcome* items, std::uint32_t count,
        std::uint32_t stride) noexcept
        : token_(token), whole_(whole), items_(items), count_(count), stride_(stride) {}

    [[nodiscard]] std::uint64_t token() const noexcept { return token_; }
    [[nodiscard]] bool durable() const noexcept {
        return whole_->kind == WEIR_OUT_OK || whole_->kind == WEIR_OUT_DUPLICATE;
    }
    [[nodiscard]] bool duplicate() const noexcept { return whole_->kind == WEIR_OUT_DUPLICATE; }
    // Refused for good: tell the sender.
    [[nodiscard]] bool rejected() const noexcept { return whole_->kind == WEIR_OUT_REJECTED; }
    // Neither durable nor rejected: it was not taken, the same may succeed later.
    [[nodiscard]] const weir_outcome& whole() const noexcept { return *whole_; }
    [[nodiscard]] std::string_view code() const noexcept { return view(whole_->code); }
    [[nodiscard]] std::string_view message() const noexcept { return view(whole_->message); }

    // Per emitted record; 0 when the host says nothing per record (then `whole` holds for all).
    [[nodiscard]] std::uint32_t item_count() const noexcept { return items_ == nullptr ? 0 : count_; }
    [[nodiscard]] const weir_outcome& item(std::uint32_t index) const noexcept {
        const auto* bytes = reinterpret_cast<const char*>(items_) + std::size_t{index} * stride_;
        return *reinterpret_cast<const weir_outcome*>(bytes);
    }

  private:
    std::uint64_t token_;
    const weir_outcome* whole_;
    const weir_outcome* items_;
    std::uint32_t count_;
    std::uint32_t stride_;
};

enum class Polled : weir_status {
    more = WEIR_OK,    // submitted something, or there may be more at once
    idle = WEIR_IDLE,  // nothing now
    end = WEIR_END,    // exhausted for good
};
struct PollLimits {
    std::uint32_t max_records;
    std::uint64_t max_bytes;
};

template <class ConfigType>
class SourceBase : public Component<ConfigType> {
  public:
    using Component<ConfigType>::Component;

    // [create] Optional. Where to resume: after construction, before start, once per stored partition.
    virtual void resume(std::string_view partition, std::string_view cursor) {
        static_cast<void>(partition), static_cast<void>(cursor);
    }
    // Optional. Once per submitted token, in submit order per partition. Polled: [io]. Listening: the host's
    // acknowledging thread; must not block. Must not throw.
    virtual void ack(const Ack&) noexcept {}
};

// A source the host asks for records.
template <class ConfigType = NoConfig>
class PolledSource : public SourceBase<ConfigType> {
  public:
    using SourceBase<ConfigType>::SourceBase;

    // [io] Emit up to the limits and submit; idle by the call's deadline at the latest.
    virtual Polled poll(Call& call, Outlet& out, const PollLimits& limits) = 0;
};

// An outlet got from an inlet: what was not submitted is dropped at its end.
class InletOutlet : public Outlet {
  public:
    InletOutlet(weir_inlet* inlet, weir_out* out) noexcept : Outlet(out), inlet_(inlet) {}
    InletOutlet(InletOutlet&& other) noexcept : Outlet(other), inlet_(std::exchange(other.inlet_, nullptr)) {}
    InletOutlet& operator=(InletOutlet&&) = delete;
    InletOutlet(const InletOutlet&) = delete;
    InletOutlet& operator=(const InletOutlet&) = delete;
    ~InletOutlet() {
        if (inlet_ != nullptr) inlet_->end(inlet_, raw());
    }

  private:
    weir_inlet* inlet_;
};

// A source that takes records when they come (a server, a subscription).
template <class ConfigType = NoConfig>
class ListeningSource : public SourceBase<ConfigType> {
  public:
    using SourceBase<ConfigType>::SourceBase;

    // [any] Optional. There is room for this much now.
    virtual void credit(std::uint64_t records, std::uint64_t bytes) noexcept {
        static_cast<void>(records), static_cast<void>(bytes);
    }

    // [any] Begins a batch; nullopt: no room now, tell the sender to come again.
    [[nodiscard]] std::optional<InletOutlet> begin() noexcept {
        weir_out* out = inlet_ == nullptr ? nullptr : inlet_->begin(inlet_);
        if (out == nullptr) return std::nullopt;
        return std::optional<InletOutlet>(std::in_place, inlet_, out);
    }
    void attach(weir_inlet* inlet) noexcept { inlet_ = inlet; }  // for the SDK

  private:
    weir_inlet* inlet_ = nullptr;
};

namespace detail {
template <class Class>
inline constexpr bool kPolled = std::is_base_of_v<PolledSource<typename Class::Config>, Class>;

template <class Class>
struct SourceTable {
    using Base = SourceBase<typename Class::Config>;

    static weir_status poll(weir_instance* instance, const weir_call* call, weir_out* out, std::uint32_t max_records,
                            std::uint64_t max_bytes, weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            Outlet outlet(out);
            return static_cast<weir_status>(component.poll(wrapped, outlet, PollLimits{max_records, max_bytes}));
        });
    }
    static void ack(weir_instance* instance, std::uint64_t token, const weir_outcome* whole, const weir_outcome* items,
                    std::uint32_t count, std::uint32_t stride) noexcept {
        self<Class>(instance).ack(Ack(token, whole, items, count, stride));
    }
    static weir_status resume(weir_instance* instance, weir_str partition, weir_str cursor,
                              weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            self<Class>(instance).resume(view(partition), view(cursor));
            return WEIR_OK;
        });
    }
    static void attach(weir_instance* instance, weir_inlet* inlet) noexcept { self<Class>(instance).attach(inlet); }
    static void credit(weir_instance* instance, std::uint64_t records, std::uint64_t bytes) noexcept {
        self<Class>(instance).credit(records, bytes);
    }

    [[nodiscard]] static constexpr weir_source_ops make() noexcept {
        weir_source_ops ops{};
        ops.struct_size = sizeof ops;
        ops.ack = &ack;
        ops.resume = kOverrides<&Class::resume, &Base::resume> ? &resume : nullptr;
        if constexpr (kPolled<Class>) {
            ops.poll = &poll;
        } else {
            using Listening = ListeningSource<typename Class::Config>;
            ops.attach = &attach;
            ops.credit = kOverrides<&Class::credit, &Listening::credit> ? &credit : nullptr;
        }
        return ops;
    }
    static constexpr weir_source_ops ops = make();
};
}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
