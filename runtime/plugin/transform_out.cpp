#include "runtime/plugin/transform_out.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/plugin/outcomes.hpp"
#include "runtime/plugin/record_intake.hpp"

namespace weir::plugin {

namespace {

bool within(weir_str inner, weir_str outer) noexcept {
    if (outer.data == nullptr || std::less<>{}(inner.data, outer.data)) return false;
    const auto offset = static_cast<std::size_t>(inner.data - outer.data);
    return offset <= outer.size && inner.size <= outer.size - offset;
}

// Does the view point into memory `record` keeps? Payload first: it is where fields are cut from.
bool within_record(weir_str s, const weir_record& record) noexcept {
    if (within(s, record.payload)) return true;
    for (const auto field : kRecordStrings) {
        if (within(s, record.*field)) return true;
    }
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        if (within(s, record.attrs[i].value) || within(s, record.attrs[i].key)) return true;
    }
    return false;
}

// What nearly every record comes to: no texts to bound, to redact and to move about.
bool says_only_ok(const weir_outcome* outcome) noexcept {
    return outcome != nullptr && outcome->struct_size >= sizeof *outcome && outcome->kind == WEIR_OUT_OK &&
           outcome->error_class == WEIR_CLASS_DEFAULT && outcome->remote_status == 0 && outcome->retry_after_ns == 0 &&
           outcome->code.size == 0 && outcome->message.size == 0 && outcome->remote_id.size == 0;
}

}  // namespace

TransformOut::TransformOut(const InstanceHost& host) : host_(host) {
    abi_.owner = this;
    abi_.out = {sizeof(weir_out),
                0,
                [](weir_out* out, std::size_t size) noexcept { return of(out).allocate(size); },
                [](weir_out* out, const weir_record* record, std::uint32_t record_size) noexcept {
                    return of(out).emit(record, record_size);
                },
                [](weir_out* out, std::uint32_t index, const weir_outcome* outcome) noexcept {
                    return of(out).set_outcome(index, outcome);
                },
                [](weir_out*, weir_str, weir_str, std::uint64_t) noexcept { return weir_status{WEIR_E_UNSUPPORTED}; }};
}

TransformOut& TransformOut::of(weir_out* out) noexcept {
    return *reinterpret_cast<Abi*>(out)->owner;  // Abi is standard layout and begins with the weir_out
}

bool TransformOut::is_open() const noexcept {
    return open_on_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

weir_out* TransformOut::open(const BatchPtr& in) {
    in_ = in;
    outcomes_.assign(in->size(), {});
    builder_.reserve(in->size());
    builder_.keep(in);
    ascending_ = true;
    open_on_ = std::this_thread::get_id();
    return &abi_.out;
}

void TransformOut::close() { open_on_ = std::thread::id{}; }

void TransformOut::drop() {
    builder_ = BatchBuilder{};
    arena_.reset();
    in_ = {};
}

std::size_t TransformOut::used() const noexcept {
    return arena_.allocated() + builder_.allocated() + builder_.size() * sizeof(weir_record);
}

void* TransformOut::allocate(std::size_t size) {
    const std::size_t limit = host_.context().out_bytes_max;
    const std::size_t others = used() - arena_.allocated();
    if (!is_open() || others > limit) return nullptr;
    return arena_.allocate(size, limit - others);
}

weir_status TransformOut::emit(const weir_record* from, std::uint32_t record_size) {
    if (!is_open()) return WEIR_E_PROTOCOL;
    weir_record record;
    const weir_status loaded = load_record(from, record_size, host_.context().payload_bytes_max, record);
    if (loaded != WEIR_OK) return loaded;
    if (record.origin >= in_->size()) return WEIR_E_PROTOCOL;
    if (used() + sizeof record > host_.context().out_bytes_max) return WEIR_E_TOO_LARGE;
    const weir_record& input = (*in_)[record.origin];
    own_views(record, input);
    inherit(record, input);
    if (builder_.size() > 0 && builder_.records().back().origin > record.origin) ascending_ = false;
    builder_.add(record);
    return WEIR_OK;
}

weir_str TransformOut::own(weir_str s, const weir_record& input) {
    if (s.size == 0) return {s.data == nullptr ? nullptr : "", 0};
    if (arena_.contains(s) || within_record(s, input)) return s;
    return builder_.copy(s);
}

void TransformOut::own_views(weir_record& record, const weir_record& input) {
    for (const auto field : kRecordStrings) {
        const weir_str same = input.*field;
        weir_str& s = record.*field;
        // Passed through as it was: by far the most frequent case.
        if (s.data != nullptr && s.data == same.data && s.size <= same.size) continue;
        s = own(s, input);
    }
    record.payload = own(record.payload, input);
    if (record.attrs == input.attrs && record.attr_count <= input.attr_count) return;
    if (record.attr_count == 0) return;
    auto* attrs = reinterpret_cast<weir_attr*>(builder_.allocate(sizeof(weir_attr) * record.attr_count));
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        attrs[i] = {own(record.attrs[i].key, input), own(record.attrs[i].value, input)};
    }
    record.attrs = attrs;
}

