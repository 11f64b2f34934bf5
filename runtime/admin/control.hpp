// What operators switched, as the journal keeps it: the host reads the same marks at its start.
#pragma once

#include <weir/result.hpp>

#include <map>
#include <string>

#include "runtime/admin/json.hpp"
#include "runtime/admin/plant.hpp"

namespace weir::admin {

inline constexpr std::string_view kControlScope = "control";
inline constexpr std::string_view kPauseRoute = "pause/route/";
inline constexpr std::string_view kPauseConnection = "pause/connection/";

// By name; the value says who, when and why.
struct PauseMarks {
    std::map<std::string, Json, std::less<>> routes;
    std::map<std::string, Json, std::less<>> connections;
};
[[nodiscard]] Result<PauseMarks> pause_marks(const Plant& plant);

}  // namespace weir::admin
