// The operations of operations.def as a table, and the one way to call them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/admin/json.hpp"
#include "runtime/admin/plant.hpp"

namespace weir::admin {

// Each may do what those before it may.
enum class Role : std::uint8_t { anybody, viewer, operating, approver, admin };
[[nodiscard]] std::string_view to_string(Role role) noexcept;  // "operator" for `operating`, a keyword of C++
[[nodiscard]] std::optional<Role> role_of(std::string_view name) noexcept;

enum class OperationId : std::uint8_t {
#define WEIR_OPERATION(name, method, path, role, kind, about) name,
#include "runtime/admin/operations.def"
};

enum class OperationKind : std::uint8_t { read, change, page };
enum class ParameterType : std::uint8_t { text, integer, boolean, time, texts, any };
enum class Presence : std::uint8_t { required, optional };
enum class Where : std::uint8_t { path, query, body };

// What an operation works with. One thread at a time may use one Plant.
struct OperationContext {
    Plant& plant;
    Actor actor;
};

struct OperationInfo {
    OperationId id;
    std::string_view name;
    std::string_view method;
    std::string_view path;
    Role role;
    OperationKind kind;
    std::string_view about;
    Result<Json> (*run)(OperationContext&, const Json&);  // nullptr: a page
};

struct ParameterInfo {
    OperationId operation;
    std::string_view name;
    ParameterType type;
    Presence presence;
    std::int64_t least;
    std::int64_t most;
    std::string_view choices;
    std::string_view about;
};

[[nodiscard]] std::span<const OperationInfo> operations() noexcept;
[[nodiscard]] const OperationInfo& operation(OperationId id) noexcept;
[[nodiscard]] std::span<const ParameterInfo> parameters(OperationId id) noexcept;
[[nodiscard]] Where where(const OperationInfo& operation, const ParameterInfo& parameter);

// The parameters as the operation takes them: known names only, of the right type, within bounds; times as nanoseconds.
// `invalid`: what is wrong with the first one that is.
[[nodiscard]] Result<Json> check_parameters(const OperationInfo& operation, const Json& given);
// One parameter from text, as a query or a command line has it. `invalid`: not of its type.
[[nodiscard]] Result<Json> parameter_from_text(const ParameterInfo& parameter, std::string_view text);

// Checks role, parameters and reason, then runs the operation. Not for pages.
[[nodiscard]] Result<Json> call(const OperationInfo& operation, OperationContext& context, const Json& given);

}  // namespace weir::admin
