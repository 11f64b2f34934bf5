#include "runtime/expr/environment.hpp"

#include <algorithm>
#include <array>

#include "runtime/expr/container.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/macros.hpp"
#include "runtime/expr/problem.hpp"
#include "runtime/expr/reference.hpp"

namespace weir::expr {

namespace {

constexpr std::array<std::string_view, 16> kTypes = {"bool",
                                                     "int",
                                                     "uint",
                                                     "double",
                                                     "string",
                                                     "bytes",
                                                     "list",
                                                     "map",
                                                     "type",
                                                     "null_type",
                                                     "google.protobuf.Timestamp",
                                                     "google.protobuf.Duration",
                                                     "net.IP",
                                                     "net.CIDR",
                                                     "optional_type",
                                                     "decimal"};

}  // namespace

Names::Names(const Environment& environment) : environment_(environment) {
    for (std::uint32_t i = 0; i < environment.variables.size(); ++i)
        variables_.emplace(environment.variables[i].name, i);
}

std::optional<std::uint32_t> Names::variable(std::string_view name) const {
    return in_containers(environment_.container, name, [&](std::string_view candidate) -> std::optional<std::uint32_t> {
        const auto found = variables_.find(candidate);
        if (found == variables_.end()) return std::nullopt;
        return found->second;
    });
}

std::optional<std::string_view> Names::type(std::string_view name) const {
    return in_containers(environment_.container, name,
                         [&](std::string_view candidate) -> std::optional<std::string_view> {
                             const auto found = std::ranges::find(kTypes, candidate);
                             if (found == kTypes.end() || (environment_.strict && *found == "decimal"))
                                 return std::nullopt;
                             return *found;
                         });
}

std::optional<std::int64_t> Names::enumerator(std::string_view name) const {
    return in_containers(environment_.container, name, [](std::string_view candidate) -> std::optional<std::int64_t> {
        if (candidate != "google.protobuf.NullValue.NULL_VALUE") return std::nullopt;
        return 0;
    });
}

std::string_view Names::function(std::string_view name) const {
    const auto found =
        in_containers(environment_.container, name, [&](std::string_view candidate) -> std::optional<std::string_view> {
            const FunctionInfo* function = Registry::instance().find(candidate);
            if (function == nullptr || function->is_operator()) return std::nullopt;  // a + b is not _+_(a, b)
            const bool usable = !environment_.strict || std::ranges::any_of(function->overloads, [](const Overload& o) {
                return !o.weir_only;
            });
            return usable ? std::optional(function->name) : std::nullopt;
        });
    return found.value_or(std::string_view());
}

std::string Names::no_function(const std::string& name) const {
    if (environment_.macros) {
        for (const MacroHelp& macro : macro_help()) {
            const std::string_view called = macro.usage.substr(0, macro.usage.find('('));
            if (called == name || called.ends_with("." + name)) {
                return "\"" + name + "\" is not called like this, but " + std::string(macro.usage);
            }
        }
    }
    const FunctionInfo* unusable = Registry::instance().find(name);
    if (unusable != nullptr && !unusable->is_operator()) return "\"" + name + "\" is not there in strict mode";
    std::vector<std::string_view> known(macro_names().begin(), macro_names().end());
    for (const std::string_view one : Registry::instance().names()) {
        if (!function(one).empty()) known.push_back(one);
    }
    return "undeclared function \"" + name + "\"" + suggestion(name, known);
}

std::vector<std::string_view> Names::known() const {
    std::vector<std::string_view> names(kTypes.begin(), kTypes.end());
    for (const VariableDeclaration& variable : environment_.variables) names.emplace_back(variable.name);
    return names;
}

}  // namespace weir::expr
