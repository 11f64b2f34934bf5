#include "settings.hpp"

namespace weir::standin {

namespace {

Error invalid(const std::string& message) { return {Errc::invalid, message, "INVALID_SETTING", {}}; }

bool same_type(const Json& a, const Json& b) {
    return a.type() == b.type() || (a.is_number_integer() && b.is_number_integer());
}

// Members of `changes` are members of `defaults` and of the same type.
Status check(const Json& changes, const Json& defaults, const std::string& where) {
    for (const auto& [key, value] : changes.items()) {
        const std::string name = where + key;
        const auto known = defaults.find(key);
        if (known == defaults.end()) return invalid("unknown setting \"" + name + "\": GET /_/settings lists them");
        if (!same_type(value, *known)) {
            return invalid("setting \"" + name + "\": found " + value.dump() + ", expected " + known->type_name());
        }
        if (value.is_number_integer() && value < 0) return invalid("setting \"" + name + "\": expected 0 or more");
        // These two are records with known members; other objects are tables that a user fills.
        if (key == "quota" || key == "webhooks") WEIR_CHECK_OK(check(value, *known, name + "."));
    }
    return ok();
}

}  // namespace

Status Settings::patch(const Json& changes) {
    if (!changes.is_object()) return invalid("expected an object of settings");
    WEIR_CHECK_OK(check(changes, defaults_, ""));
    values_.merge_patch(changes);
    return ok();
}

}  // namespace weir::standin
