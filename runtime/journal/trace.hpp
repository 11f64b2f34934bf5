// Finds a record by a name somebody has for it, and tells what became of it everywhere.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

[[nodiscard]] Result<std::vector<RecordTrace>> trace_records(SegmentSet& segments, std::string_view id,
                                                             std::string_view source);

}  // namespace weir::journal
