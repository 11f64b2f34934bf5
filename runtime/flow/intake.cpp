#include "runtime/flow/intake.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace weir::flow {

namespace {

// Below the journal's own queue limit, so that senders are told to wait before the journal has to refuse.
constexpr std::uint64_t kQueuedBytesMax = 48u << 20;

plugin::SubmitItem item_of(journal::Verdict verdict) {
    switch (verdict) {
        case journal::Verdict::accepted:
            return {WEIR_OUT_OK, {}};
        case journal::Verdict::duplicate:
            return {WEIR_OUT_DUPLICATE, {}};
        case journal::Verdict::conflict:
            return {WEIR_OUT_REJECTED, "ID_CONFLICT"};
        case journal::Verdict::held:
            return {WEIR_OUT_REJECTED, "HELD"};
    }
    return {};
}

class Append final : public journal::AppendRequest {
  public:
    explicit Append(plugin::SubmitDone done) : done_(std::move(done)) {}

    void done(const journal::AppendResult& result) noexcept override {
        plugin::SubmitResult answer{result.status, {}};
        std::vector<plugin::SubmitItem> items;
        if (result.status.ok() && result.stored < result.verdicts.size() + 1) {
            items.reserve(result.verdicts.size());
            for (const journal::Verdict verdict : result.verdicts) items.push_back(item_of(verdict));
            answer.items = items;
        }
        done_(answer);
    }

  private:
    plugin::SubmitDone done_;
};

}  // namespace

Status StreamIntake::submit(EncodedBatch&& records, std::string_view partition, std::optional<std::string_view> cursor,
                            plugin::SubmitDone done) {
    if (!has_room()) {
        return Error{Errc::unavailable, "the journal takes no records now", journal_.health().code, {}};
    }
    auto request = std::make_unique<Append>(std::move(done));
    request->stream = stream_;
    request->records = std::move(records);
    request->deduplicate = deduplicate_;
    if (cursor) request->cursor = journal::CursorUpdate{std::string(partition), std::string(*cursor)};
    journal_.append(std::move(request));
    return ok();
}

bool StreamIntake::has_room() const noexcept {
    const journal::Health health = journal_.health();
    return health.availability == journal::Availability::ready && health.queued_bytes < kQueuedBytesMax;
}

}  // namespace weir::flow
