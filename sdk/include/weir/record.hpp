// Records as a plugin reads them: views into the host's batch, valid until the call returns.
#pragma once

#include <weir/error.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace weir {
inline namespace sdk_1 {

// One record of a batch. Cheap to make (one copy of the view, no allocation) and safe with a host older or newer
// than this SDK: fields the host did not write read as absent.
class Record {
  public:
    Record(const weir_batch& batch, std::uint32_t index) noexcept : index_(index) {
        weir_batch_load(&batch, index, &raw_);
    }

    [[nodiscard]] std::string_view payload() const noexcept { return view(raw_.payload); }
    [[nodiscard]] std::string_view id() const noexcept { return view(raw_.id); }
    [[nodiscard]] std::string_view key() const noexcept { return view(raw_.key); }
    [[nodiscard]] std::string_view type() const noexcept { return view(raw_.type); }
    [[nodiscard]] std::string_view schema() const noexcept { return view(raw_.schema); }
    [[nodiscard]] std::string_view source() const noexcept { return view(raw_.source); }
    [[nodiscard]] std::string_view subject() const noexcept { return view(raw_.subject); }
    [[nodiscard]] std::string_view content_type() const noexcept {
        return raw_.content_type.data == nullptr ? std::string_view("application/json") : view(raw_.content_type);
    }
    [[nodiscard]] std::string_view correlation_id() const noexcept { return view(raw_.correlation_id); }
    [[nodiscard]] std::string_view causation_id() const noexcept { return view(raw_.causation_id); }
    [[nodiscard]] std::string_view traceparent() const noexcept { return view(raw_.traceparent); }
    [[nodiscard]] std::string_view tracestate() const noexcept { return view(raw_.tracestate); }

    // Nanoseconds since 1970; nullopt when the sender did not say when it happened.
    [[nodiscard]] std::optional<std::int64_t> time_unix_ns() const noexcept {
        if (raw_.time_unix_ns == WEIR_TIME_UNKNOWN) return std::nullopt;
        return raw_.time_unix_ns;
    }
    [[nodiscard]] std::int64_t ingest_unix_ns() const noexcept { return raw_.ingest_unix_ns; }
    [[nodiscard]] bool tombstone() const noexcept { return (raw_.flags & WEIR_REC_TOMBSTONE) != 0; }

    [[nodiscard]] std::uint32_t attr_count() const noexcept { return raw_.attr_count; }
    [[nodiscard]] std::pair<std::string_view, std::string_view> attr(std::uint32_t index) const noexcept {
        return {view(raw_.attrs[index].key), view(raw_.attrs[index].value)};
    }
    // The value of extension attribute `name`; a null view when there is none.
    [[nodiscard]] std::string_view attr(std::string_view name) const noexcept {
        for (std::uint32_t i = 0; i < raw_.attr_count; ++i) {
            if (view(raw_.attrs[i].key) == name) return view(raw_.attrs[i].value);
        }
        return {};
    }

    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }  // in its batch
    [[nodiscard]] const weir_record& raw() const noexcept { return raw_; }

  private:
    weir_record raw_;
    std::uint32_t index_;
};

// The records of one call: `for (weir::Record record : batch)`.
class Batch {
  public:
    explicit Batch(const weir_batch* raw) noexcept : raw_(raw) {}

    class Iterator {
      public:
        Iterator(const weir_batch* batch, std::uint32_t index) noexcept : batch_(batch), index_(index) {}
        [[nodiscard]] Record operator*() const noexcept { return {*batch_, index_}; }
        Iterator& operator++() noexcept { return ++index_, *this; }
        [[nodiscard]] bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

      private:
        const weir_batch* batch_;
        std::uint32_t index_;
    };

    [[nodiscard]] std::uint32_t size() const noexcept { return raw_->count; }
    [[nodiscard]] Record operator[](std::uint32_t index) const noexcept { return {*raw_, index}; }
    [[nodiscard]] Iterator begin() const noexcept { return {raw_, 0}; }
    [[nodiscard]] Iterator end() const noexcept { return {raw_, raw_->count}; }
    [[nodiscard]] const weir_batch* raw() const noexcept { return raw_; }

  private:
    const weir_batch* raw_;
};

// Keeps a batch's records valid beyond the call. Destroy it before the instance's destroy returns.
class RetainedBatch {
  public:
    explicit RetainedBatch(Batch batch) noexcept : raw_(batch.raw()) { raw_->retain(raw_); }
    RetainedBatch(RetainedBatch&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    RetainedBatch& operator=(RetainedBatch&& other) noexcept { return std::swap(raw_, other.raw_), *this; }
    RetainedBatch(const RetainedBatch&) = delete;
    RetainedBatch& operator=(const RetainedBatch&) = delete;
    ~RetainedBatch() {
        if (raw_ != nullptr) raw_->release(raw_);
    }

    [[nodiscard]] Batch batch() const noexcept { return Batch(raw_); }

  private:
    const weir_batch* raw_;
};

// What a plugin says about a record it emits. Out of a transform, what is left out is inherited from the input.
struct Meta {
    std::string_view id{};
    std::string_view key{};
    std::string_view type{};
    std::string_view schema{};
    std::string_view source{};
    std::string_view subject{};
    std::string_view content_type{};
    std::string_view correlation_id{};
    std::string_view causation_id{};
    std::string_view traceparent{};
    std::string_view tracestate{};
    std::int64_t time_unix_ns = WEIR_TIME_UNKNOWN;
    const weir_attr* attrs = nullptr;
    std::uint32_t attr_count = 0;
    bool tombstone = false;
    bool inherit = true;  // transforms only; false: WEIR_REC_FRESH
};

namespace detail {
inline weir_record to_raw(std::string_view payload, const Meta& meta, std::uint32_t origin) noexcept {
    weir_record raw{};
    raw.flags =
        (meta.tombstone ? std::uint32_t{WEIR_REC_TOMBSTONE} : 0U) | (meta.inherit ? 0U : std::uint32_t{WEIR_REC_FRESH});
    raw.origin = origin;
    raw.time_unix_ns = meta.time_unix_ns;
    raw.id = str(meta.id);
    raw.key = str(meta.key);
    raw.type = str(meta.type);
    raw.schema = str(meta.schema);
    raw.source = str(meta.source);
    raw.subject = str(meta.subject);
    raw.content_type = str(meta.content_type);
    raw.correlation_id = str(meta.correlation_id);
    raw.causation_id = str(meta.causation_id);
    raw.traceparent = str(meta.traceparent);
    raw.tracestate = str(meta.tracestate);
    raw.attrs = meta.attrs;
    raw.attr_count = meta.attr_count;
    raw.payload = str(payload);
    return raw;
}
}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
