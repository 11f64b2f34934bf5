#include "runtime/base/record_batch.hpp"

#include <algorithm>
#include <cstring>

namespace weir {

namespace {
constexpr std::size_t kChunkBytes = 16 * 1024;
}

void RecordBatch::release() const noexcept {
    // Release orders this thread's reads before the delete; acquire makes the deleter see all of them.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void RecordBatch::abi_retain(const weir_batch* batch) noexcept { reinterpret_cast<const Abi*>(batch)->owner->retain(); }

void RecordBatch::abi_release(const weir_batch* batch) noexcept {
    reinterpret_cast<const Abi*>(batch)->owner->release();
}

char* BatchBuilder::allocate(std::size_t size) {
    const std::size_t rounded = (size + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
    if (rounded > chunk_left_) {
        const std::size_t chunk = std::max(rounded, kChunkBytes);
        auto memory = std::make_shared_for_overwrite<char[]>(chunk);
        chunk_ = memory.get();
        chunk_left_ = chunk;
        bytes_.push_back(std::move(memory));
    }
    char* result = chunk_;
    chunk_ += rounded;
    chunk_left_ -= rounded;
    allocated_ += rounded;
    return result;
}

weir_str BatchBuilder::copy(weir_str s) {
    if (s.size == 0) return {s.data == nullptr ? nullptr : "", 0};
    char* memory = allocate(s.size);
    std::memcpy(memory, s.data, s.size);
    return {memory, s.size};
}

void BatchBuilder::add_copy(const weir_record& record) {
    weir_record copied = record;
    for (weir_str weir_record::*field :
         {&weir_record::id, &weir_record::key, &weir_record::type, &weir_record::schema, &weir_record::source,
          &weir_record::subject, &weir_record::content_type, &weir_record::correlation_id, &weir_record::causation_id,
          &weir_record::traceparent, &weir_record::tracestate, &weir_record::payload}) {
        copied.*field = copy(record.*field);
    }
    if (record.attr_count > 0) {
        auto* attrs = reinterpret_cast<weir_attr*>(allocate(sizeof(weir_attr) * record.attr_count));
        for (std::uint32_t i = 0; i < record.attr_count; ++i) {
            attrs[i] = {copy(record.attrs[i].key), copy(record.attrs[i].value)};
        }
        copied.attrs = attrs;
    }
    records_.push_back(copied);
}

BatchPtr BatchBuilder::seal() {
    auto* batch = new RecordBatch;
    batch->records_ = std::move(records_);
    batch->bytes_ = std::move(bytes_);
    batch->parents_ = std::move(parents_);
    for (const weir_record& record : batch->records_) batch->payload_bytes_ += record.payload.size;
    batch->abi_.owner = batch;
    batch->abi_.abi = {sizeof(weir_batch),
                       sizeof(weir_record),
                       static_cast<std::uint32_t>(batch->records_.size()),
                       0,
                       batch->records_.data(),
                       &RecordBatch::abi_retain,
                       &RecordBatch::abi_release};
    *this = BatchBuilder{};
    return BatchPtr(batch);
}

BatchPtr select(const BatchPtr& from, std::span<const std::uint32_t> indexes) {
    BatchBuilder builder;
    builder.reserve(indexes.size());
    for (const std::uint32_t index : indexes) builder.add((*from)[index]);
    builder.keep(from);
    return builder.seal();
}

}  // namespace weir
