// weir status, dead-letters and trace: what the journal says, on a stopped host and on a running one.

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/app/configuration.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/text.hpp"
#include "runtime/journal/inspect.hpp"

namespace weir::app {

namespace {

using nlohmann::json;

// Runs `body` over the journal of the configuration; prints why it cannot.
template <class Body>
int with_journal(const CommonOptions& options, const Body& body) {
    const Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const auto dir = configuration.loaded.config->data_dir / "journal";
    auto inspector = journal::inspect_journal(dir);
    if (!inspector) {
        std::fprintf(stderr, "weir: %s; has `weir run -c %s` been started once?\n", inspector.error().message.c_str(),
                     options.config.c_str());
        return kFailed;
    }
    if (auto status = body(**inspector, *configuration.loaded.config); !status) {
        std::fprintf(stderr, "weir: %s\n", status.error().message.c_str());
        return kFailed;
    }
    return kDone;
}

// Text that may hold any bytes, as JSON: valid JSON stays what it is.
json payload_json(std::string_view payload) {
    if (!is_utf8(payload)) return json{{"bytes", payload.size()}};
    return std::string(payload);
}

json record_json(const DecodedBatch& decoded) {
    if (!decoded.batch || decoded.batch->size() == 0) return nullptr;
    const weir_record& record = (*decoded.batch)[0];
    json out = json::object();
    const std::pair<const char*, weir_str> fields[] = {{"id", record.id},
                                                       {"source", record.source},
                                                       {"type", record.type},
                                                       {"subject", record.subject},
                                                       {"key", record.key},
                                                       {"schema", record.schema},
                                                       {"correlation_id", record.correlation_id},
                                                       {"causation_id", record.causation_id}};
    for (const auto& [name, value] : fields) {
        if (value.size > 0) out[name] = view(value);
    }
    if (record.time_unix_ns != WEIR_TIME_UNKNOWN) out["time"] = format_time(record.time_unix_ns);
    out["payload"] = payload_json(view(record.payload));
    return out;
}

json row_json(const journal::DeliveryRow& row) {
    json out{{"offset", row.item.offset},
             {"part", row.item.part},
             {"state", journal::to_string(row.state)},
             {"attempts", row.attempts},
             {"probes", row.probes},
             {"code", row.code},
             {"message", row.message},
             {"step", row.step},
             {"external_ref", row.external_ref},
             {"remote_id", row.remote_id},
             {"updated", format_time(row.updated_wall_ns)}};
    if (row.remote_status != 0) out["remote_status"] = row.remote_status;
    return out;
}

// A route's steps have an account of their own only where they stage what they make.
bool is_account(const journal::LaneAccount& account, const config::Config& config) {
    if (!account.destination.empty()) return true;
    for (const auto& route : config.routes) {
        if (route.name == account.route) return false;
    }
    return account.pending > 0 && account.delivered > 0;
}

Status status(journal::Inspector& inspector, const config::Config& config, const CommonOptions& options) {
    WEIR_TRY(const auto accounts, inspector.accounts());
    WEIR_TRY(const auto streams, inspector.streams());
    json routes = json::array();
    Table table({"ROUTE", "DESTINATION", "ACCEPTED", "DELIVERED", "FILTERED", "HELD", "DEAD", "PENDING", "SUPPRESSED",
                 "BALANCED"});
    bool balanced = true;
    for (const auto& a : accounts) {
        if (!is_account(a, config)) continue;
        balanced &= a.balanced();
        routes.push_back({{"route", a.route},
                          {"destination", a.destination},
                          {"stream", a.stream},
                          {"accepted", a.accepted},
                          {"delivered", a.delivered},
                          {"duplicates", a.duplicates},
                          {"filtered", a.filtered},
                          {"held", a.held},
                          {"dead", a.dead},
                          {"pending", a.pending},
                          {"suppressed", a.suppressed},
                          {"balanced", a.balanced()}});
        table.add({a.route, a.destination, std::to_string(a.accepted), std::to_string(a.delivered),
                   std::to_string(a.filtered), std::to_string(a.held), std::to_string(a.dead),
                   std::to_string(a.pending), std::to_string(a.suppressed), a.balanced() ? "yes" : "NO"});
    }
    if (options.json) {
        json listed = json::array();
        for (const auto& s : streams) {
            listed.push_back({{"stream", s.name},
                              {"begin", s.begin},
                              {"end", s.end},
                              {"suppressed", s.duplicates},
                              {"conflicts", s.conflicts}});
        }
        std::puts(json{{"routes", routes}, {"streams", listed}, {"balanced", balanced}}.dump(2).c_str());
    } else {
        table.print();
        if (!balanced) std::puts("accepted is not delivered + filtered + held + dead + pending: please report this");
    }
    return ok();
}

struct DeadLetterOptions : CommonOptions {
    std::string route;
    std::string state;
    std::string code;
    std::size_t limit = 100;
};

Result<std::vector<journal::ListedDelivery>> listed(journal::Inspector& inspector, const DeadLetterOptions& options) {
    std::vector<journal::ListedDelivery> all;
    for (const auto state : {journal::DeliveryState::dead, journal::DeliveryState::held}) {
        if (!options.state.empty() && options.state != journal::to_string(state)) continue;
        journal::DeliveryFilter filter;
        if (!options.route.empty()) filter.route = options.route;
        if (!options.code.empty()) filter.code = options.code;
        filter.state = state;
        filter.limit = options.limit;
        WEIR_TRY(auto some, inspector.deliveries(filter));
        for (auto& one : some) all.push_back(std::move(one));
    }
    return all;
}

Status dead_letters(journal::Inspector& inspector, const DeadLetterOptions& options) {
    WEIR_TRY(const auto all, listed(inspector, options));
    if (options.json) {
        json items = json::array();
        for (const auto& one : all) {
            json item = row_json(one.row);
            item["route"] = one.route;
            item["destination"] = one.destination;
            item["record"] = record_json(one.record);
            items.push_back(std::move(item));
        }
        std::puts(json{{"dead_letters", items}}.dump(2).c_str());
        return ok();
    }
    Table table({"STATE", "ROUTE", "WHERE", "ID", "CODE", "MESSAGE"});
    for (const auto& one : all) {
        const bool known = one.record.batch && one.record.batch->size() > 0;
        table.add({std::string(journal::to_string(one.row.state)), one.route,
                   one.row.step.empty() ? one.destination : one.row.step,
                   known ? std::string(view((*one.record.batch)[0].id)) : "?", one.row.code, one.row.message});
    }
    if (table.empty()) {
        std::puts("none");
    } else {
        table.print();
    }
    return ok();
}

json lane_json(const journal::LaneTrace& lane) {
    json attempts = json::array();
    for (const auto& attempt : lane.attempts) {
        json one{{"attempt", attempt.attempt},
                 {"kind", attempt.kind == journal::AttemptKind::deliver ? "deliver" : "resolve"},
                 {"started", format_time(attempt.started_wall_ns)}};
        if (attempt.settled_wall_ns) one["settled"] = format_time(*attempt.settled_wall_ns);
        attempts.push_back(std::move(one));
    }
    json rows = json::array();
    for (const auto& row : lane.rows) rows.push_back(row_json(row));
    return {{"route", lane.route}, {"destination", lane.destination}, {"attempts", attempts},
            {"deliveries", rows},  {"settled", lane.settled},         {"filtered", lane.filtered}};
}

json trace_json(const journal::RecordTrace& trace) {
    json lanes = json::array();
    for (const auto& lane : trace.lanes) lanes.push_back(lane_json(lane));
    return {{"stream", trace.stream},
            {"offset", trace.offset},
            {"accepted", format_time(trace.accepted_wall_ns)},
            {"segment", trace.segment},
            {"record", record_json(trace.record)},
            {"lanes", lanes}};
}

// A route's steps have something to tell when they put the record aside, or staged it for lanes of another stream.
bool is_told(const journal::RecordTrace& trace, const journal::LaneTrace& lane) {
    if (!lane.destination.empty() || !lane.rows.empty()) return true;
    return std::ranges::none_of(trace.lanes, [&](const journal::LaneTrace& other) {
        return other.route == lane.route && !other.destination.empty();
    });
}

std::string outcome_line(const journal::LaneTrace& lane) {
    if (!lane.rows.empty()) return "";
    if (lane.destination.empty()) return lane.settled ? "staged" : "pending";
    if (lane.filtered) return "filtered by a step";
    if (!lane.settled) return "pending";
    return lane.attempts.empty() ? "not sent: put aside before" : "delivered";
}

void print_lane(const journal::LaneTrace& lane) {
    std::printf("  route %s%s%s\n", lane.route.c_str(), lane.destination.empty() ? " (steps)" : " -> ",
                lane.destination.c_str());
    for (const auto& attempt : lane.attempts) {
        std::printf("    %s  %s %llu %s\n", format_time(attempt.started_wall_ns).c_str(),
                    attempt.kind == journal::AttemptKind::deliver ? "attempt" : "asked the target, call",
                    static_cast<unsigned long long>(attempt.attempt),
                    attempt.settled_wall_ns ? ("ended " + format_time(*attempt.settled_wall_ns)).c_str()
                                            : "has no outcome yet");
    }
    for (const auto& row : lane.rows) {
        std::printf("    %s  %s", format_time(row.updated_wall_ns).c_str(), std::string(to_string(row.state)).c_str());
        for (const auto& [label, value] : {std::pair{"posting", &row.remote_id},
                                           {"reference", &row.external_ref},
                                           {"at", &row.step},
                                           {"code", &row.code},
                                           {"why", &row.message}}) {
            if (!value->empty()) std::printf("  %s %s", label, value->c_str());
        }
        std::printf("\n");
    }
    if (const std::string line = outcome_line(lane); !line.empty()) std::printf("    %s\n", line.c_str());
}

Status trace(journal::Inspector& inspector, const std::string& id, const CommonOptions& options) {
    WEIR_TRY(const auto traces, inspector.trace(id));
    if (traces.empty()) {
        return Error{Errc::not_found,
                     "nothing is known of \"" + id +
                         "\": no record id, external reference or "
                         "target id in the journal is equal to it",
                     "not_found",
                     {}};
    }
    if (options.json) {
        json all = json::array();
        for (const auto& one : traces) all.push_back(trace_json(one));
        std::puts(json{{"traces", all}}.dump(2).c_str());
        return ok();
    }
    for (const auto& one : traces) {
        std::printf("%s  accepted into %s at offset %llu (segment %llu)\n", format_time(one.accepted_wall_ns).c_str(),
                    one.stream.c_str(), static_cast<unsigned long long>(one.offset),
                    static_cast<unsigned long long>(one.segment));
        if (one.record.batch && one.record.batch->size() > 0) {
            const weir_record& record = (*one.record.batch)[0];
            std::printf("  id %s  source %s  type %s  subject %s\n  payload %s\n", std::string(view(record.id)).c_str(),
                        std::string(view(record.source)).c_str(), std::string(view(record.type)).c_str(),
                        std::string(view(record.subject)).c_str(), std::string(view(record.payload)).c_str());
        }
        for (const auto& lane : one.lanes) {
            if (is_told(one, lane)) print_lane(lane);
        }
    }
    return ok();
}

}  // namespace

void add_status(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<CommonOptions>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.callback([options, &exit_code] {
        exit_code = with_journal(
            *options, [&](auto& inspector, const auto& config) { return status(inspector, config, *options); });
    });
}

void add_dead_letters(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.add_option("--route", options->route, "only of this route");
    verb.add_option("--state", options->state, "only \"dead\" or only \"held\"")
        ->check(CLI::IsMember({"dead", "held"}));
    verb.add_option("--code", options->code, "only with this reason code");
    verb.add_option("--limit", options->limit, "at most so many of each state")->capture_default_str();
    verb.callback([options, &exit_code] {
        exit_code =
            with_journal(*options, [&](auto& inspector, const auto&) { return dead_letters(inspector, *options); });
    });
}

void add_trace(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<CommonOptions>();
    auto id = std::make_shared<std::string>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.add_option("id", *id, "a record's id, an external reference (WR-...) or what the target calls it")->required();
    verb.callback([options, id, &exit_code] {
        exit_code =
            with_journal(*options, [&](auto& inspector, const auto&) { return trace(inspector, *id, *options); });
    });
}

}  // namespace weir::app
