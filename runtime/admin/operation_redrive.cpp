// redrive, exception_resubmit: deliveries that were given up or put aside are tried again.
//
// Rows that are held or dead are changed by operations alone, and operations run one after the other: what is read
// here cannot have moved before the commit.

#include <algorithm>
#include <map>

#include "runtime/admin/change.hpp"
#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/admin/item.hpp"
#include "runtime/admin/listing.hpp"
#include "runtime/base/id.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

constexpr std::size_t kChunk = 500;  // rows of one commit
constexpr std::size_t kNamed = 20;   // items that an answer names

enum class Mapping : std::uint8_t { as_fits, original, current };

struct Wish {
    Mapping mapping = Mapping::as_fits;
    bool surely_absent = false;  // of OUTCOME_UNKNOWN: a person looked, the target does not have it
    bool dry_run = false;
};

Wish wish_of(const Json& parameters) {
    Wish wish;
    const std::string mapping = parameters.value("mapping", "");
    if (mapping == "original") wish.mapping = Mapping::original;
    if (mapping == "current") wish.mapping = Mapping::current;
    wish.surely_absent = parameters.value("unknown", "ask") == "absent";
    wish.dry_run = parameters.value("dry_run", false);
    return wish;
}

// What is to be done, or why a row cannot be taken up as wished; the code is part of the answer.
using Decision = Result<journal::Redo>;

Error refuse(std::string_view code, std::string_view why) {
    return {Errc::conflict, std::string(why), std::string(code), {}};
}

bool is_open_for_a_person(journal::DeliveryState state) {
    return state == journal::DeliveryState::held || state == journal::DeliveryState::dead;
}

Result<bool> was_edited(journal::Inspector& inspector, const journal::DeliveryRow& row) {
    WEIR_TRY(const auto notes, inspector.notes(row.lane, row.item));
    return std::ranges::any_of(notes, [](const journal::DeliveryNote& note) { return note.action == "edit"; });
}

// What a record that a step put aside goes through is always the steps as they are now; there is nothing else of it.
Decision decide_steps_lane(Mapping mapping) {
    if (mapping == Mapping::original) {
        return refuse("NEVER_MAPPED", "a step put it aside before it was mapped: redrive with the current mapping");
    }
    return journal::Redo::steps;
}

Decision decide(const journal::ListedDelivery& listed, const Wish& wish, const Plant& plant) {
    const journal::DeliveryRow& row = listed.row;
    if (!is_open_for_a_person(row.state)) {
        return refuse("NOT_OPEN", "it is " + std::string(journal::to_string(row.state)) + ", neither dead nor held");
    }
    const auto config = config_of(plant);
    if (config && find_route(config.get(), listed.route) == nullptr) {
        return refuse("ROUTE_GONE", "no route \"" + listed.route + "\" is configured: nobody would work on it");
    }
    if (listed.destination.empty()) return decide_steps_lane(wish.mapping);
    if (wish.mapping == Mapping::current) {
        WEIR_TRY(const bool edited, was_edited(*plant.inspector, row));
        if (!edited) return journal::Redo::steps;
        return refuse("EDITED", "the current mapping starts from the accepted record and would lose the edit");
    }
    if (row.code == "FRAME_DAMAGED" || listed.frame_damaged) {
        return refuse("FRAME_DAMAGED", "the stored record cannot be read: redrive with the current mapping");
    }
    if (row.frame.empty()) {
        return refuse("NEVER_MAPPED", "it has no mapped record to send: redrive with the current mapping");
    }
    return journal::Redo::deliver;
}

journal::DeliveryRow redone(const journal::DeliveryRow& before, journal::Redo redo, const Wish& wish,
                            std::int64_t now_wall_ns) {
    journal::DeliveryRow row = before;
    const bool ask = before.code == "OUTCOME_UNKNOWN" && !wish.surely_absent;
    row.state = ask ? journal::DeliveryState::unknown : journal::DeliveryState::waiting;
    row.redo = redo;
    row.attempts = 0;
    row.probes = 0;
    row.next_wall_ns = now_wall_ns;
    row.updated_wall_ns = now_wall_ns;
    return row;
}

// Counts over all chunks of one command, and the change of the chunk that is being put together.
class Redrive {
  public:
    Redrive(OperationContext& context, const Wish& wish, std::string command, Json query)
        : context_(context), wish_(wish), command_(std::move(command)), query_(std::move(query)) {}

    // `refused` is not an error of many: it is counted, and the others go on.
    [[nodiscard]] Status add_all(const std::vector<journal::ListedDelivery>& deliveries) {
        for (std::size_t at = 0; at < deliveries.size(); at += kChunk) {
            const std::size_t end = std::min(deliveries.size(), at + kChunk);
            Change change(context_);
            last_ = {};
            for (std::size_t i = at; i < end; ++i) add(deliveries[i], change);
            if (change.size() == 0) continue;
            change.add_audit(command_, subject(change.size()), detail(change.size()));
            WEIR_CHECK_OK(change.commit());
        }
        return ok();
    }

    [[nodiscard]] Json answer() const {
        Json refused = Json::object();
        for (const auto& [code, count] : refused_) refused[code] = count;
        Json by_code = Json::object();
        for (const auto& [code, count] : by_code_) by_code[code] = count;
        return {{"dry_run", wish_.dry_run}, {"redriven", redriven_}, {"by_code", by_code},
                {"refused", refused},       {"items", items_},       {"refusals", refusals_}};
    }

