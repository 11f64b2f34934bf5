#include "runtime/expr/functions.hpp"

namespace weir::expr {

std::vector<Declaration> money_declarations() { return {}; }

}  // namespace weir::expr
