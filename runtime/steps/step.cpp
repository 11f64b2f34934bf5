#include "runtime/steps/step.hpp"

namespace weir::steps {

void refuse(Emit& emit, const Error& error) {
    if (error.errc == Errc::unavailable) return emit.wait(error.code, error.message);
    sdk_1::detail::Fault fault;
    const ErrorClass error_class = error.errc == Errc::rejected ? ErrorClass::policy : ErrorClass::business;
    sdk_1::detail::fill_fault(fault, WEIR_E_INTERNAL, WEIR_OUT_REJECTED, error_class, error.code, "", error.message);
    emit.fail(fault);
}

}  // namespace weir::steps
