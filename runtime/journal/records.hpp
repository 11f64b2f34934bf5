// Accepted records of one stream, by what they are and when they came: what a replay is chosen from.
#pragma once

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

[[nodiscard]] Result<RecordPage> find_records(SegmentSet& segments, const RecordFilter& filter);

}  // namespace weir::journal
