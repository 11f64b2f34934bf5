// The chain of hashes that makes a change in the audit log show: docs/formats/journal.md, "audit".
#pragma once

#include <string>
#include <string_view>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

inline constexpr std::size_t kAuditHashBytes = 32;

// What stands before the first entry.
[[nodiscard]] std::string audit_chain_begin();
// SHA-256 of `previous` and every field of the entry, each with its length in front. Any thread.
[[nodiscard]] std::string audit_hash(std::string_view previous, const AuditEntry& entry);

}  // namespace weir::journal
