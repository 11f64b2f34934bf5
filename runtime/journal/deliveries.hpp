// The work list: deliveries that have a row, by what somebody wants to know of them.
#pragma once

#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

[[nodiscard]] Result<std::vector<ListedDelivery>> list_deliveries(SegmentSet& segments, const DeliveryFilter& filter);

}  // namespace weir::journal
