// filter: keeps the records that a condition holds for.
#include "runtime/steps/step.hpp"

namespace weir::steps {
namespace {

struct FilterPlan {
    FilterPlan(const JsonValue& settings, Reading& reading) {
        if (auto read = reading.condition(settings["when"], "/when")) when = std::move(read->expression);
        if (const auto given = settings["code"].string()) code = *given;
        program.reads_tables = reading.reads_tables();
        // What is kept is what came.
        reading.keep_data();
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        const expr::Value verdict = frame.evaluate(when);
        if (verdict.is_error()) return frame.failed(when, verdict);
        WEIR_CHECK_OK(frame.settled());
        if (verdict.is_true()) {
            emit.pass();
        } else if (verdict.is_false()) {
            emit.filter(code);
        } else {
            return frame.unexpected(when, "true or false", verdict);
        }
        return ok();
    }

    Program program;
    Expression when;
    std::string code = "FILTERED";
};

}  // namespace

WEIR_STEP(kFilterStep, "filter", FilterPlan)

}  // namespace weir::steps
