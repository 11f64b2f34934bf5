// Does what a template makes fit a contract? Leaf by leaf, before the first record.
#pragma once

#include <span>
#include <string>

#include "runtime/steps/template.hpp"

namespace weir::steps {

// Members of the input that are taken over beside those of the template.
struct Passed {
    bool any = false;
    const expr::Shape* data = nullptr;    // null: unknown
    std::span<const std::string> except;  // sorted
};

// As a bit of expr::Shape.
[[nodiscard]] std::uint8_t type_of(const JsonValue& json);

// Adds problems: unknown_field, missing_field, type_mismatch.
void check_fit(const Template& fields, const Passed& passed, Decimals decimals, const expr::Shape& target,
               Reading& reading);

}  // namespace weir::steps
