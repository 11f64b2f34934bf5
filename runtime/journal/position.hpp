// A record's place in the whole journal as one integer: the key of a stored group and what the identity index keeps.
#pragma once

#include "runtime/journal/journal.hpp"

namespace weir::journal {

// 40 bits of offset: a trillion records in one stream. Streams fit 23 bits, so a position is a positive int64.
inline constexpr unsigned kOffsetBits = 40;
inline constexpr Offset kOffsetMax = (Offset{1} << kOffsetBits) - 1;
inline constexpr StreamId kStreamMax = (1u << 23) - 1;

using Position = std::uint64_t;

[[nodiscard]] constexpr Position make_position(StreamId stream, Offset offset) noexcept {
    return (Position{stream} << kOffsetBits) | offset;
}
[[nodiscard]] constexpr StreamId stream_of(Position position) noexcept {
    return static_cast<StreamId>(position >> kOffsetBits);
}
[[nodiscard]] constexpr Offset offset_of(Position position) noexcept { return position & kOffsetMax; }

}  // namespace weir::journal
