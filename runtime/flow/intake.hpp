// Where sources hand in their records: one stream of the journal.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/journal/journal.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::flow {

// Any thread. Outlives the source that uses it, and is outlived by the journal.
class StreamIntake final : public plugin::Intake {
  public:
    // `deduplicate`: the source's ids are stable over redelivery (WEIR_TRAIT_STABLE_IDS).
    StreamIntake(journal::Journal& journal, journal::StreamId stream, bool deduplicate)
        : journal_(journal), stream_(stream), deduplicate_(deduplicate) {}

    [[nodiscard]] Status submit(EncodedBatch&& records, std::string_view partition,
                                std::optional<std::string_view> cursor, plugin::SubmitDone done) override;
    [[nodiscard]] bool has_room() const noexcept override;

  private:
    journal::Journal& journal_;
    journal::StreamId stream_;
    bool deduplicate_;
};

}  // namespace weir::flow
