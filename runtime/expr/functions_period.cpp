#include "runtime/expr/functions.hpp"

namespace weir::expr {

std::vector<Declaration> period_declarations() { return {}; }

}  // namespace weir::expr
