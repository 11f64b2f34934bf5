#include "runtime/config/schema_judge.hpp"

// Without it valijson calls abort() on a schema that it cannot read.
#define VALIJSON_USE_EXCEPTIONS 1

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <charconv>

#include "runtime/config/plugin_schema.hpp"

namespace weir::config {
namespace {

using nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

// valijson's "[name]" and "[0]", from "<root>" down.
struct Found {
    const Node* node;
    Location where;
    std::string name;
};

Found locate(const Node& settings, const Location& owner, const std::vector<std::string>& context) {
    Found at{&settings, owner, ""};
    for (std::size_t i = 1; i < context.size(); ++i) {
        const std::string step = context[i].size() > 2 ? context[i].substr(1, context[i].size() - 2) : "";
        if (const Member* member = at.node->find(step)) {
            at = {&member->value, member->value.where, step};
            continue;
        }
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
        if (error != std::errc{} || end != step.data() + step.size() || index >= at.node->items.size()) break;
        at = {&at.node->items[index], at.node->items[index].where, at.name};
    }
    return at;
}

std::string lower_first(std::string text) {
    while (text.ends_with('.')) text.pop_back();
    if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
        text.front() = static_cast<char>(text.front() + 32);
    return text;
}

void report(const Node& settings, const Location& owner, const valijson::ValidationResults& results,
            Problems& problems) {
    const auto deepest = std::max_element(results.begin(), results.end(), [](const auto& a, const auto& b) {
        return a.context.size() < b.context.size();
    });
    if (deepest == results.end()) {
        problems.add(owner, "schema", "the plugin's schema refuses these settings");
        return;
    }
    const Found at = locate(settings, owner, deepest->context);
    problems.add(at.where, "schema", (at.name.empty() ? "" : at.name + ": ") + lower_first(deepest->description));
}

}  // namespace

void judge(const Node& settings, const Location& owner, const json& schema, Problems& problems) {
    const json open_schema = without_secrets(schema);
    const json value = json::parse(to_json(settings), nullptr, false);
    try {
        valijson::Schema compiled;
        valijson::SchemaParser().populateSchema(Adapter(open_schema), compiled);
        valijson::ValidationResults results;
        if (!valijson::Validator().validate(compiled, Adapter(value), &results)) {
            report(settings, owner, results, problems);
        }
    } catch (const std::exception& error) {
        problems.add(owner, "bad_plugin_schema", std::string("the plugin's schema cannot be used: ") + error.what());
    }
}

}  // namespace weir::config
