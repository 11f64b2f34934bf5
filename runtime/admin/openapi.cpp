#include "runtime/admin/openapi.hpp"

#include <algorithm>
#include <string>

#include "runtime/admin/operation.hpp"

namespace weir::admin {

namespace {

Json choices_of(std::string_view choices) {
    Json list = Json::array();
    while (!choices.empty()) {
        const auto bar = choices.find('|');
        list.push_back(std::string(choices.substr(0, bar)));
        choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
    }
    return list;
}

Json schema_of(const ParameterInfo& parameter) {
    switch (parameter.type) {
        case ParameterType::text: {
            Json schema{{"type", "string"}};
            if (!parameter.choices.empty()) {
                schema["enum"] = choices_of(parameter.choices);
            } else {
                schema["minLength"] = parameter.least;
                schema["maxLength"] = parameter.most;
            }
            return schema;
        }
        case ParameterType::integer:
            return {{"type", "integer"}, {"minimum", parameter.least}, {"maximum", parameter.most}};
        case ParameterType::boolean:
            return {{"type", "boolean"}};
        case ParameterType::time:
            return {{"type", "string"}, {"format", "date-time"}};
        case ParameterType::texts:
            return {{"type", "array"},
                    {"items", {{"type", "string"}}},
                    {"minItems", parameter.least},
                    {"maxItems", parameter.most}};
        case ParameterType::any:
            return Json::object();
    }
    return Json::object();
}

Json problem_answer(std::string_view about) {
    return {{"description", about},
            {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

Json answers_of(const OperationInfo& operation) {
    std::string_view type = "application/json";
    if (operation.id == OperationId::metrics) type = "text/plain";
    Json content = Json::object();
    content[std::string(type)] = {{"schema", Json::object()}};
    Json answers{{"200", {{"description", operation.about}, {"content", content}}}};
    if (operation.role == Role::anybody) return answers;
    answers["400"] = problem_answer("A parameter is missing, unknown or wrong.");
    answers["401"] = problem_answer("No token, or not one that is known.");
    answers["403"] = problem_answer("The token's role may not do this.");
    answers["404"] = problem_answer("What was asked for is not there.");
    answers["409"] = problem_answer("It is not in the state this needs.");
    answers["429"] = problem_answer("Too many wrong tokens from this address; Retry-After says how long to wait.");
    answers["503"] = problem_answer("Not done, and may succeed later.");
    return answers;
}

Json body_of(const OperationInfo& operation) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const ParameterInfo& parameter : parameters(operation.id)) {
        if (where(operation, parameter) != Where::body) continue;
        Json schema = schema_of(parameter);
        schema["description"] = parameter.about;
        properties[std::string(parameter.name)] = std::move(schema);
        if (parameter.presence == Presence::required) required.push_back(parameter.name);
    }
    Json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = required;
    return {{"required", true}, {"content", {{"application/json", {{"schema", schema}}}}}};
}

Json describe(const OperationInfo& operation) {
    Json told{{"operationId", operation.name},
              {"summary", operation.about},
              {"description", "Role: " + std::string(to_string(operation.role)) + "."},
              {"x-role", to_string(operation.role)}};
    told["security"] = operation.role == Role::anybody ? Json::array() : Json::parse(R"([{"token":[]}])");
    Json listed = Json::array();
    for (const ParameterInfo& parameter : parameters(operation.id)) {
        const Where place = where(operation, parameter);
        if (place == Where::body) continue;
        Json one{{"name", parameter.name}, {"in", place == Where::path ? "path" : "query"}};
        one["required"] = parameter.presence == Presence::required;
        one["description"] = parameter.about;
        one["schema"] = schema_of(parameter);
        listed.push_back(std::move(one));
    }
    if (!listed.empty()) told["parameters"] = std::move(listed);
    if (operation.method == "POST") told["requestBody"] = body_of(operation);
    told["responses"] = answers_of(operation);
    return told;
}

constexpr std::string_view kIntroduction = R"(# Administration API

Generated from `runtime/admin/operations.def` by `ninja admin_reference`; a test compares. What people do with it:
[howto/operate.md](../howto/operate.md). The same as OpenAPI 3.1: `GET /v1/openapi.json`.

- The host listens on `admin.listen` (loopback, a free port, when not configured); `<data_dir>/host.json` has the address.
- Every request but `GET /live` needs `Authorization: Bearer <token>`; `weir token create` makes one. Roles: viewer,
  operator, approver, admin; each may do what those before it may.
- Parameters of a `GET` stand in the query, those of a `POST` in a JSON body. Unknown ones are refused, and so are JSON
  texts above 1 MiB, deeper than 64 levels, or with a name twice in one object.
- What changes something needs a `reason`; who, when, what and why go into the audit.
- Lists come in pages: `limit`, and `cursor` with what `next` of the page before said. No `next`: that was all.
- Errors are `application/problem+json` (RFC 9457) with a stable `code`.
- The name of a delivery is `<route>/<destination>/<offset>.<part>`, in a path with `/` as `%2F`; the destination is `-`
  for what a route's steps put aside.
)";

std::string type_text(const ParameterInfo& parameter) {
    const auto range = [&](const char* unit) {
        return std::to_string(parameter.least) + " to " + std::to_string(parameter.most) + unit;
    };
    switch (parameter.type) {
        case ParameterType::text: {
            if (parameter.choices.empty()) return "text, " + range(" bytes");
            std::string choices = "`" + std::string(parameter.choices) + "`";
            for (std::size_t at = 0; (at = choices.find('|', at)) != std::string::npos;) choices.replace(at, 1, "`, `");
            return choices;
        }
        case ParameterType::integer:
            return "whole number, " + range("");
        case ParameterType::boolean:
            return "true or false";
        case ParameterType::time:
            return "time (RFC 3339)";
        case ParameterType::texts:
            return "list of texts, " + range("");
        case ParameterType::any:
            return "any JSON";
    }
    return "";
}

std::string table_text(std::string_view about) {
    std::string text(about);
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos; at += 4) text.replace(at, 1, "&lt;");
    return text;
}

}  // namespace

Json openapi_document(std::string_view version) {
    Json paths = Json::object();
    for (const OperationInfo& operation : operations()) {
        std::string method(operation.method);
        std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
        paths[std::string(operation.path)][method] = describe(operation);
    }
    Json problem = Json::parse(R"({"type":"object","description":"RFC 9457","required":["status","title","code"],
        "properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
        "detail":{"type":"string"},"code":{"type":"string","description":"stable"}}})");
    return {{"openapi", "3.1.0"},
            {"info", {{"title", "weir administration"}, {"version", version}}},
            {"paths", paths},
            {"components",
             {{"schemas", {{"Problem", problem}}},
              {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

std::string reference_markdown() {
    std::string page(kIntroduction);
    for (const OperationInfo& operation : operations()) {
        page += "\n## " + std::string(operation.method) + " " + std::string(operation.path) + "\n" +
                std::string(operation.about) + "\n\nRole: " + std::string(to_string(operation.role)) + ".\n";
        const auto listed = parameters(operation.id);
        if (listed.empty()) continue;
        page += "\n| parameter | | |\n|---|---|---|\n";
        for (const ParameterInfo& parameter : listed) {
            page += "| `" + std::string(parameter.name) + "`" +
                    (parameter.presence == Presence::required ? ", required" : "") + " | " + type_text(parameter) +
                    " | " + table_text(parameter.about) + " |\n";
        }
    }
    return page;
}

}  // namespace weir::admin
