// One record as bytes: what the journal stores, the hop to another process carries and a dead letter keeps.
// docs/formats/journal.md describes it byte by byte; version 1 is little-endian and fixed.
#pragma once

#include <weir/plugin.h>
#include <weir/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/record_batch.hpp"

namespace weir {

// Hash of a record's identity (CloudEvents `source` + `id`). Equal hashes are confirmed against the stored record.
[[nodiscard]] std::uint64_t identity_hash(std::string_view source, std::string_view id) noexcept;

// A record its source or the journal put aside at intake: kept, in order, never delivered by itself.
struct Hold {
    std::uint32_t index = 0;  // of the record in its batch
    std::uint32_t error_class = WEIR_CLASS_BUSINESS;
    std::string code;
    std::string message;
};

// Records encoded one after another, ready to be stored. Move it; it may be large.
struct EncodedBatch {
    std::string frames;
    std::vector<std::uint64_t> id_hashes;  // one per record
    std::vector<std::uint32_t> sizes;      // of each frame
    [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(sizes.size()); }
    [[nodiscard]] bool empty() const noexcept { return sizes.empty(); }
};

// Longest string a frame carries in one attribute.
inline constexpr std::size_t kFrameStringMax = 65'535;

// Appends one frame. `invalid` when a string is above kFrameStringMax or the frame above 4 GiB - 1.
// `hold` may be null.
[[nodiscard]] Status encode_record(const weir_record& record, const Hold* hold, EncodedBatch& out);

struct DecodedBatch {
    BatchPtr batch;
    std::vector<Hold> holds;  // ascending by index; almost always empty
};

// Decodes `count` frames; the records point into `bytes`, which `keep` keeps alive. `corrupt` when the bytes are
// not exactly `count` frames.
[[nodiscard]] Result<DecodedBatch> decode_records(std::string_view bytes, std::uint32_t count,
                                                  std::shared_ptr<const void> keep);

// Whether a frame carries a Hold. `frame` is one well-formed frame.
[[nodiscard]] bool frame_is_held(std::string_view frame) noexcept;

// Same record: every attribute and the payload, `ingest` time apart.
[[nodiscard]] bool same_content(const weir_record& a, const weir_record& b) noexcept;

}  // namespace weir
