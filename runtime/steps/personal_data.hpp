// The attribute `personaldata`: where in the data there is personal data, as pointers separated by spaces.
#pragma once

#include <vector>

#include "runtime/steps/envelope.hpp"
#include "runtime/steps/pointers.hpp"

namespace weir::steps {

inline constexpr std::string_view kPersonalData = "personaldata";

// With no pointers the attribute goes.
inline void set_personal_data(const std::vector<Pointer>& pointers, Frame& frame, Meta& meta) {
    if (pointers.empty()) return set_attribute(frame, meta, kPersonalData, std::nullopt);
    set_attribute(frame, meta, kPersonalData, frame.workspace().texts.emplace_back(joined(pointers)));
}

}  // namespace weir::steps
