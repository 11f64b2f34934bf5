// How a wire tap's lane is told from a destination's, in the configuration, the journal and listings.
#pragma once

#include <string_view>

namespace weir {

inline constexpr std::string_view kTapPrefix = "tap.";  // that no connection's name begins with

[[nodiscard]] constexpr bool is_tap_name(std::string_view destination) noexcept {
    return destination.starts_with(kTapPrefix);
}

}  // namespace weir
