#include "runtime/expr/functions.hpp"

namespace weir::expr {

std::vector<Declaration> decimal_declarations() { return {}; }

}  // namespace weir::expr