void TransformOut::inherit(weir_record& record, const weir_record& input) const {
    const bool fresh = (record.flags & WEIR_REC_FRESH) != 0;
    record.flags &= WEIR_REC_TOMBSTONE;
    record.ingest_unix_ns = input.ingest_unix_ns;
    // A record without an identity could not be traced or de-duplicated, and a made-up one would differ each time.
    if (record.id.size == 0) record.id = input.id;
    if (fresh) return;
    for (const auto field : kRecordStrings) {
        if ((record.*field).data == nullptr) record.*field = input.*field;
    }
    if (record.time_unix_ns == WEIR_TIME_UNKNOWN) record.time_unix_ns = input.time_unix_ns;
    if (record.attrs == nullptr) {
        record.attrs = input.attrs;
        record.attr_count = input.attr_count;
    }
    if (record.payload.data == nullptr && (record.flags & WEIR_REC_TOMBSTONE) == 0) {
        record.payload = input.payload;
        record.flags |= input.flags & WEIR_REC_TOMBSTONE;
    }
}

weir_status TransformOut::set_outcome(std::uint32_t index, const weir_outcome* from) {
    if (!is_open() || index >= outcomes_.size()) return WEIR_E_PROTOCOL;
    if (outcomes_[index].kind == WEIR_OUT_UNSET && says_only_ok(from)) {
        outcomes_[index].kind = WEIR_OUT_OK;
        outcomes_[index].error_class = WEIR_CLASS_TECHNICAL;
        return WEIR_OK;
    }
    auto outcome = read_outcome(from);
    if (!outcome) return WEIR_E_PROTOCOL;
    if (outcomes_[index].kind != WEIR_OUT_UNSET) {
        log::warn("second outcome of one input ignored", {{"instance", host_.instance()}, {"index", index}});
        return WEIR_E_PROTOCOL;
    }
    if (!outcome->message.empty()) outcome->message = host_.redact(outcome->message);
    outcomes_[index] = as_transformed(std::move(*outcome));
    return WEIR_OK;
}

std::vector<Outcome> TransformOut::take_outcomes() {
    for (Outcome& outcome : outcomes_) {
        if (outcome.kind != WEIR_OUT_UNSET) continue;
        outcome = host_outcome(WEIR_OUT_RETRY, "outcome_unset", "the transform gave this record no outcome");
    }
    return std::exchange(outcomes_, {});
}

BatchPtr TransformOut::take_output(const std::vector<Outcome>& outcomes) {
    auto& records = builder_.records();
    std::erase_if(records, [&](const weir_record& record) { return outcomes[record.origin].kind != WEIR_OUT_OK; });
    if (!ascending_) {
        std::stable_sort(records.begin(), records.end(),
                         [](const weir_record& a, const weir_record& b) { return a.origin < b.origin; });
    }
    arena_.give_to(builder_);
    BatchPtr output = builder_.seal();
    in_ = {};
    return output;
}

}  // namespace weir::plugin
