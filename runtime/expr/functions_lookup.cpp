#include "runtime/expr/functions.hpp"

namespace weir::expr {

std::vector<Declaration> lookup_declarations() { return {}; }

}  // namespace weir::expr
