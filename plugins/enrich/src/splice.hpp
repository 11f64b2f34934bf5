// Puts one member into a JSON object and leaves every other byte of it as it was.
#pragma once

#include <weir/json.hpp>

#include <string>
#include <string_view>

namespace weir::enrich {

// `payload` with `value` (JSON, taken as it is) as its member `name`. Nothing is read and rendered again, so that
// numbers of any length survive. Throws Reject: NOT_JSON, DUPLICATE_KEY, NOT_AN_OBJECT; MEMBER_EXISTS without
// `replace`.
[[nodiscard]] std::string with_member(JsonParser& parser, std::string_view payload, std::string_view name,
                                      std::string_view value, bool replace);

}  // namespace weir::enrich
