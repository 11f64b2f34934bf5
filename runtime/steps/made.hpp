// What a step makes, for the steps behind it: as much of a schema as its template shows.
#pragma once

#include <memory>

#include "runtime/steps/fit.hpp"

namespace weir::steps {

// Of record.data behind the step; null when the template does not show it. Lives by itself.
[[nodiscard]] std::shared_ptr<const expr::Schema> made_schema(const Template& fields, const Passed& passed,
                                                              Decimals decimals, const Reading& reading);

}  // namespace weir::steps
