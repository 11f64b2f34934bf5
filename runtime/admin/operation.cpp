#include "runtime/admin/operation.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/admin/handlers.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

constexpr std::string_view kRoles[] = {"anybody", "viewer", "operator", "approver", "admin"};

constexpr Role declared_role(std::string_view name) {
    for (std::size_t i = 0; i < std::size(kRoles); ++i) {
        if (kRoles[i] == name) return static_cast<Role>(i);
    }
    throw "operations.def: unknown role";  // never at run time: the table is constexpr
}

using Handler = Result<Json> (*)(OperationContext&, const Json&);
#define WEIR_HANDLER_read(name) op_##name
#define WEIR_HANDLER_change(name) op_##name
#define WEIR_HANDLER_page(name) nullptr

constexpr OperationInfo kOperations[] = {
#define WEIR_OPERATION(name, method, path, role, kind, about)                                          \
    {OperationId::name,        #name, #method, path, declared_role(#role), OperationKind::kind, about, \
     WEIR_HANDLER_##kind(name)},
#include "runtime/admin/operations.def"
};

constexpr ParameterInfo kParameters[] = {
#define WEIR_PARAMETER(operation, name, type, presence, least, most, choices, about) \
    {OperationId::operation, #name, ParameterType::type, Presence::presence, least, most, choices, about},
#include "runtime/admin/operations.def"
};

static_assert(std::ranges::is_sorted(kParameters, {}, &ParameterInfo::operation), "parameters follow their operation");

Error bad_parameter(const ParameterInfo& parameter, const std::string& expected) {
    return {Errc::invalid, std::string(parameter.name) + ": expected " + expected, "BAD_PARAMETER", {}};
}

bool is_choice(std::string_view choices, std::string_view value) {
    while (!choices.empty()) {
        const auto bar = choices.find('|');
        if (choices.substr(0, bar) == value) return true;
        choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
    }
    return false;
}

// Where text goes into logs, audit and headers of answers, a control character could pretend to be structure.
bool is_plain(std::string_view text) {
    return std::ranges::none_of(text,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; });
}

Result<Json> checked_text(const ParameterInfo& parameter, const Json& given) {
    if (!given.is_string()) return bad_parameter(parameter, "text");
    const auto& text = given.get_ref<const std::string&>();
    if (!parameter.choices.empty()) {
        if (is_choice(parameter.choices, text)) return given;
        std::string choices(parameter.choices);
        for (std::size_t at = 0; (at = choices.find('|', at)) != std::string::npos; at += 2)
            choices.replace(at, 1, ", ");
        return bad_parameter(parameter, "one of " + choices);
    }
    const auto size = static_cast<std::int64_t>(text.size());
    if (size < parameter.least || size > parameter.most) {
        return bad_parameter(parameter, std::to_string(parameter.least) + " to " + std::to_string(parameter.most) +
                                            " bytes, found " + std::to_string(size));
    }
    const bool payload = parameter.name == "text" && parameter.most > 4096;  // any bytes are a payload
    if (!payload && !is_plain(text)) return bad_parameter(parameter, "text without control characters");
    return given;
}

Result<Json> checked_integer(const ParameterInfo& parameter, const Json& given) {
    const std::string expected =
        "a whole number from " + std::to_string(parameter.least) + " to " + std::to_string(parameter.most);
    if (!given.is_number_integer()) return bad_parameter(parameter, expected);
    if (given.is_number_unsigned() && given.get<std::uint64_t>() > static_cast<std::uint64_t>(parameter.most)) {
        return bad_parameter(parameter, expected);
    }
    const auto value = given.get<std::int64_t>();
    if (value < parameter.least || value > parameter.most) return bad_parameter(parameter, expected);
    return Json(value);
}

Result<Json> checked_texts(const ParameterInfo& parameter, const Json& given) {
    const auto count = static_cast<std::int64_t>(given.size());
    const bool texts = given.is_array() && std::ranges::all_of(given, [](const Json& one) {
                           return one.is_string() && one.get_ref<const std::string&>().size() <= 1024 &&
                                  is_plain(one.get_ref<const std::string&>());
                       });
    if (texts && count >= parameter.least && count <= parameter.most) return given;
    return bad_parameter(parameter, "a list of " + std::to_string(parameter.least) + " to " +
                                        std::to_string(parameter.most) + " texts of at most 1024 bytes");
}

Result<Json> checked(const ParameterInfo& parameter, const Json& given) {
    switch (parameter.type) {
        case ParameterType::text:
            return checked_text(parameter, given);
        case ParameterType::integer:
            return checked_integer(parameter, given);
        case ParameterType::boolean:
            if (given.is_boolean()) return given;
            return bad_parameter(parameter, "true or false");
        case ParameterType::time: {
            const auto time = given.is_string() ? parse_time(given.get_ref<const std::string&>()) : std::nullopt;
            if (time) return Json(*time);
            return bad_parameter(parameter, "a time as in RFC 3339: \"2026-06-01T16:00:00Z\"");
        }
        case ParameterType::texts:
            return checked_texts(parameter, given);
        case ParameterType::any:
            return given;
    }
    return given;
}

Error unknown_parameter(OperationId id, std::string_view name) {
    std::vector<std::string_view> names;
    for (const ParameterInfo& parameter : parameters(id)) names.push_back(parameter.name);
    const std::string_view meant = nearest_name(name, names);
    std::string message = "unknown parameter \"" + std::string(name.substr(0, 64)) + "\"";
    if (!meant.empty()) message += ", did you mean \"" + std::string(meant) + "\"?";
    return {Errc::invalid, std::move(message), "UNKNOWN_PARAMETER", {}};
}

}  // namespace

