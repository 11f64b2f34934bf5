// Records, batches, outlets and deliveries as a test writes and reads them.
#pragma once

#include <weir/error.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

// What a test puts in: Harness::transform({{.payload = "{}", .subject = "cust-1"}}).
struct In {
    std::string payload{};
    std::string id = "rec-1";
    std::string key{};
    std::string type{};
    std::string schema{};
    std::string source = "test";
    std::string subject{};
    std::string content_type{};
    std::string correlation_id{};
    std::string causation_id{};
    std::vector<std::pair<std::string, std::string>> attrs{};
    std::int64_t time_unix_ns = WEIR_TIME_UNKNOWN;
    bool tombstone = false;
    // Sinks only.
    std::string idempotency_key = "00112233445566778899aabbccddeeff";
    std::string external_ref = "WR-ABCDEFGHIJKLMNOP";
    std::uint32_t attempt = 1;
};

// What a component emitted, with what a transform's output inherits filled in.
struct Sent {
    std::string payload{};
    std::string id{};
    std::string key{};
    std::string type{};
    std::string schema{};
    std::string source{};
    std::string subject{};
    std::string content_type{};
    std::string correlation_id{};
    std::string causation_id{};
    std::vector<std::pair<std::string, std::string>> attrs{};
    std::int64_t time_unix_ns = WEIR_TIME_UNKNOWN;
    std::uint32_t flags = 0;
    std::uint32_t origin = 0;
    std::string held{};  // sources: the code it was held with, "" when it was not
};

// One outcome, copied.
struct Verdict {
    std::uint32_t kind = WEIR_OUT_UNSET;
    std::int32_t remote_status = 0;
    std::uint32_t error_class = WEIR_CLASS_DEFAULT;
    std::int64_t retry_after_ns = 0;
    std::string code{};
    std::string message{};
    std::string remote_id{};

    [[nodiscard]] bool ok() const noexcept { return kind == WEIR_OUT_OK; }
};

// One successful submit of a source.
struct Submit {
    std::string partition;
    std::string cursor;
    std::uint64_t token = 0;
    std::vector<Sent> records;
};

namespace detail {

[[nodiscard]] inline std::string text(weir_str value) { return std::string(view(value)); }
[[nodiscard]] inline weir_str absent_if_empty(const std::string& value) noexcept {
    return value.empty() ? weir_str{nullptr, 0} : weir_str{value.data(), value.size()};
}

[[nodiscard]] inline Verdict to_verdict(const weir_outcome& outcome) {
    return {outcome.kind,       outcome.remote_status, outcome.error_class,    outcome.retry_after_ns,
            text(outcome.code), text(outcome.message), text(outcome.remote_id)};
}

// A batch as a newer host would lay it out: records are further apart than this SDK's weir_record, and the bytes
// between are not zero. Memory goes with the last reference, so that a view kept too long is a use after free.
class FakeBatch : public weir_batch {
  public:
    [[nodiscard]] static FakeBatch* make(std::vector<In> inputs) { return new FakeBatch(std::move(inputs)); }
    [[nodiscard]] const std::vector<In>& inputs() const noexcept { return inputs_; }
    void drop() const noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

  private:
    static constexpr std::uint32_t kStride = sizeof(weir_record) + 24;

    explicit FakeBatch(std::vector<In> inputs)
        : weir_batch{}, inputs_(std::move(inputs)), bytes_(inputs_.size() * kStride + 1, std::byte{0xAB}) {
        attrs_.reserve(inputs_.size());
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const weir_record record = to_record(inputs_[i], i);
            std::memcpy(bytes_.data() + i * kStride, &record, sizeof record);
        }
        struct_size = sizeof(weir_batch);
        stride = kStride;
        count = static_cast<std::uint32_t>(inputs_.size());
        records = reinterpret_cast<const weir_record*>(bytes_.data());
        retain = [](const weir_batch* self) noexcept {
            static_cast<const FakeBatch*>(self)->references_.fetch_add(1, std::memory_order_relaxed);
        };
        release = [](const weir_batch* self) noexcept { static_cast<const FakeBatch*>(self)->drop(); };
    }
    [[nodiscard]] weir_record to_record(const In& in, std::size_t index) {
        weir_record record{};
        record.flags = in.tombstone ? std::uint32_t{WEIR_REC_TOMBSTONE} : 0U;
        record.origin = static_cast<std::uint32_t>(index);
        record.time_unix_ns = in.time_unix_ns;
        record.id = absent_if_empty(in.id);
        record.key = absent_if_empty(in.key);
        record.type = absent_if_empty(in.type);
        record.schema = absent_if_empty(in.schema);
        record.source = absent_if_empty(in.source);
        record.subject = absent_if_empty(in.subject);
        record.content_type = absent_if_empty(in.content_type);
        record.correlation_id = absent_if_empty(in.correlation_id);
        record.causation_id = absent_if_empty(in.causation_id);
        std::vector<weir_attr>& attrs = attrs_.emplace_back();
        for (const auto& [name, value] : in.attrs) attrs.push_back({str(name), str(value)});
        record.attrs = attrs.data();
        record.attr_count = static_cast<std::uint32_t>(attrs.size());
        record.payload = in.tombstone ? weir_str{nullptr, 0} : str(in.payload);
        return record;
    }

