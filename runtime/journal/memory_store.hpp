// The journal's tables in plain memory: the same answers as the SQLite store, gone with the process. For tests.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/journal/store.hpp"

namespace weir::journal {

class MemoryStore final : public Store {
  public:
    [[nodiscard]] Result<LoadedJournal> load() override;
    [[nodiscard]] Status commit(const WriteSet& set) override;
    [[nodiscard]] Status probe() override { return ok(); }
    [[nodiscard]] Result<std::vector<StreamBegin>> maintain(const Catalog& /*catalog*/) override {
        return std::vector<StreamBegin>{};
    }
    [[nodiscard]] Status visit_identities(StreamId stream, OffsetRange range, const IdentityVisitor& visit) override;
    [[nodiscard]] std::optional<std::uint64_t> free_bytes() const override { return std::nullopt; }
    [[nodiscard]] Result<std::vector<StoredGroup>> read(StreamId stream, Offset from, Offset end,
                                                        std::size_t max_bytes) override;
    [[nodiscard]] Result<std::vector<AttemptStarted>> open_attempts(LaneId lane) override;
    [[nodiscard]] Result<LaneRows> lane_rows(LaneId lane, Offset position) override;
    [[nodiscard]] Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key,
                                                               std::int64_t now_wall_ns) override;
    // What is written and asked for by people alone: nothing of the journal reads it.
    struct Audited {
        AuditEntry entry;
        std::string hash;
    };
    [[nodiscard]] std::vector<Audited> audit() const;
    [[nodiscard]] std::vector<DeliveryNote> notes() const;

  private:
    using AttemptKey = std::pair<LaneId, std::uint64_t>;
    struct Attempt {
        AttemptStarted started;
        bool open = true;
    };
    void apply(const Transition& transition);
    void apply(const DeliveryRow& row);
    void apply(const AuditEntry& entry);
    void apply(const DeliveryNote& note);

    mutable std::mutex mutex_;  // guards everything below
    Catalog catalog_;
    std::map<std::pair<StreamId, Offset>, NewGroup> groups_;
    std::map<AttemptKey, Attempt> attempts_;
    std::map<std::pair<LaneId, ItemId>, DeliveryRow> rows_;
    std::map<std::pair<std::string, std::string>, StateWrite> state_;
    std::vector<QuarantinedGroup> quarantine_;
    std::vector<Audited> audit_;
    std::vector<DeliveryNote> notes_;
};

}  // namespace weir::journal
