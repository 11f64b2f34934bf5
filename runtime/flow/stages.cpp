#include "runtime/flow/stages.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "runtime/base/text.hpp"

namespace weir::flow {

namespace {

constexpr std::string_view kDamaged = "JOURNAL_DAMAGED";

Verdict put_aside(std::uint32_t index, const plugin::Outcome& outcome, const std::string& step) {
    Verdict verdict;
    verdict.index = index;
    verdict.kind = outcome.kind;
    const bool technical = outcome.kind != WEIR_OUT_REJECTED || outcome.error_class == WEIR_CLASS_TECHNICAL;
    verdict.error_class = technical                                  ? static_cast<std::uint32_t>(WEIR_CLASS_TECHNICAL)
                          : outcome.error_class == WEIR_CLASS_POLICY ? static_cast<std::uint32_t>(WEIR_CLASS_POLICY)
                                                                     : static_cast<std::uint32_t>(WEIR_CLASS_BUSINESS);
    verdict.code = outcome.code;
    verdict.message = outcome.message;
    verdict.step = step;
    return verdict;
}

// A group whose bytes are lost: every offset is accounted for, none can be delivered.
Stepped lost(const journal::Group& group) {
    Stepped stepped;
    stepped.first = group.first;
    stepped.count = group.count;
    stepped.input = BatchBuilder{}.seal();
    stepped.output = stepped.input;
    for (std::uint32_t i = 0; i < group.count; ++i) {
        stepped.verdicts.push_back({i, WEIR_OUT_RETRY, WEIR_CLASS_TECHNICAL, std::string(kDamaged),
                                    "the stored record fails its checksum; its row is quarantined", "journal"});
    }
    return stepped;
}

// Records that were held at intake go no further.
void leave_out_holds(const journal::Group& group, Stepped& stepped) {
    if (group.records.holds.empty()) return;
    std::vector<std::uint32_t> rest;
    rest.reserve(group.count);
    auto hold = group.records.holds.begin();
    for (std::uint32_t i = 0; i < group.count; ++i) {
        if (hold != group.records.holds.end() && hold->index == i) {
            stepped.verdicts.push_back({i, WEIR_OUT_REJECTED, hold->error_class, hold->code, hold->message, "intake"});
            ++hold;
        } else {
            rest.push_back(i);
        }
    }
    stepped.output = select(stepped.input, rest);
    stepped.root = std::move(rest);
}

// Whether an outcome of a transform asks for the same record to be tried again.
bool wants_retry(const plugin::Outcome& outcome) {
    return outcome.kind != WEIR_OUT_OK && outcome.kind != WEIR_OUT_DUPLICATE && outcome.kind != WEIR_OUT_FILTERED &&
           outcome.kind != WEIR_OUT_REJECTED;
}

Error asks_for_retry(const Step& step, const plugin::Outcome& outcome) {
    return Error{Errc::unavailable,
                 step.label + ": " + outcome.code + ": " + outcome.message,
                 outcome.code.empty() ? "step_retry" : outcome.code,
                 {}};
}

// The longest wish of those that wait; nullopt: none does.
std::optional<Error> waits(const Step& step, std::span<const plugin::Outcome> outcomes) {
    std::optional<Error> error;
    for (const plugin::Outcome& outcome : outcomes) {
        if (outcome.kind != WEIR_OUT_THROTTLED) continue;
        const auto after = std::chrono::ceil<std::chrono::milliseconds>(outcome.retry_after);
        if (error && *error->retry_after >= after) continue;
        error = Error{Errc::unavailable, step.label + ": " + outcome.code + ": " + outcome.message,
                      std::string(kStepWaits), after};
    }
    return error;
}

void add_state(Stepped& stepped, const Step& step, std::vector<plugin::StateChange>&& changes) {
    for (auto& change : changes) {
        stepped.state.push_back(std::move(change));
        stepped.state_scopes.push_back(step.scope);
    }
}

// What of the records so far a step gets: all of them, or those of its branch.
struct Share {
    BatchPtr batch;
    bool whole = true;
    std::vector<std::uint32_t> index;  // in the whole, of each, when it is a part
    [[nodiscard]] std::uint32_t at(std::size_t i) const { return whole ? static_cast<std::uint32_t>(i) : index[i]; }
};

Share share_of(const Stepped& stepped, const Step& step) {
    if (step.branch.empty()) return {stepped.output, true, {}};
    Share share;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        if (in_branch((*stepped.output)[i], step.branch)) share.index.push_back(i);
    }
    share.whole = share.index.size() == stepped.output->size();
    share.batch = share.whole ? stepped.output : select(stepped.output, share.index);
    return share;
}

// Puts what a step emitted for its share in the place of the share; the other records stay where they are.
void merge(Stepped& stepped, const Share& share, const BatchPtr& emitted) {
    BatchBuilder builder;
    std::vector<std::uint32_t> root;
    std::size_t next_share = 0;
    std::size_t next_emitted = 0;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        if (next_share == share.index.size() || share.index[next_share] != i) {
            builder.add((*stepped.output)[i]);
            root.push_back(stepped.root_of(i));
            continue;
        }
        for (; next_emitted < emitted->size() && (*emitted)[next_emitted].origin == next_share; ++next_emitted) {
            builder.add((*emitted)[next_emitted]);
            root.push_back(stepped.root_of(i));
        }
        ++next_share;
    }
    builder.keep(stepped.output);
    builder.keep(emitted);
    stepped.output = builder.seal();
    stepped.root = std::move(root);
}

