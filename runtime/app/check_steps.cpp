#include "runtime/app/check_steps.hpp"

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <weir/json.hpp>

#include "runtime/app/flagged_settings.hpp"
#include "runtime/expr/shape.hpp"
#include "runtime/steps/steps.hpp"

namespace weir::app {

namespace {

constexpr std::string_view kBuiltin = "weir";

// What is known of record.data at one place of a route.
struct Known {
    std::shared_ptr<const expr::Schema> data;  // null: nothing
    std::string contract;                      // when it is a whole contract
    bool operator==(const Known&) const = default;
};

// Behind the pointer's own value, or the nearest one around it.
config::Location place_of(const config::Step& step, std::string pointer) {
    for (;;) {
        if (const auto found = step.places.find(pointer); found != step.places.end()) return found->second;
        const std::size_t slash = pointer.rfind('/');
        if (slash == std::string::npos) return step.where;
        pointer.resize(slash);
    }
}

// A place in the expression at `pointer`.
config::Location place_in(const config::Step& step, const std::string& pointer, std::uint32_t line,
                          std::uint32_t column) {
    config::Location place = place_of(step, pointer);
    const auto found = step.parts.find(pointer);
    if (line == 0 || (found == step.parts.end() && line > 1)) return place;
    config::TextPart part{1, 1, place};
    if (found != step.parts.end()) {
        for (const config::TextPart& one : found->second) {
            if (one.line == 0) return place;
            if (std::pair(one.line, one.column) <= std::pair(line, column)) part = one;
        }
    }
    // A text that ends in a line break ends behind its last part.
    part.where.line += static_cast<int>(line - part.line);
    part.where.column += static_cast<int>(column) - static_cast<int>(line == part.line ? part.column : 1);
    return part.where;
}

class RouteCheck {
  public:
    RouteCheck(const config::Route& route, const plugin::Registry& registry, const canonical::Contracts& contracts,
               const steps::Surroundings& surroundings, std::vector<config::Problem>& problems)
        : route_(route), registry_(registry), contracts_(contracts), surroundings_(surroundings), problems_(problems) {}

    void run() {
        known_[""] = contract_of(route_.contract);
        for (const config::Step& step : route_.steps) check(step);
        for (const config::Destination& to : route_.to) check(to);
    }

  private:
    [[nodiscard]] Known contract_of(const std::string& name) const {
        const canonical::Contract* contract = name.empty() ? nullptr : contracts_.find(name);
        if (contract == nullptr) return {};
        auto schema = expr::read_schema(contract->schema_text, surroundings_.contract);
        if (!schema) return {};
        return {std::move(*schema), contract->reference()};
    }

    // What the records of a branch are known to be: what the steps before made of all of them, or of its own.
    [[nodiscard]] Known in_branch(const std::string& branch) const {
        std::string at = branch;
        while (!known_.contains(at)) {
            const std::size_t slash = at.rfind('/');
            at.resize(slash == std::string::npos ? 0 : slash);
        }
        const Known& base = known_.at(at);
        // Records of branches inside of it may be something else by now.
        const std::string inside = branch.empty() ? "" : branch + "/";
        for (const auto& [name, known] : known_) {
            if (!name.empty() && name != branch && name.starts_with(inside) && !(known == base)) return {};
        }
        return base;
    }

    void set(const std::string& branch, Known known) {
        const std::string inside = branch.empty() ? "" : branch + "/";
        std::erase_if(known_, [&](const auto& entry) {
            return !entry.first.empty() && entry.first != branch && entry.first.starts_with(inside);
        });
        known_[branch] = std::move(known);
    }

    void check(const config::Step& step) {
        Known before = in_branch(step.branch);
        if (step.plugin != kBuiltin) return set(step.branch, behind_plugin(step, before));
        auto checked = steps::check(step.transform, step.settings_json, before.data, surroundings_);
        for (const steps::Problem& problem : checked.problems) {
            config::Problem& told = problems_.emplace_back();
            told.where = place_in(step, problem.pointer, problem.line, problem.column);
            told.code = problem.code;
            told.message = step.transform + ": " + problem.message;
            told.hint = problem.hint;
            // The mapping may be right, and this its wrong use.
            if (!step.mapping.empty()) {
                told.hint += (told.hint.empty() ? "" : "; ") + ("used by the route \"" + route_.name + "\" at ") +
                             step.where.to_string();
            }
            told.excerpt = problem.excerpt;
        }
        if (checked.data == before.data) {
            if (step.transform != "switch") set(step.branch, std::move(before));
            return;
        }
        set(step.branch, {std::move(checked.data), std::move(checked.contract)});
    }

    // What a plugin makes of data is what its manifest says: it vouches for a schema, or adds a member. Else nothing.
    [[nodiscard]] Known behind_plugin(const config::Step& step, const Known& before) const {
        const auto vouches = flagged_settings(registry_, step, "x-weir-vouches");
        const auto adds = flagged_settings(registry_, step, "x-weir-adds");
        if (vouches.empty() && adds.empty()) return {};
        JsonParser parser;
        const auto settings = parser.parse(step.settings_json);
        if (!settings) return before;
        Known behind = before;
        for (const std::string& name : vouches) {
            if (const JsonValue schema = (*settings)[name]; schema.exists()) {
                behind = of_schema(schema, std::move(behind));
            }
        }
        for (const std::string& name : adds) {
            const auto member = (*settings)[name].string();
            if (behind.data == nullptr || !member) continue;
            behind = {expr::with_member(std::move(behind.data), std::string(*member)), {}};
        }
        return behind;
    }
    // A schema, or the name of a contract; `otherwise` when it is neither.
    [[nodiscard]] Known of_schema(const JsonValue& schema, Known otherwise) const {
        if (const auto name = schema.string()) return contract_of(std::string(*name));
        auto read = expr::read_schema(schema.raw(), surroundings_.contract);
        return read ? Known{std::move(*read), {}} : std::move(otherwise);
    }

    void check(const config::Destination& to) {
        if (to.contract.empty() || to.is_tap()) return;
        const canonical::Contract* wanted = contracts_.find(to.contract);
        const Known made = in_branch(to.branch);
        if (wanted == nullptr || made.contract.empty()) return;
        const canonical::Contract* is = contracts_.find(made.contract);
        if (is == nullptr || (is->name == wanted->name && is->version.major == wanted->version.major)) return;
        problems_.push_back({to.where, "contract_mismatch",
                             "the steps make " + is->reference() + ", the destination takes " + to.contract,
                             "map it into " + to.contract});
    }

    const config::Route& route_;
    const plugin::Registry& registry_;
    const canonical::Contracts& contracts_;
    const steps::Surroundings& surroundings_;
    std::vector<config::Problem>& problems_;
    std::map<std::string, Known> known_;  // by branch; "" is every record
};

}  // namespace

void check_steps(const config::Config& config, const plugin::Registry& registry, const canonical::Contracts& contracts,
                 std::vector<config::Problem>& problems) {
    steps::Surroundings surroundings;
    surroundings.contract = contracts.resolver();
    surroundings.contracts = contracts.names();
    for (const auto& [name, table] : config.tables) surroundings.tables.push_back(name);
    for (const config::Route& route : config.routes) {
        RouteCheck(route, registry, contracts, surroundings, problems).run();
    }
}

}  // namespace weir::app
