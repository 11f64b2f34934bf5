// The work list: deliveries that have a row, by what somebody wants to know of them.
#pragma once

#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

// Whether the newest segment has all the rows: what is not delivered is carried into it, and out of date in the others.
[[nodiscard]] bool is_open_only(const DeliveryFilter& filter) noexcept;
[[nodiscard]] Result<std::vector<ListedDelivery>> list_deliveries(SegmentSet& segments, const DeliveryFilter& filter);

}  // namespace weir::journal