    std::vector<In> inputs_;
    std::vector<std::vector<weir_attr>> attrs_;
    std::vector<std::byte> bytes_;
    mutable std::atomic<int> references_{1};
};

// Takes what a component emits. Checks what the contract demands and counts breaches.
class FakeOut : public weir_out {
  public:
    explicit FakeOut(const FakeBatch* inputs = nullptr)
        : weir_out{}, inputs_(inputs), verdicts_(inputs == nullptr ? 0 : inputs->count) {
        struct_size = sizeof(weir_out);
        alloc = [](weir_out* self, std::size_t size) noexcept -> void* {
            return static_cast<FakeOut*>(self)->arena_.emplace_back(new char[size + 1]).get();
        };
        emit = [](weir_out* self, const weir_record* record, std::uint32_t size) noexcept {
            return static_cast<FakeOut*>(self)->take(record, size);
        };
        set_outcome = [](weir_out* self, std::uint32_t index, const weir_outcome* outcome) noexcept {
            return static_cast<FakeOut*>(self)->judge(index, *outcome);
        };
        submit = [](weir_out* self, weir_str partition, weir_str cursor, std::uint64_t token) noexcept {
            return static_cast<FakeOut*>(self)->close(partition, cursor, token);
        };
    }

    std::vector<Submit> submits{};
    std::uint32_t busy_submits = 0;  // so many submits answer WEIR_E_BUSY
    int breaches = 0;                // outcomes set twice or out of range

    [[nodiscard]] const std::vector<Verdict>& verdicts() const noexcept { return verdicts_; }
    // A transform's output: without what came from inputs that did not end OK.
    [[nodiscard]] std::vector<Sent> kept() const {
        std::vector<Sent> kept;
        for (const Sent& sent : pending_) {
            if (sent.origin < verdicts_.size() && verdicts_[sent.origin].ok()) kept.push_back(sent);
        }
        return kept;
    }

  private:
    [[nodiscard]] weir_status take(const weir_record* raw, std::uint32_t size) {
        weir_record record{};
        std::memcpy(&record, raw, std::min<std::size_t>(size, sizeof record));
        Sent sent;
        sent.payload = text(record.payload);
        sent.id = text(record.id);
        sent.key = text(record.key);
        sent.type = text(record.type);
        sent.schema = text(record.schema);
        sent.source = text(record.source);
        sent.subject = text(record.subject);
        sent.content_type = text(record.content_type);
        sent.correlation_id = text(record.correlation_id);
        sent.causation_id = text(record.causation_id);
        sent.time_unix_ns = record.time_unix_ns;
        sent.flags = record.flags;
        sent.origin = record.origin;
        for (std::uint32_t i = 0; i < record.attr_count; ++i) {
            sent.attrs.emplace_back(text(record.attrs[i].key), text(record.attrs[i].value));
        }
        if (inputs_ != nullptr && (record.flags & WEIR_REC_FRESH) == 0) inherit(sent, record);
        pending_.push_back(std::move(sent));
        return WEIR_OK;
    }
    void inherit(Sent& sent, const weir_record& record) const {
        if (record.origin >= inputs_->inputs().size()) return;
        const In& in = inputs_->inputs()[record.origin];
        const auto fill = [](std::string& out, weir_str given, const std::string& inherited) {
            if (given.data == nullptr) out = inherited;
        };
        if ((record.flags & WEIR_REC_TOMBSTONE) == 0) fill(sent.payload, record.payload, in.payload);
        fill(sent.id, record.id, in.id);
        fill(sent.key, record.key, in.key);
        fill(sent.type, record.type, in.type);
        fill(sent.schema, record.schema, in.schema);
        fill(sent.source, record.source, in.source);
        fill(sent.subject, record.subject, in.subject);
        fill(sent.content_type, record.content_type, in.content_type);
        fill(sent.correlation_id, record.correlation_id, in.correlation_id);
        fill(sent.causation_id, record.causation_id, in.causation_id);
        if (record.time_unix_ns == WEIR_TIME_UNKNOWN) sent.time_unix_ns = in.time_unix_ns;
        if (record.attrs == nullptr) sent.attrs = in.attrs;
    }
    [[nodiscard]] weir_status judge(std::uint32_t index, const weir_outcome& outcome) {
        if (inputs_ == nullptr) {  // a source: a verdict on an emitted record
            if (index >= pending_.size()) return ++breaches, WEIR_E_PROTOCOL;
            pending_[index].held = text(outcome.code);
            return WEIR_OK;
        }
        if (index >= verdicts_.size() || verdicts_[index].kind != WEIR_OUT_UNSET) return ++breaches, WEIR_E_PROTOCOL;
        verdicts_[index] = to_verdict(outcome);
        return WEIR_OK;
    }
    [[nodiscard]] weir_status close(weir_str partition, weir_str cursor, std::uint64_t token) {
        if (inputs_ != nullptr) return ++breaches, WEIR_E_PROTOCOL;
        if (busy_submits > 0) return --busy_submits, WEIR_E_BUSY;
        submits.push_back({text(partition), text(cursor), token, std::exchange(pending_, {})});
        return WEIR_OK;
    }

