// The path of a record as plain functions over batches. READ THIS FIRST.
//
//   accept   (intake.cpp)   a source's batch -> the journal
//   run_steps               records -> the records they become, and the verdicts on those that become none
//   Lane     (lane.cpp)     which of them may go to the destination now, and what each outcome means
//   assemble / call_sink    chosen deliveries -> one batch -> outcomes
//
// No threads, sockets, sleeps or clocks in here: two engines (inline_engine, threaded_engine) drive these functions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/id.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::flow {

// One configured step of a route.
struct Step {
    std::string label;   // "step 2 (validate)"
    std::string scope;   // of its durable state: "usage-to-ledger/step 2 (validate)"
    std::string branch;  // only records that a switch sent there pass it; "": all do
    std::unique_ptr<plugin::TransformHandle> transform;
};

// An accepted record that becomes no delivery: filtered (WEIR_OUT_FILTERED), or put aside with a reason.
struct Verdict {
    std::uint32_t index = 0;                 // of the input record
    std::uint32_t kind = WEIR_OUT_FILTERED;  // FILTERED, REJECTED (held), RETRY (given up: dead)
    std::uint32_t error_class = WEIR_CLASS_BUSINESS;
    std::string code;
    std::string message;
    std::string step;
    bool own = false;  // put aside for one destination: another has been given the record
};

// A delivery somebody asked for again, after the steps ran over its record once more.
struct Redone {
    journal::DeliveryRow row;  // as it stands in the journal
    BatchPtr input;            // the accepted record
    std::uint32_t input_index = 0;
    BatchPtr output;          // null: the steps made nothing of it, and `verdict` says why
    std::uint32_t index = 0;  // in output
    Verdict verdict;
};

// What a run of accepted records became.
struct Stepped {
    journal::Offset first = 0;               // offset of input[0]
    BatchPtr input;                          // as accepted
    BatchPtr output;                         // what goes to destinations, in input order
    std::vector<std::uint32_t> root;         // index in `input` of each output; empty: output[i] is input[i]
    std::vector<std::uint32_t> part;         // which of its record's outputs each is; empty: counted from 0
    std::vector<Verdict> verdicts;           // ascending by index
    std::uint32_t count = 0;                 // of offsets covered; input.size() unless the group was damaged
    std::vector<plugin::StateChange> state;  // of one step; with more than one, see `state_scopes`
    std::vector<std::string> state_scopes;   // parallel to `state`
    std::int64_t accepted_wall_ns = 0;
    std::vector<Redone> redone;  // beside the run

    [[nodiscard]] journal::Offset end() const noexcept { return first + count; }
    [[nodiscard]] std::uint32_t root_of(std::size_t output_index) const {
        return root.empty() ? static_cast<std::uint32_t>(output_index) : root[output_index];
    }
};

// The extension attribute in which a switch writes where a record goes: "invoices", "invoices/late".
inline constexpr std::string_view kBranchAttribute = "branch";
[[nodiscard]] bool in_branch(const weir_record& record, std::string_view branch) noexcept;
// What a destination of one branch sees: outputs of other branches are left out, each keeping its number among its
// record's; a record of which nothing is left is filtered.
void keep_branch(Stepped& stepped, std::string_view branch);

// Code of an error that uses up no try: a step has not got what it needs (WEIR_OUT_THROTTLED).
inline constexpr std::string_view kStepWaits = "waits";

// Runs every step over one group. `unavailable`: a transform could not be called or asks for another try; nothing of
// this run counts. With `final_try` such records get a RETRY verdict instead, unless the code is kStepWaits: a record
// that waits is never given up.
[[nodiscard]] Result<Stepped> run_steps(std::span<Step> steps, const journal::Group& group,
                                        const plugin::CallContext& call, bool final_try);

// How a delivery's ordering key is taken from a record: an attribute by name ("subject"). "" is key, else subject.
class KeySelector {
  public:
    [[nodiscard]] static Result<KeySelector> parse(std::string_view expression);  // "record.subject" or ""
    [[nodiscard]] weir_str key(const weir_record& record) const noexcept;

  private:
    weir_str weir_record::*field_ = nullptr;
};

// What one call to a sink carries.
struct Call {
    BatchPtr batch;
    std::vector<plugin::Item> items;
};

// The rows for the journal of everything the steps put aside; FILTERED ones have none.
[[nodiscard]] std::vector<journal::DeliveryRow> rows_of(const Stepped& stepped, journal::LaneId steps_lane,
                                                        std::int64_t now_wall_ns);
// What the steps refused because of a rule, for the audit: who may not do what is looked for there.
[[nodiscard]] std::vector<journal::AuditEntry> audit_of(std::string_view route,
                                                        std::span<const journal::DeliveryRow> rows);

}  // namespace weir::flow
