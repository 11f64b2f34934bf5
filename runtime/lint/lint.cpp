#include "runtime/lint/lint.hpp"

#include <algorithm>
#include <tuple>

#include "runtime/lint/check.hpp"

namespace weir::lint {

std::vector<Finding> lint(const config::Config& config, const Surroundings& surroundings) {
    const ConfigView view = view_of(config);
    Check check(view, surroundings);
    check_money(check);
    check_accountability(check);
    check_contracts(check);
    check_mappings(check);
    check_branches(check);
    check_secrets(check);
    check_exposure(check);
    check_unused(check);
    apply_waivers(check);
    std::ranges::stable_sort(check.findings(), {}, [](const Finding& finding) {
        return std::tuple(std::string_view(finding.where.file), finding.where.line, finding.where.column, finding.rule);
    });
    return std::move(check.findings());
}

}  // namespace weir::lint
