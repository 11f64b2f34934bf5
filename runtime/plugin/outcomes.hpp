// From the weir_outcome a plugin filled to the Outcome engines trust.
#pragma once

#include <weir/plugin.h>

#include "runtime/plugin/handles.hpp"

namespace weir::plugin {

// Copies what its writer filled; fields beyond its struct_size are zero, strings are bounded. An unknown kind is
// RETRY_UNKNOWN, an unknown class technical, and DEFAULT what it stands for. nullopt: not an outcome at all.
[[nodiscard]] std::optional<Outcome> read_outcome(const weir_outcome* from);

// What a kind means where it came from; kinds that make no sense there are RETRY_UNKNOWN (sink), RETRY (transform).
[[nodiscard]] Outcome as_delivered(Outcome outcome);
[[nodiscard]] Outcome as_resolved(Outcome outcome);
[[nodiscard]] Outcome as_transformed(Outcome outcome);

// Of the host's own making.
[[nodiscard]] Outcome host_outcome(std::uint32_t kind, std::string code, std::string message);

}  // namespace weir::plugin
