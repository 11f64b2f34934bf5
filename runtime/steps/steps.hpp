// The steps that are part of the host: map, filter, switch, split, tag, redact, ownership. They are one plugin, "weir",
// linked into the host and called through the same ABI as any other; what is beyond the ABI is their static check.
#pragma once

#include <weir/plugin.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/shape.hpp"

namespace weir::steps {

// Static data, as weir_plugin_entry_v1() of a library gives it. Its manifest is weir_plugin::manifest.
[[nodiscard]] const weir_plugin& builtin_plugin() noexcept;

// What the check may ask about the rest of the configuration.
struct Surroundings {
    // JSON Schema text of a contract, "canonical/journal_entry@1"; nullopt: there is none.
    expr::SchemaResolver contract;
    // Names of contracts and of lookup tables, for suggestions and for lookup() with a constant name.
    std::vector<std::string> contracts;
    std::vector<std::string> tables;
};

struct Problem {
    std::string pointer;     // JSON Pointer into the settings: "/fields/total"
    std::string code;        // "expression", "unknown_field", "type_mismatch", ...
    std::string message;     // one line, lower case
    std::string hint;        // or ""
    std::uint32_t line = 0;  // in the expression that stands at `pointer`, from 1; 0: the value as a whole
    std::uint32_t column = 0;
    std::string excerpt;  // the expression's line and a caret below it, or ""
};

struct Checked {
    std::vector<Problem> problems;
    // Of record.data behind the step; null: nothing is known. The input's own where the step leaves data as it is.
    std::shared_ptr<const expr::Schema> data;
    std::string contract;             // its name, when it is a whole contract: "canonical/journal_entry@1"
    std::set<std::string> tables;     // that lookup() names as constants
    std::set<std::string> contracts;  // that the settings name
    bool reads_cross_references = false;
    std::vector<std::string> branches;  // of a switch, in order
};

// `transform`: one of the component names. `data`: what is known of record.data before the step, or null.
// `settings_json` is valid against the manifest's schema. Any thread.
[[nodiscard]] Checked check(std::string_view transform, std::string_view settings_json,
                            const std::shared_ptr<const expr::Schema>& data, const Surroundings& surroundings);

}  // namespace weir::steps