    const FakeBatch* inputs_;
    std::vector<Verdict> verdicts_;
    std::vector<Sent> pending_;
    std::deque<std::unique_ptr<char[]>> arena_;
};

// A delivery; may be finished from any thread, also before deliver has returned.
class FakeDelivery : public weir_delivery {
  public:
    FakeDelivery(std::vector<In> inputs, std::uint64_t call_id)
        : weir_delivery{}, batch_(FakeBatch::make(std::move(inputs))), verdicts_(batch_->count) {
        bytes_.resize(verdicts_.size() * kStride + 1, std::byte{0xAB});
        for (std::size_t i = 0; i < verdicts_.size(); ++i) {
            const In& in = batch_->inputs()[i];
            const weir_item item{str(in.idempotency_key), str(in.external_ref), in.attempt, 0};
            std::memcpy(bytes_.data() + i * kStride, &item, sizeof item);
        }
        struct_size = sizeof(weir_delivery);
        item_stride = kStride;
        id = call_id;
        batch = batch_;
        items = reinterpret_cast<const weir_item*>(bytes_.data());
        set_outcome = [](weir_delivery* self, std::uint32_t index, const weir_outcome* outcome) noexcept {
            return static_cast<FakeDelivery*>(self)->judge(index, *outcome);
        };
        finish = [](weir_delivery* self) noexcept { static_cast<FakeDelivery*>(self)->end(); };
    }
    FakeDelivery(const FakeDelivery&) = delete;
    FakeDelivery& operator=(const FakeDelivery&) = delete;
    ~FakeDelivery() { batch_->drop(); }

    // False: not finished within `limit`.
    [[nodiscard]] bool wait(std::chrono::seconds limit) {
        std::unique_lock lock(mutex_);
        return finished_changed_.wait_for(lock, limit, [&] { return finished_; });
    }
    [[nodiscard]] std::vector<Verdict> verdicts() {
        const std::lock_guard lock(mutex_);
        return verdicts_;
    }
    [[nodiscard]] int breaches() {
        const std::lock_guard lock(mutex_);
        return breaches_;
    }

  private:
    static constexpr std::uint32_t kStride = sizeof(weir_item) + 16;

    [[nodiscard]] weir_status judge(std::uint32_t index, const weir_outcome& outcome) {
        const std::lock_guard lock(mutex_);
        if (finished_ || index >= verdicts_.size() || verdicts_[index].kind != WEIR_OUT_UNSET) {
            return ++breaches_, WEIR_E_PROTOCOL;
        }
        verdicts_[index] = to_verdict(outcome);
        return WEIR_OK;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        if (std::exchange(finished_, true)) ++breaches_;
        finished_changed_.notify_all();
    }

    FakeBatch* batch_;
    std::mutex mutex_;
    std::condition_variable finished_changed_;
    std::vector<Verdict> verdicts_;
    std::vector<std::byte> bytes_;
    bool finished_ = false;
    int breaches_ = 0;
};

}  // namespace detail
}  // namespace weir::testing
