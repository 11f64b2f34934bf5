#include "runtime/plugin/record_intake.hpp"

#include <cstring>

#include "runtime/base/record_frame.hpp"

namespace weir::plugin {

namespace {

constexpr bool points_nowhere(weir_str s) noexcept { return s.data == nullptr && s.size > 0; }

weir_status check_string(weir_str s, std::size_t max) noexcept {
    if (points_nowhere(s)) return WEIR_E_PROTOCOL;
    return s.size > max ? WEIR_E_TOO_LARGE : WEIR_OK;
}

weir_status check_attrs(const weir_record& record) noexcept {
    if (record.attr_count > kRecordAttrsMax) return WEIR_E_TOO_LARGE;
    if (record.attrs == nullptr && record.attr_count > 0) return WEIR_E_PROTOCOL;
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        for (const weir_str s : {record.attrs[i].key, record.attrs[i].value}) {
            if (const weir_status bad = check_string(s, kFrameStringMax); bad != WEIR_OK) return bad;
        }
    }
    return WEIR_OK;
}

}  // namespace

weir_status load_record(const weir_record* from, std::uint32_t record_size, std::size_t payload_bytes_max,
                        weir_record& to) noexcept {
    if (from == nullptr || record_size < offsetof(weir_record, time_unix_ns)) return WEIR_E_PROTOCOL;
    if (record_size >= sizeof to) {
        to = *from;
    } else {  // of a plugin built before the last fields were added
        to = {};
        to.time_unix_ns = WEIR_TIME_UNKNOWN;
        std::memcpy(&to, from, record_size);
    }
    for (const auto field : kRecordStrings) {
        if (const weir_status bad = check_string(to.*field, kFrameStringMax); bad != WEIR_OK) return bad;
    }
    if (const weir_status bad = check_string(to.payload, payload_bytes_max); bad != WEIR_OK) return bad;
    return check_attrs(to);
}

}  // namespace weir::plugin
