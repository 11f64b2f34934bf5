// Reads the weir_record a plugin emits: of any minor, from memory that may say anything.
#pragma once

#include <weir/plugin.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::plugin {

inline constexpr std::size_t kRecordAttrsMax = 64;

// Every string of a record but the payload.
inline constexpr std::array kRecordStrings = {
    &weir_record::id,           &weir_record::key,         &weir_record::type,         &weir_record::schema,
    &weir_record::source,       &weir_record::subject,     &weir_record::content_type, &weir_record::correlation_id,
    &weir_record::causation_id, &weir_record::traceparent, &weir_record::tracestate,
};

// Copies the `record_size` bytes the plugin knows, at most what we know; the rest is absent. WEIR_E_PROTOCOL: a null
// record, a size without even `origin`, a view that points nowhere. WEIR_E_TOO_LARGE: beyond the limits of plugin.h.
[[nodiscard]] weir_status load_record(const weir_record* from, std::uint32_t record_size, std::size_t payload_bytes_max,
                                      weir_record& to) noexcept;

}  // namespace weir::plugin
