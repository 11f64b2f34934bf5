// The accounting identity of every lane, each figure counted on its own.
#pragma once

#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

[[nodiscard]] Result<std::vector<LaneAccount>> count_accounts(SegmentSet& segments);

}  // namespace weir::journal