std::string_view to_string(Role role) noexcept { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view name) noexcept {
    const auto found = std::ranges::find(kRoles, name);
    if (found == std::end(kRoles)) return std::nullopt;
    return static_cast<Role>(found - std::begin(kRoles));
}

std::span<const OperationInfo> operations() noexcept { return kOperations; }

const OperationInfo& operation(OperationId id) noexcept { return kOperations[static_cast<std::size_t>(id)]; }

std::span<const ParameterInfo> parameters(OperationId id) noexcept {
    const auto [begin, end] = std::ranges::equal_range(kParameters, id, {}, &ParameterInfo::operation);
    return {begin, end};
}

Where where(const OperationInfo& operation, const ParameterInfo& parameter) {
    const bool in_path = operation.path.find("{" + std::string(parameter.name) + "}") != std::string_view::npos;
    if (in_path) return Where::path;
    return operation.method == "GET" ? Where::query : Where::body;
}

Result<Json> check_parameters(const OperationInfo& operation, const Json& given) {
    if (!given.is_object()) return Error{Errc::invalid, "expected a JSON object with the parameters", "BAD_JSON", {}};
    const auto known = parameters(operation.id);
    for (auto at = given.begin(); at != given.end(); ++at) {
        if (std::ranges::find(known, at.key(), &ParameterInfo::name) == known.end()) {
            return unknown_parameter(operation.id, at.key());
        }
    }
    Json taken = Json::object();
    for (const ParameterInfo& parameter : known) {
        const auto at = given.find(std::string(parameter.name));
        if (at != given.end()) {
            WEIR_TRY(taken[std::string(parameter.name)], checked(parameter, *at));
        } else if (parameter.presence == Presence::required) {
            return Error{Errc::invalid,
                         std::string(parameter.name) + " is missing: " + std::string(parameter.about),
                         "MISSING_PARAMETER",
                         {}};
        }
    }
    return taken;
}

Result<Json> parameter_from_text(const ParameterInfo& parameter, std::string_view text) {
    switch (parameter.type) {
        case ParameterType::integer: {
            std::int64_t number = 0;
            const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (failed == std::errc{} && end == text.data() + text.size()) return Json(number);
            return bad_parameter(parameter, "a whole number");
        }
        case ParameterType::boolean:
            if (text == "true" || text == "false") return Json(text == "true");
            return bad_parameter(parameter, "true or false");
        case ParameterType::any:
            return parse_json(text);
        case ParameterType::texts:
            return Json::array({std::string(text)});
        default:
            return Json(std::string(text));
    }
}

Result<Json> call(const OperationInfo& operation, OperationContext& context, const Json& given) {
    const Role role = role_of(context.actor.role).value_or(Role::anybody);
    if (role < operation.role) {
        return Error{Errc::rejected,
                     "this needs the role " + std::string(to_string(operation.role)) + ", and the token has " +
                         context.actor.role,
                     "FORBIDDEN",
                     {}};
    }
    if (operation.run == nullptr) return Error{Errc::not_found, "not an operation", "NOT_FOUND", {}};
    WEIR_TRY(const Json taken, check_parameters(operation, given));
    context.actor.reason = taken.value("reason", "");
    const bool needs_reason = operation.kind == OperationKind::change && !taken.value("dry_run", false);
    if (needs_reason && context.actor.reason.empty()) {
        return Error{Errc::invalid, "reason is missing: why, for the audit", "MISSING_PARAMETER", {}};
    }
    if (context.plant.inspector == nullptr && operation.id != OperationId::health) {
        return Error{Errc::unavailable, "this journal is in memory: nothing of it can be listed", "NO_JOURNAL", {}};
    }
    return operation.run(context, taken);
}

}  // namespace weir::admin