  private:
    void add(const journal::ListedDelivery& listed, Change& change) {
        auto redo = decide(listed, wish_, context_.plant);
        if (!redo) {
            ++refused_[redo.error().code];
            const Json why{{"item", item_name(listed)}, {"code", redo.error().code}, {"why", redo.error().message}};
            if (refusals_.size() < kNamed) refusals_.push_back(why);
            return;
        }
        ++redriven_;
        ++by_code_[listed.row.code];
        last_ = item_name(listed);
        if (items_.size() < kNamed) items_.push_back(last_);
        if (wish_.dry_run) return;
        const bool current = *redo == journal::Redo::steps;
        const Json told{{"mapping", current ? "current" : "original"}, {"code", listed.row.code}};
        change.add_note(listed.row.lane, listed.row.item, "redrive", context_.actor.reason, write_json(told));
        change.add_redo(redone(listed.row, *redo, wish_, change.wall_ns()));
    }
    [[nodiscard]] std::string subject(std::size_t count) const {
        return count == 1 ? last_ : std::to_string(count) + " deliveries";
    }
    [[nodiscard]] Json detail(std::size_t count) const {
        Json told{{"count", count}, {"mapping", mapping_name()}};
        if (wish_.surely_absent) told["unknown"] = "absent";
        if (!query_.empty()) told["query"] = query_;
        return told;
    }
    [[nodiscard]] std::string_view mapping_name() const {
        if (wish_.mapping == Mapping::as_fits) return "as fits: original, or current where never mapped";
        return wish_.mapping == Mapping::original ? "original" : "current";
    }

    OperationContext& context_;
    Wish wish_;
    std::string command_;
    Json query_;
    std::uint64_t redriven_ = 0;
    std::map<std::string, std::uint64_t> by_code_;
    std::map<std::string, std::uint64_t> refused_;
    Json items_ = Json::array();
    Json refusals_ = Json::array();
    std::string last_;
};

// What selects, as the audit keeps it.
Json query_of(const Json& parameters) {
    Json query = Json::object();
    for (const char* name : {"state", "route", "destination", "code", "key", "text", "external_ref", "assignee"}) {
        if (parameters.contains(name)) query[name] = parameters[name];
    }
    for (const char* name : {"since", "until"}) {
        if (parameters.contains(name)) query[name] = format_time(parameters[name].get<std::int64_t>());
    }
    return query;
}

Result<Json> redrive_items(OperationContext& context, const Json& parameters, const Wish& wish) {
    std::vector<journal::ListedDelivery> deliveries;
    for (const Json& name : parameters["items"]) {
        WEIR_TRY(auto listed, find_item(*context.plant.inspector, name.get_ref<const std::string&>()));
        const auto same = [&](const journal::ListedDelivery& other) {
            return other.row.lane == listed.row.lane && other.row.item == listed.row.item;
        };
        if (std::ranges::none_of(deliveries, same)) deliveries.push_back(std::move(listed));
    }
    // All or nothing of what was named: a person who names one wants to hear why it is not possible.
    for (const journal::ListedDelivery& listed : deliveries) {
        if (auto redo = decide(listed, wish, context.plant); !redo) {
            return std::move(redo).error().in(item_name(listed));
        }
    }
    Redrive redrive(context, wish, "redrive", Json::object());
    WEIR_CHECK_OK(redrive.add_all(deliveries));
    return redrive.answer();
}

Result<Json> redrive_query(OperationContext& context, const Json& parameters, const Wish& wish) {
    const Json query = query_of(parameters);
    const bool selects = std::ranges::any_of(query.items(), [](const auto& one) { return one.key() != "state"; });
    if (!selects) {
        return Error{Errc::invalid,
                     "say which: items, or at least one of route, destination, code, key, text, external_ref, "
                     "assignee, since, until",
                     "MISSING_PARAMETER",
                     {}};
    }
    WEIR_TRY(const Page page,
             read_page(*context.plant.inspector, selection(parameters), states_named(parameters.value("state", "dead")),
                       parameters.value("limit", std::size_t{1000}), parameters.value("cursor", "")));
    Redrive redrive(context, wish, "redrive", query);
    WEIR_CHECK_OK(redrive.add_all(page.deliveries));
    Json answer = redrive.answer();
    if (page.next) answer["next"] = *page.next;
    return answer;
}

}  // namespace

Result<Json> op_redrive(OperationContext& context, const Json& parameters) {
    const Wish wish = wish_of(parameters);
    if (!parameters.contains("items")) return redrive_query(context, parameters, wish);
    if (!query_of(parameters).empty()) {
        return Error{Errc::invalid, "expected either items or conditions, not both", "BAD_PARAMETER", {}};
    }
    return redrive_items(context, parameters, wish);
}

Result<Json> op_exception_resubmit(OperationContext& context, const Json& parameters) {
    WEIR_TRY(const auto listed, find_item(*context.plant.inspector, parameters["item"].get<std::string>()));
    if (listed.row.state != journal::DeliveryState::held) {
        return refuse("NOT_OPEN", "it is " + std::string(journal::to_string(listed.row.state)) + ", not held");
    }
    const Wish wish = wish_of(parameters);
    if (auto redo = decide(listed, wish, context.plant); !redo) return std::move(redo).error();
    Redrive redrive(context, wish, "resubmit", Json::object());
    WEIR_CHECK_OK(redrive.add_all({listed}));
    return redrive.answer();
}

}  // namespace weir::admin
