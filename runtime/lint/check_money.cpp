// Rules about routes and settings by which money moves.

#include <algorithm>
#include <array>
#include <chrono>

#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

constexpr std::chrono::hours kShortestRetention{24 * 45};

// What usage may have become when an ERP gets it.
bool is_document(std::string_view reference) {
    static constexpr std::array<std::string_view, 5> kDocuments{"canonical/usage_summary", "canonical/invoice",
                                                                "canonical/journal_entry", "canonical/credit",
                                                                "canonical/payment"};
    return std::ranges::find(kDocuments, contract_name(reference)) != kDocuments.end();
}

// A destination's contract alone makes no document: some step has to.
bool becomes_document(const RouteView& route, const config::Destination& to) {
    if (is_document(route.route->contract)) return true;
    const auto reshapes = [&](const StepView& step) {
        return RouteView::is_before(step, to) && !step.keeps_shape() &&
               (is_document(step.contract()) || (is_document(to.contract) && step.contract().empty()));
    };
    return std::ranges::any_of(route.steps, reshapes);
}

bool is_vendor(const config::Connection* connection) {
    return connection != nullptr &&
           (connection->role == "usage" || connection->role == "billing" || connection->role == "support");
}

bool names_canonical(const RouteView& route, const config::Destination& to) {
    const auto names = route.contracts_to(to);
    return std::ranges::any_of(names, [](const std::string& name) { return name.starts_with("canonical/"); });
}

void check_shape(Check& check, const RouteView& route, const config::Destination& to) {
    const config::Connection* target = check.view().connection(to.connection);
    if (to.is_tap() || target == nullptr || target->role != "erp" || !is_vendor(route.from)) return;
    const std::string between = "from " + quote(route.from->name) + " to " + quote(target->name);
    if (route.from->role == "usage" && !becomes_document(route, to)) {
        return check.add(RuleId::RAW_USAGE_TO_ERP, route, to.where, "to " + to.name,
                         "usage goes " + between +
                             " as it came: no step makes a usage summary, an invoice or a journal "
                             "entry of it",
                         "map it into canonical/journal_entry@1 or another document first");
    }
    if (names_canonical(route, to)) return;
    check.add(RuleId::VENDOR_TO_VENDOR, route, to.where, "to " + to.name,
              "records go " + between + " with no canonical contract in between",
              "name one in from.contract, in a map's into, or in the destination's contract");
}

void check_delivery(Check& check, const RouteView& route, const config::Destination& to) {
    if (!check.view().moves_money(route, to)) return;
    const std::string part = "to " + to.name;
    if (!to.retry_declared) {
        check.add(RuleId::NO_RETRY_DECLARED, route, to.where, part,
                  "money goes to " + quote(to.connection) + " and nobody says how long it is tried",
                  "write retry at the destination");
    }
    if (to.optional) {
        check.add(RuleId::MONEY_OPTIONAL, route, to.where, part,
                  "the host starts without " + quote(to.connection) + ", where money goes", "remove optional: true");
    }
    const config::Connection* target = check.view().connection(to.connection);
    if (target != nullptr && target->role == "other") {
        check.add(RuleId::ROLE_NOT_DECLARED, route, to.where, part,
                  quote(to.connection) + " takes " + route.contract_at(to) + " and has no role",
                  "write role: erp, or billing, at the connection");
    }
}

void check_route(Check& check, const RouteView& route) {
    const config::Route& written = *route.route;
    if (!check.view().moves_money(route)) return;
    if (written.reconciliation.empty() || is_placeholder(written.reconciliation)) {
        check.add(RuleId::NO_RECONCILIATION, route, written.where, "",
                  "route " + quote(written.name) + " moves money and nothing compares its postings with their source",
                  "name the job or report in reconciliation");
    }
    if (written.exception_service_level.count() == 0) {
        check.add(RuleId::NO_SERVICE_LEVEL, route, written.where, "",
                  "route " + quote(written.name) + " moves money and its exceptions may stay open for ever",
                  "write exceptions: { service_level: 2d }");
    }
    for (const StepView& step : route.steps) {
        if (!step.is("switch") || step.settings.value("otherwise", Json()) != "drop") continue;
        check.add(RuleId::UNMATCHED_DROPPED, route, step.place("/otherwise"), "switch",
                  "what fits no branch ends without a trace on a route that moves money", "write otherwise: reject");
    }
}

void check_targets(Check& check) {
    for (const auto& [name, connection] : check.config().connections) {
        if (connection.role != "erp") continue;
        const config::QuotaSettings& quota = connection.quota;
        const std::string subject = "connection " + name;
        if (quota.concurrency + quota.per_second + quota.per_minute + quota.per_day == 0) {
            check.add(RuleId::NO_QUOTA, connection.where, subject, "nothing limits the calls to the ERP " + quote(name),
                      "write quota: { concurrency: 4 } or what it allows");
        }
        if (connection.breaker.failures == 0) {
            check.add(RuleId::NO_BREAKER, connection.where, subject,
                      "the ERP " + quote(name) + " is called on while it fails", "remove breaker: { failures: 0 }");
        }
    }
}

void check_journal(Check& check) {
    const config::JournalSettings& journal = check.config().journal;
    const config::Location where{check.config().file.string(), 1, 1};
    if (!check.view().moves_money()) return;
    if (journal.backend == "memory") {
        check.add(RuleId::JOURNAL_IN_MEMORY, where, "journal", "routes move money and the journal is in memory",
                  "remove journal.backend");
    }
    if (journal.retention_age < kShortestRetention) {
        check.add(RuleId::SHORT_RETENTION, where, "journal",
                  "routes move money and records are kept for " + std::to_string(journal.retention_age.count() / 24) +
                      " days",
                  "write journal.retention.age of at least 45d");
    }
}

}  // namespace

void check_money(Check& check) {
    for (const RouteView& route : check.view().routes) {
        check_route(check, route);
        for (const config::Destination& to : route.route->to) {
            check_shape(check, route, to);
            check_delivery(check, route, to);
        }
    }
    check_targets(check);
    check_journal(check);
}

}  // namespace weir::lint
