// A batch of records that keeps every byte its records point to: the unit that moves through weir.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

[[nodiscard]] inline std::string_view view(weir_str s) noexcept { return {s.data, s.size}; }
[[nodiscard]] inline weir_str str(std::string_view s) noexcept { return {s.data(), s.size()}; }

class RecordBatch;

// Counts one reference to a RecordBatch.
class BatchPtr {
  public:
    BatchPtr() = default;
    explicit BatchPtr(const RecordBatch* adopted) noexcept : batch_(adopted) {}
    BatchPtr(const BatchPtr& other) noexcept;
    BatchPtr(BatchPtr&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
    BatchPtr& operator=(BatchPtr other) noexcept {
        std::swap(batch_, other.batch_);
        return *this;
    }
    ~BatchPtr();
    const RecordBatch& operator*() const { return *batch_; }
    const RecordBatch* operator->() const { return batch_; }
    explicit operator bool() const noexcept { return batch_ != nullptr; }

  private:
    const RecordBatch* batch_ = nullptr;
};

// Immutable once built; shared by reference count; any thread may read it. Payload bytes are either owned
// (`bytes`), or in other batches kept alive (`parents`).
class RecordBatch {
  public:
    RecordBatch(const RecordBatch&) = delete;
    RecordBatch& operator=(const RecordBatch&) = delete;

    [[nodiscard]] std::span<const weir_record> records() const noexcept { return records_; }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] const weir_record& operator[](std::size_t index) const { return records_[index]; }
    // The view a plugin gets. Valid as long as a reference is held.
    [[nodiscard]] const weir_batch& abi() const noexcept { return abi_.abi; }
    // Sum of payload sizes.
    [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }

  private:
    friend class BatchPtr;
    friend class BatchBuilder;
    RecordBatch() = default;
    ~RecordBatch() = default;
    void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() const noexcept;

    struct Abi {  // standard layout, so that a weir_batch* from a plugin leads back to its owner
        weir_batch abi{};
        const RecordBatch* owner = nullptr;
    };
    static void abi_retain(const weir_batch* batch) noexcept;
    static void abi_release(const weir_batch* batch) noexcept;

    Abi abi_;
    mutable std::atomic<std::uint32_t> references_{1};
    std::vector<weir_record> records_;
    std::vector<std::shared_ptr<const void>> bytes_;
    std::vector<BatchPtr> parents_;
    std::size_t payload_bytes_ = 0;
};

inline BatchPtr::BatchPtr(const BatchPtr& other) noexcept : batch_(other.batch_) {
    if (batch_ != nullptr) batch_->retain();
}
inline BatchPtr::~BatchPtr() {
    if (batch_ != nullptr) batch_->release();
}

// Collects records and the memory they live in; one thread. seal() makes the batch and leaves the builder empty.
class BatchBuilder {
  public:
    BatchBuilder() = default;
    BatchBuilder(BatchBuilder&&) noexcept = default;
    BatchBuilder& operator=(BatchBuilder&&) noexcept = default;

    void reserve(std::size_t records) { records_.reserve(records); }
    // Uninitialised memory that lives as long as the batch; aligned for any type.
    [[nodiscard]] char* allocate(std::size_t size);
    // Copies into the batch's memory. Absent stays absent.
    [[nodiscard]] weir_str copy(weir_str s);
    // Appends as it is: whatever it points to must be kept by keep(), copy() or allocate().
    void add(const weir_record& record) { records_.push_back(record); }
    // Appends a deep copy.
    void add_copy(const weir_record& record);
    void keep(BatchPtr parent) { parents_.push_back(std::move(parent)); }
    void keep(std::shared_ptr<const void> bytes) { bytes_.push_back(std::move(bytes)); }
    [[nodiscard]] std::vector<weir_record>& records() noexcept { return records_; }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] std::size_t allocated() const noexcept { return allocated_; }
    [[nodiscard]] BatchPtr seal();

  private:
    std::vector<weir_record> records_;
    std::vector<std::shared_ptr<const void>> bytes_;
    std::vector<BatchPtr> parents_;
    char* chunk_ = nullptr;
    std::size_t chunk_left_ = 0;
    std::size_t allocated_ = 0;
};

// The batch that holds `records` of `from` at `indexes`, sharing its memory.
[[nodiscard]] BatchPtr select(const BatchPtr& from, std::span<const std::uint32_t> indexes);

}  // namespace weir