// Applies what one transform said: verdicts for inputs that stop here, roots for what it emitted.
Status take_result(Stepped& stepped, const Share& share, const Step& step, plugin::TransformResult&& result,
                   bool final_try) {
    if (auto error = waits(step, result.outcomes)) return *std::move(error);
    for (std::size_t i = 0; i < result.outcomes.size(); ++i) {
        const plugin::Outcome& outcome = result.outcomes[i];
        if (outcome.kind == WEIR_OUT_OK || outcome.kind == WEIR_OUT_DUPLICATE) continue;
        if (wants_retry(outcome) && !final_try) return asks_for_retry(step, outcome);
        stepped.verdicts.push_back(put_aside(stepped.root_of(share.at(i)), outcome, step.label));
    }
    add_state(stepped, step, std::move(result.state));
    if (!share.whole) {
        merge(stepped, share, result.output);
        return ok();
    }
    std::vector<std::uint32_t> root;
    root.reserve(result.output->size());
    for (const weir_record& record : result.output->records()) root.push_back(stepped.root_of(record.origin));
    stepped.root = std::move(root);
    stepped.output = std::move(result.output);
    return ok();
}

// The last try of a batch a transform cannot take as a whole: each record on its own, so that one that breaks it does
// not take its neighbours along.
Status one_by_one(Stepped& stepped, Step& step, const plugin::CallContext& call) {
    BatchBuilder builder;
    std::vector<std::uint32_t> root;
    builder.keep(stepped.output);
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        if (!step.branch.empty() && !in_branch((*stepped.output)[i], step.branch)) {
            builder.add((*stepped.output)[i]);
            root.push_back(stepped.root_of(i));
            continue;
        }
        const std::array<std::uint32_t, 1> one{i};
        plugin::TransformResult result = step.transform->transform(call, select(stepped.output, one));
        if (result.call.end != plugin::CallEnd::ok) {
            plugin::Outcome outcome;
            outcome.kind = WEIR_OUT_RETRY;
            outcome.code = "STEP_FAILED";
            outcome.message = result.call.error.message;
            stepped.verdicts.push_back(put_aside(stepped.root_of(i), outcome, step.label));
            continue;
        }
        if (auto error = waits(step, result.outcomes)) return *std::move(error);
        if (result.outcomes[0].kind != WEIR_OUT_OK && result.outcomes[0].kind != WEIR_OUT_DUPLICATE) {
            stepped.verdicts.push_back(put_aside(stepped.root_of(i), result.outcomes[0], step.label));
        }
        for (const weir_record& record : result.output->records()) {
            builder.add(record);
            root.push_back(stepped.root_of(i));
        }
        builder.keep(result.output);
        add_state(stepped, step, std::move(result.state));
    }
    stepped.output = builder.seal();
    stepped.root = std::move(root);
    return ok();
}

