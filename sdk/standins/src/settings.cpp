#include "settings.hpp"

namespace weir::standin {

namespace {

Error invalid(const std::string& message) { return {Errc::invalid, message, "INVALID_SETTING", {}}; }

bool same_type(const Json& a, const Json& b) {
    return a.type() == b.type() || (a.is_number_integer() && b.is_number_integer());
}

}  // namespace

Status Settings::patch(const Json& changes) {
    if (!changes.is_object()) return invalid("expected an object of settings");
    for (const auto& [key, value] : changes.items()) {
        const auto known = defaults_.find(key);
        if (known == defaults_.end()) return invalid("unknown setting \"" + key + "\": GET /_/settings lists them");
        if (!same_type(value, *known)) {
            return invalid("setting \"" + key + "\": found " + value.dump() + ", expected " + known->type_name());
        }
        if (value.is_number_integer() && value < 0) return invalid("setting \"" + key + "\": expected 0 or more");
    }
    values_.merge_patch(changes);
    return ok();
}

}  // namespace weir::standin
