// A destination that keeps books, answers by a script, and notices what must never happen: the same thing booked twice,
// or two records of one key in one call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/plugin/handles.hpp"
#include "runtime/routetest/case.hpp"

namespace weir::routetest {

struct Delivered {
    std::string id;
    std::string key;  // the lane's
    Json envelope;    // id, source, type, subject, ...: as in `given`
    std::string payload;
};

// Outlives every life of the engine. One thread.
class Destination {
  public:
    // `traits`: WEIR_TRAIT_* of the connection's own sink. `batch_max` 0: as the script says.
    Destination(DestinationScript script, std::uint32_t traits, std::uint32_t batch_max);

    [[nodiscard]] std::unique_ptr<plugin::SinkHandle> make_sink();
    [[nodiscard]] const std::vector<Delivered>& books() const noexcept { return books_; }
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept { return violations_; }
    [[nodiscard]] const std::map<std::string, std::uint32_t>& attempts() const noexcept { return attempts_; }
    [[nodiscard]] const std::map<std::string, std::uint32_t>& probes() const noexcept { return probes_; }
    // What the script says of records that never came here.
    [[nodiscard]] std::vector<std::string> unused() const;
    // Whether an outcome nobody heard of can be made sure of after a crash.
    [[nodiscard]] bool survives_crashes() const noexcept { return can_resolve_ || idempotent_; }

  private:
    friend class ScriptedSink;
    [[nodiscard]] Word next_word(const std::string& id);
    void book(const weir_record& record, std::string_view external_ref);
    void check_keys(const RecordBatch& batch);

    DestinationScript script_;
    bool can_resolve_;
    bool idempotent_;
    bool atomic_;
    plugin::SinkLimits limits_;
    std::vector<Delivered> books_;
    std::map<std::string, std::size_t> booked_refs_;
    std::map<std::string, std::size_t> used_words_;
    std::map<std::string, std::uint32_t> attempts_;
    std::map<std::string, std::uint32_t> probes_;
    std::vector<std::string> violations_;
};

}  // namespace weir::routetest
