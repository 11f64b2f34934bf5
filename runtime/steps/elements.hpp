// Going through a list of the input or of an expression: $each and split.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/steps/frame.hpp"
#include "runtime/steps/output.hpp"

namespace weir::steps {

// Calls `visit` with each index of the list that `list` gives, having set `slot` to the element and the next one to
// its index; ends with what it returns when that is an error. False: the list is null or an empty optional. A list of
// the input is not made into values as a whole.
[[nodiscard]] Result<bool> for_each_element(Frame& frame, const Expression& list, std::uint32_t slot,
                                            const std::function<Status(std::size_t index)>& visit);
// Appends the element as it is.
[[nodiscard]] Status write_item(Frame& frame, std::uint32_t slot, Decimals decimals, std::string& out);

// May an expression of this type give a list, or nothing?
[[nodiscard]] bool may_be_list(std::string_view type) noexcept;
// "line", "lineItem2": what an expression can refer to.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace weir::steps
