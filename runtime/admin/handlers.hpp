// What each operation of operations.def does. The parameters were checked; the actor may.
#pragma once

#include "runtime/admin/operation.hpp"

namespace weir::admin {

#define WEIR_DECLARE_read(name) [[nodiscard]] Result<Json> op_##name(OperationContext& context, const Json& parameters);
#define WEIR_DECLARE_change(name) WEIR_DECLARE_read(name)
#define WEIR_DECLARE_page(name)
#define WEIR_OPERATION(name, method, path, role, kind, about) WEIR_DECLARE_##kind(name)
#include "runtime/admin/operations.def"
#undef WEIR_DECLARE_read
#undef WEIR_DECLARE_change
#undef WEIR_DECLARE_page

}  // namespace weir::admin
