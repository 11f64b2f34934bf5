// Transforms: records in, records out, one outcome per record.
#pragma once

#include <weir/component.hpp>
#include <weir/record.hpp>

#include <chrono>
#include <cstring>
#include <span>
#include <string_view>

namespace weir {
inline namespace sdk_1 {

// What one input record becomes. Use it only inside each().
class Emit {
  public:
    Emit(weir_out* out, const Record& input) noexcept : out_(out), input_(input) {}
    Emit(const Emit&) = delete;
    Emit& operator=(const Emit&) = delete;

    // Emits a record that derives from the input. A payload in buffer() or in the input batch is taken by reference,
    // any other is copied.
    void operator()(std::string_view payload, const Meta& meta = {}) {
        const weir_record raw = detail::to_raw(payload, meta, input_.index());
        check(out_->emit(out_, &raw, sizeof raw));
    }
    // The input, untouched.
    void pass() { pass(Meta{}); }
    // The input's payload with other headers.
    void pass(Meta meta) {
        meta.tombstone = meta.tombstone || input_.tombstone();
        (*this)(input_.payload(), meta);
    }
    // Deliberately nothing; `code` says why. Takes back what this record emitted.
    void filter(std::string_view code, std::string_view message = {}) noexcept {
        outcome_ = {.struct_size = sizeof outcome_,
                    .kind = WEIR_OUT_FILTERED,
                    .remote_status = 0,
                    .error_class = 0,
                    .retry_after_ns = 0,
                    .code = str(code),
                    .message = str(message),
                    .remote_id = {}};
        set_outcome();
    }
    // What this record needs is not there now: it waits, and those behind it on the route, until a call says something
    // else; no try is used up and nobody gives it up. The host comes back after its own back-off, at the earliest after
    // `after`. The whole batch is given again, and what the call wrote into its state is dropped.
    void wait(std::string_view code, std::string_view message, std::chrono::nanoseconds after = {}) noexcept {
        outcome_ = {.struct_size = sizeof outcome_,
                    .kind = WEIR_OUT_THROTTLED,
                    .remote_status = 0,
                    .error_class = 0,
                    .retry_after_ns = after.count(),
                    .code = str(code),
                    .message = str(message),
                    .remote_id = {}};
        set_outcome();
    }
    // `size` bytes of the output arena, to build a payload in place.
    [[nodiscard]] std::span<char> buffer(std::size_t size) {
        void* data = out_->alloc(out_, size);
        if (data == nullptr) check(WEIR_E_TOO_LARGE);
        return {static_cast<char*>(data), size};
    }

    // For the SDK: exactly one outcome reaches the host.
    void finish() noexcept {
        if (set_) return;
        outcome_ = weir_outcome{};
        outcome_.struct_size = sizeof outcome_;
        outcome_.kind = WEIR_OUT_OK;
        set_outcome();
    }
    void fail(const detail::Fault& fault) noexcept {
        if (set_) return;  // filter() and then a throw: the verdict is given
        outcome_ = {.struct_size = sizeof outcome_,
                    .kind = fault.outcome,
                    .remote_status = 0,
                    .error_class = static_cast<std::uint32_t>(fault.error_class),
                    .retry_after_ns = fault.retry_after_ns,
                    .code = str(fault.error.code),
                    .message = str(fault.error.message),
                    .remote_id = {}};
        set_outcome();
    }

  private:
    static void check(weir_status status) {
        if (status >= 0) return;
        if (status == WEIR_E_TOO_LARGE) {
            throw Reject("OUTPUT_TOO_LARGE", "the emitted record exceeds the host's size limits",
                         ErrorClass::technical);
        }
        throw Failure(status, WEIR_OUT_UNSET, "EMIT", "the host refused an emitted record");
    }
    void set_outcome() noexcept {
        if (set_) return;
        set_ = true;
        out_->set_outcome(out_, input_.index(), &outcome_);
    }

    weir_out* out_;
    const Record& input_;
    weir_outcome outcome_;
    bool set_ = false;
};

// Base of transforms. each() is called once per record; what it throws concerns that record only: Reject, Retry and
// bugs end that record, the others of the batch go on. Disconnected, Fatal, Cancelled fail the whole batch.
template <class ConfigType = NoConfig>
class Transform : public Component<ConfigType> {
  public:
    using Component<ConfigType>::Component;

    // [io] May be called from several threads when the component is WEIR_THREADS_CONCURRENT.
    virtual void each(Call& call, const Record& in, Emit& emit) = 0;

    // [io] Override instead of each() to see the batch as a whole; then every input needs its outcome.
    virtual void batch(Call& call, const Batch& in, weir_out* out) {
        for (const Record record : in) {
            Emit emit(out, record);
            detail::Fault fault;
            if (detail::guard(fault, [&] { each(call, record, emit); })) {
                emit.finish();
            } else if (fault.outcome == WEIR_OUT_UNSET) {
                throw Failure(fault.status, WEIR_OUT_UNSET, fault.error.code, fault.error.message);
            } else {
                emit.fail(fault);
            }
        }
    }
};

namespace detail {
template <class Class>
struct TransformTable {
    static weir_status transform(weir_instance* instance, const weir_call* call, const weir_batch* in, weir_out* out,
                                 weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            component.batch(wrapped, Batch(in), out);
            return WEIR_OK;
        });
    }
    static constexpr weir_transform_ops ops{sizeof(weir_transform_ops), 0, &transform};
};
}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
