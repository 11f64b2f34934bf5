#include "runtime/app/print_answer.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/app/table.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::write_json;

// A member as text; "" when it is not there, null or false.
std::string text(const Json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || at->is_null()) return "";
    if (at->is_string()) return at->get<std::string>();
    if (at->is_boolean()) return at->get<bool>() ? "yes" : "";
    return write_json(*at);
}

std::string id_of(const Json& item) {
    const auto record = item.find("record");
    return record != item.end() && record->is_object() ? text(*record, "id") : "?";
}

std::string age(const Json& item) {
    const std::int64_t seconds = item.value("age_seconds", std::int64_t{0});
    if (seconds < 120) return std::to_string(seconds) + "s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
    if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

void say(const std::string& line) { std::puts(line.c_str()); }

void print_table(const Table& table) {
    if (table.empty()) return say("none");
    table.print();
}

void say_next(const Json& answer) {
    if (answer.contains("next")) say("there may be more: --cursor " + text(answer, "next"));
}

// Rows of a table straight from members of the same names.
void print_list(const Json& list, std::vector<std::string> header, const std::vector<const char*>& names) {
    Table table(std::move(header));
    for (const Json& one : list) {
        std::vector<std::string> row;
        for (const char* name : names) row.push_back(text(one, name));
        table.add(std::move(row));
    }
    print_table(table);
}

std::string first_line(std::string message) {
    if (const auto end = message.find('\n'); end != std::string::npos) message.resize(end);
    return message;
}

}  // namespace

void print_status(const Json& answer) {
    Table table({"ROUTE", "DESTINATION", "ACCEPTED", "DELIVERED", "FILTERED", "HELD", "DEAD", "RESOLVED", "PENDING",
                 "SUPPRESSED", "BALANCED"});
    for (const Json& one : answer["routes"]) {
        table.add({text(one, "route"), text(one, "destination"), text(one, "accepted"), text(one, "delivered"),
                   text(one, "filtered"), text(one, "held"), text(one, "dead"), text(one, "resolved"),
                   text(one, "pending"), text(one, "suppressed"), one.value("balanced", false) ? "yes" : "NO"});
    }
    table.print();
    if (answer.value("balanced", false)) return;
    say("accepted is not delivered + filtered + held + dead + resolved + pending: please report this");
}

void print_routes(const Json& answer) {
    Table table({"ROUTE", "OWNER", "FROM", "TO", "STATE", "NEXT", "LAST ERROR"});
    for (const Json& route : answer["routes"]) {
        for (const Json& to : route["destinations"]) {
            table.add({text(route, "route"), text(route, "owner"), text(route, "from"), text(to, "connection"),
                       text(to, "state"), text(to, "next_due"), first_line(text(to, "last_error"))});
        }
    }
    print_table(table);
}

void print_connections(const Json& answer) {
    print_list(
        answer["connections"],
        {"CONNECTION", "PLUGIN", "VERSION", "HEALTH", "PAUSED", "BREAKER", "BLOCKED UNTIL", "BACKLOG", "LAST ERROR"},
        {"connection", "plugin", "version", "health", "paused", "breaker", "blocked_until", "backlog", "last_error"});
}

void print_offsets(const Json& answer) {
    print_list(answer["offsets"], {"ROUTE", "DESTINATION", "STREAM", "BEGIN", "POSITION", "END", "LAG"},
               {"route", "destination", "stream", "begin", "position", "end", "lag"});
}

// ------------------------------------------------------------------------------------------------ one record

namespace {

// A route's steps have something to tell when they put the record aside, or staged it for lanes of another stream.
bool is_told(const Json& trace, const Json& lane) {
    if (!text(lane, "destination").empty() || !lane["deliveries"].empty()) return true;
    return std::ranges::none_of(trace["lanes"], [&](const Json& other) {
        return other["route"] == lane["route"] && !text(other, "destination").empty();
    });
}

std::string outcome(const Json& lane) {
    if (!lane["deliveries"].empty()) return "";
    const bool settled = lane.value("settled", false);
    if (text(lane, "destination").empty()) return settled ? "staged" : "pending";
    if (lane.value("filtered", false)) return "filtered by a step";
    if (!settled) return "pending";
    return lane["attempts"].empty() ? "not sent: put aside before" : "delivered";
}

void print_attempts(const Json& attempts) {
    for (const Json& attempt : attempts) {
        const bool deliver = text(attempt, "kind") == "deliver";
        say("    " + text(attempt, "started") + (deliver ? "  attempt " : "  asked the target, call ") +
            text(attempt, "attempt") +
            (attempt.contains("settled") ? " ended " + text(attempt, "settled") : " has no outcome yet"));
    }
}

void print_row(const Json& row) {
    std::string line = "    " + text(row, "updated") + "  " + text(row, "state");
    if (!text(row, "step").empty()) line += " at " + text(row, "step");
    if (!text(row, "code").empty()) line += "  " + text(row, "code") + ": " + text(row, "message");
    if (!text(row, "external_ref").empty()) line += "  " + text(row, "external_ref");
    if (!text(row, "remote_id").empty()) line += "  as " + text(row, "remote_id");
    say(line);
}

void print_notes(const Json& notes) {
    for (const Json& note : notes) {
        say("    " + text(note, "time") + "  " + text(note, "action") + " by " + text(note, "actor") +
            (text(note, "text").empty() ? "" : ": " + text(note, "text")));
    }
}

void print_lane(const Json& lane) {
    const std::string destination = text(lane, "destination");
    say("  route " + text(lane, "route") + (destination.empty() ? " (steps)" : " -> " + destination));
    print_attempts(lane["attempts"]);
    for (const Json& row : lane["deliveries"]) print_row(row);
    if (lane.contains("notes")) print_notes(lane["notes"]);
    if (const std::string line = outcome(lane); !line.empty()) say("    " + line);
}

void print_record(const Json& record) {
    if (!record.is_object()) return;
    say("  id " + text(record, "id") + "  source " + text(record, "source") + "  type " + text(record, "type") +
        "  subject " + text(record, "subject"));
    if (record.contains("payload")) say("  payload " + text(record, "payload"));
}

}  // namespace