// One verdict per record, and all or nothing: a record of which one part was put aside becomes no delivery at all, and
// one of which a part was filtered is not itself filtered.
void settle_verdicts(Stepped& stepped) {
    if (stepped.verdicts.empty()) return;
    std::ranges::stable_sort(stepped.verdicts, [](const Verdict& a, const Verdict& b) {
        const auto rank = [](const Verdict& v) { return v.kind == WEIR_OUT_FILTERED ? 1 : 0; };
        return std::pair(a.index, rank(a)) < std::pair(b.index, rank(b));
    });
    const auto repeated = std::ranges::unique(stepped.verdicts, {}, &Verdict::index);
    stepped.verdicts.erase(repeated.begin(), repeated.end());

    std::vector<char> put_aside_at(stepped.count, 0);
    for (const Verdict& verdict : stepped.verdicts) {
        if (verdict.kind != WEIR_OUT_FILTERED) put_aside_at[verdict.index] = 1;
    }
    std::vector<char> has_output(stepped.count, 0);
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t> roots;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        const std::uint32_t root = stepped.root_of(i);
        if (put_aside_at[root] != 0) continue;
        has_output[root] = 1;
        kept.push_back(i);
        roots.push_back(root);
    }
    std::erase_if(stepped.verdicts, [&](const Verdict& verdict) {
        return verdict.kind == WEIR_OUT_FILTERED && has_output[verdict.index] != 0;
    });
    if (kept.size() != stepped.output->size()) stepped.output = select(stepped.output, kept);
    stepped.root = std::move(roots);
}

}  // namespace

Result<Stepped> run_steps(std::span<Step> steps, const journal::Group& group, const plugin::CallContext& call,
                          bool final_try) {
    if (group.damaged) return lost(group);
    Stepped stepped;
    stepped.first = group.first;
    stepped.count = group.count;
    stepped.accepted_wall_ns = group.wall_ns;
    stepped.input = group.records.batch;
    stepped.output = group.records.batch;
    leave_out_holds(group, stepped);
    for (Step& step : steps) {
        if (stepped.output->size() == 0) break;
        const Share share = share_of(stepped, step);
        if (share.batch->size() == 0) continue;
        plugin::TransformResult result = step.transform->transform(call, share.batch);
        if (result.call.end == plugin::CallEnd::ok) {
            WEIR_CHECK_OK(take_result(stepped, share, step, std::move(result), final_try));
        } else if (final_try) {
            WEIR_CHECK_OK(one_by_one(stepped, step, call));
        } else {
            Error error = std::move(result.call.error).in(step.label);
            error.errc = Errc::unavailable;
            return error;
        }
    }
    settle_verdicts(stepped);
    return stepped;
}

bool in_branch(const weir_record& record, std::string_view branch) noexcept {
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        if (view(record.attrs[i].key) != kBranchAttribute) continue;
        const std::string_view at = view(record.attrs[i].value);
        return at.starts_with(branch) && (at.size() == branch.size() || at[branch.size()] == '/');
    }
    return false;
}

