// What people did, as the newest segment has it: notes beside deliveries, and the audit log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_set.hpp"

namespace weir::journal {

[[nodiscard]] Result<std::vector<DeliveryNote>> read_notes(SegmentSet& segments, LaneId lane, ItemId item);
[[nodiscard]] Result<std::vector<ListedAudit>> read_audit(SegmentSet& segments, const AuditFilter& filter);
// See Inspector::verify_audit(). The copies in older segments are compared too.
[[nodiscard]] Result<std::uint64_t> check_audit(SegmentSet& segments);

}  // namespace weir::journal
