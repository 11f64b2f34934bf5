// tag: says where a record's personal data is, and sets attributes.
#include <algorithm>

#include "runtime/steps/envelope.hpp"
#include "runtime/steps/personal_data.hpp"
#include "runtime/steps/step.hpp"

namespace weir::steps {
namespace {

struct TagPlan {
    TagPlan(const JsonValue& settings, Reading& reading) {
        personal = read_pointers(settings["personal"], "/personal", reading);
        attributes = read_attributes(settings["set"], "/set", reading);
        program.reads_tables = reading.reads_tables();
        reading.keep_data();
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        Meta meta;
        WEIR_CHECK_OK(apply_attributes(attributes, frame, meta));
        if (!personal.empty()) {
            std::vector<Pointer> all = parse_pointers(frame.record().attr(kPersonalData));
            for (const Pointer& pointer : personal) {
                const bool known = std::ranges::any_of(all, [&](const Pointer& p) { return p.text == pointer.text; });
                if (!known) all.push_back(pointer);
            }
            set_personal_data(all, frame, meta);
        }
        WEIR_CHECK_OK(frame.settled());
        emit.pass(meta);
        return ok();
    }

    Program program;
    std::vector<Pointer> personal;
    std::vector<std::pair<std::string, Expression>> attributes;
};

}  // namespace

WEIR_STEP(kTagStep, "tag", TagPlan)

}  // namespace weir::steps