void keep_branch(Stepped& stepped, std::string_view branch) {
    if (branch.empty() || stepped.output->size() == 0) return;
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t> root;
    std::vector<std::uint32_t> part;
    std::vector<char> left(stepped.count, 0);
    std::uint32_t number = 0;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        number = i > 0 && stepped.root_of(i - 1) == stepped.root_of(i) ? number + 1 : 0;
        if (!in_branch((*stepped.output)[i], branch)) continue;
        kept.push_back(i);
        root.push_back(stepped.root_of(i));
        part.push_back(number);
        left[stepped.root_of(i)] = 1;
    }
    if (kept.size() == stepped.output->size()) return;
    for (const Verdict& verdict : stepped.verdicts) left[verdict.index] = 1;
    for (std::uint32_t i = 0; i < stepped.count; ++i) {
        if (left[i] == 0) stepped.verdicts.push_back({i, WEIR_OUT_FILTERED, 0, "OTHER_BRANCH", "", ""});
    }
    std::ranges::sort(stepped.verdicts, {}, &Verdict::index);
    stepped.output = select(stepped.output, kept);
    stepped.root = std::move(root);
    stepped.part = std::move(part);
}

Result<KeySelector> KeySelector::parse(std::string_view expression) {
    KeySelector selector;
    if (expression.empty()) return selector;
    constexpr std::array<std::pair<std::string_view, weir_str weir_record::*>, 7> kFields{{
        {"record.key", &weir_record::key},
        {"record.subject", &weir_record::subject},
        {"record.id", &weir_record::id},
        {"record.type", &weir_record::type},
        {"record.source", &weir_record::source},
        {"record.correlation_id", &weir_record::correlation_id},
        {"record.schema", &weir_record::schema},
    }};
    for (const auto& [name, field] : kFields) {
        if (name == expression) {
            selector.field_ = field;
            return selector;
        }
    }
    return Error{Errc::invalid, "key \"" + std::string(expression) + "\" is not record.<attribute>", "bad_key", {}};
}

weir_str KeySelector::key(const weir_record& record) const noexcept {
    if (field_ != nullptr) return record.*field_;
    return record.key.size > 0 ? record.key : record.subject;
}

std::vector<journal::DeliveryRow> rows_of(const Stepped& stepped, journal::LaneId steps_lane,
                                          std::int64_t now_wall_ns) {
    std::vector<journal::DeliveryRow> rows;
    for (const Verdict& verdict : stepped.verdicts) {
        if (verdict.kind == WEIR_OUT_FILTERED) continue;
        journal::DeliveryRow row;
        row.lane = steps_lane;
        row.item = {stepped.first + verdict.index, 0};
        row.state =
            verdict.error_class == WEIR_CLASS_TECHNICAL ? journal::DeliveryState::dead : journal::DeliveryState::held;
        row.error_class = verdict.error_class;
        row.updated_wall_ns = now_wall_ns;
        row.opened_wall_ns = now_wall_ns;
        row.code = verdict.code;
        row.message = verdict.message;
        row.step = verdict.step;
        if (verdict.index < stepped.input->size()) {
            EncodedBatch encoded;
            if (encode_record((*stepped.input)[verdict.index], nullptr, encoded)) row.frame = std::move(encoded.frames);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<journal::AuditEntry> audit_of(std::string_view route, std::span<const journal::DeliveryRow> rows) {
    std::vector<journal::AuditEntry> entries;
    for (const journal::DeliveryRow& row : rows) {
        if (row.error_class != WEIR_CLASS_POLICY) continue;
        journal::AuditEntry& entry = entries.emplace_back();
        entry.id = uuid7(row.updated_wall_ns);
        entry.wall_ns = row.updated_wall_ns;
        entry.actor = "weir";
        entry.role = "host";
        entry.action = "refuse";
        // As people name what the steps put aside: no destination had it yet.
        entry.subject =
            std::string(route) + "/-/" + std::to_string(row.item.offset) + '.' + std::to_string(row.item.part);
        entry.reason = row.code;
        entry.detail = R"({"step":)";
        append_json_string(entry.detail, row.step);
        entry.detail += R"(,"message":)";
        append_json_string(entry.detail, row.message);
        entry.detail += '}';
    }
    return entries;
}

}  // namespace weir::flow
