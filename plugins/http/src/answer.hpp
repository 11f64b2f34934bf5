// What the sender is told: a status, and JSON that lists only what was not accepted.
#pragma once

#include <weir/http.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace http_plugin {

// One item that was not simply accepted.
struct ItemNote {
    std::uint32_t index = 0;  // in the request
    std::string_view status;  // "rejected", "duplicate", "held": literals
    std::string code;
    std::string detail;
};

struct Tally {
    std::uint32_t accepted = 0;
    std::uint32_t duplicates = 0;
    std::uint32_t held = 0;
    std::uint32_t rejected = 0;
};

// {"accepted":n,...,"items":[...]}
[[nodiscard]] std::string tally_json(const Tally& tally, const std::vector<ItemNote>& notes);
// RFC 9457, with `code` and, when there are any, `items`.
[[nodiscard]] std::string problem_json(int status, std::string_view code, std::string_view detail,
                                       const std::vector<ItemNote>& notes = {});

inline constexpr weir::HttpHeader kJsonType{"content-type", "application/json"};
inline constexpr weir::HttpHeader kProblemType{"content-type", "application/problem+json"};

}  // namespace http_plugin