void print_traces(const Json& answer) {
    for (const Json& trace : answer["traces"]) {
        say(text(trace, "accepted") + "  accepted into " + text(trace, "stream") + " at offset " +
            text(trace, "offset") + " (segment " + text(trace, "segment") + ")");
        print_record(trace["record"]);
        for (const Json& lane : trace["lanes"]) {
            if (is_told(trace, lane)) print_lane(lane);
        }
    }
}

// ------------------------------------------------------------------------------------------------ work lists

void print_dead_letters(const Json& answer) {
    Table table({"ITEM", "STATE", "AGE", "ID", "CODE", "MESSAGE"});
    for (const Json& one : answer["dead_letters"]) {
        table.add({text(one, "item"), text(one, "state"), age(one), id_of(one), text(one, "code"),
                   first_line(text(one, "message"))});
    }
    print_table(table);
    say_next(answer);
}

void print_exceptions(const Json& answer) {
    Table table({"ITEM", "AGE", "DUE", "OWNER", "ASSIGNED TO", "ID", "CODE", "MESSAGE"});
    for (const Json& one : answer["exceptions"]) {
        table.add({text(one, "item"), age(one), one.value("overdue", false) ? "OVERDUE" : text(one, "due"),
                   text(one, "owner"), text(one, "assignee"), id_of(one), text(one, "code"),
                   first_line(text(one, "message"))});
    }
    print_table(table);
    say_next(answer);
}

void print_item(const Json& answer) {
    say(text(answer, "item") + "  " + text(answer, "state") + "  " + text(answer, "code"));
    say("  " + text(answer, "message"));
    const std::pair<const char*, const char*> facts[] = {{"step", "step"},
                                                         {"opened", "opened"},
                                                         {"owner", "owner"},
                                                         {"assigned", "assignee"},
                                                         {"due", "due"},
                                                         {"attempts", "attempts"},
                                                         {"mapping", "mapping"},
                                                         {"reference", "external_ref"},
                                                         {"remote id", "remote_id"},
                                                         {"stream", "stream"},
                                                         {"what to do", "suggested_action"}};
    for (const auto& [name, member] : facts) {
        if (const std::string value = text(answer, member); !value.empty())
            say("  " + std::string(name) + ": " + value);
    }
    print_record(answer["record"]);
    if (answer.contains("tries")) print_attempts(answer["tries"]);
    if (answer.contains("notes")) print_notes(answer["notes"]);
}

void print_change(const Json& answer) {
    say(text(answer, "item") + " is " + text(answer, "state") +
        (text(answer, "assignee").empty() ? "" : ", assigned to " + text(answer, "assignee")));
}

// ------------------------------------------------------------------------------------------------ again

namespace {

void print_counts(const Json& counts, const std::string& what) {
    for (auto at = counts.begin(); at != counts.end(); ++at) say("  " + write_json(*at) + " " + what + " " + at.key());
}

void print_names(const Json& items, std::size_t all) {
    for (const Json& item : items) say("  " + item.get<std::string>());
    if (items.size() < all) say("  and " + std::to_string(all - items.size()) + " more");
}

}  // namespace

void print_redriven(const Json& answer) {
    const bool dry = answer.value("dry_run", false);
    const auto count = answer.value("redriven", std::size_t{0});
    say(std::to_string(count) + (dry ? " would be tried again" : " will be tried again"));
    print_counts(answer["by_code"], "with code");
    print_names(answer["items"], count);
    for (const Json& refusal : answer["refusals"]) say("  not " + text(refusal, "item") + ": " + text(refusal, "why"));
    print_counts(answer["refused"], "refused:");
    say_next(answer);
}

void print_replayed(const Json& answer) {
    const bool dry = answer.value("dry_run", false);
    const auto count = answer.value("replayed", std::size_t{0});
    say(text(answer, "records") + " records match; " + std::to_string(count) +
        (dry ? " deliveries would run again (do it with --yes)" : " deliveries will run again"));
    print_names(answer["items"], count);
    print_counts(answer["skipped"], "skipped:");
    say_next(answer);
}

void print_paused(const Json& answer) {
    const bool route = answer.contains("route");
    say((route ? "route " + text(answer, "route") : "connection " + text(answer, "connection")) +
        (answer.value("paused", false) ? " is paused" : " goes on"));
}

void print_reload(const Json& answer) {
    const bool applied = answer.value("applied", false);
    say(applied ? "the new configuration runs" : "refused: the old configuration goes on");
    for (const char* name : {"started", "changed", "stopped"}) {
        for (const Json& route : answer[name]) say(std::string("  ") + name + " " + route.get<std::string>());
    }
    for (const Json& problem : answer["problems"]) say("  " + problem.get<std::string>());
}

void print_audit(const Json& answer) {
    print_list(answer["entries"], {"#", "TIME", "ACTOR", "ROLE", "ACTION", "SUBJECT", "REASON"},
               {"sequence", "time", "actor", "role", "action", "subject", "reason"});
    say_next(answer);
}

void print_verified(const Json& answer) {
    if (answer.value("intact", false)) {
        say(text(answer, "entries") + " entries, each fits the one before");
    } else {
        say("the audit was changed: " + text(answer, "problem"));
    }
}

}  // namespace weir::app
