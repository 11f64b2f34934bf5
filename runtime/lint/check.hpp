// What the groups of rules share: what they look at, and where findings go.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/lint/lint.hpp"
#include "runtime/lint/view.hpp"

namespace weir::lint {

class Check {
  public:
    // Both must outlive it.
    Check(const ConfigView& view, const Surroundings& surroundings) : view_(view), surroundings_(surroundings) {}

    [[nodiscard]] const ConfigView& view() const noexcept { return view_; }
    [[nodiscard]] const config::Config& config() const noexcept { return *view_.config; }
    [[nodiscard]] const Surroundings& surroundings() const noexcept { return surroundings_; }

    void add(RuleId rule, const config::Location& where, std::string subject, std::string message,
             std::string hint = {}) {
        findings_.push_back(
            {rule, where, std::move(message), std::move(hint), std::move(subject), {}, lint::rule(rule).severity});
    }
    // About a route; its waivers hold.
    void add(RuleId rule, const RouteView& route, const config::Location& where, const std::string& part,
             std::string message, std::string hint = {}) {
        add(rule, where, "route " + route.route->name + (part.empty() ? "" : ": " + part), std::move(message),
            std::move(hint));
        findings_.back().route = route.route->name;
    }
    [[nodiscard]] std::vector<Finding>& findings() noexcept { return findings_; }

  private:
    const ConfigView& view_;
    const Surroundings& surroundings_;
    std::vector<Finding> findings_;
};

void check_money(Check& check);
void check_accountability(Check& check);
void check_contracts(Check& check);
void check_mappings(Check& check);
void check_branches(Check& check);
void check_secrets(Check& check);
void check_exposure(Check& check);
void check_unused(Check& check);
// After all others: marks what is waived, and finds waivers that are wrong themselves.
void apply_waivers(Check& check);

// "todo", "tbd", "me", "n/a", ...: words that stand where somebody meant to write something.
[[nodiscard]] bool is_placeholder(std::string_view text);
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace weir::lint
