// Passes everything on to a journal, and is the disk that is full and the machine that dies.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "runtime/journal/journal.hpp"
#include "tests/fault/sim_erp.hpp"

namespace weir::test {

// What is durable about single deliveries, by lane and item.
class DurableRows {
  public:
    using Rows = std::map<std::pair<journal::LaneId, journal::ItemId>, journal::DeliveryRow>;

    void take(const journal::Transition& transition);
    [[nodiscard]] const Rows& all() const noexcept { return rows_; }
    // Ended for a person once: from then on it is out of its key's order.
    [[nodiscard]] bool was_aside(journal::LaneId lane, journal::ItemId item) const {
        return aside_.contains({lane, item});
    }

  private:
    Rows rows_;
    std::set<std::pair<journal::LaneId, journal::ItemId>> aside_;
};

// One thread. `inner` may be exchanged between two lives.
class SeedJournal final : public journal::Journal {
  public:
    SeedJournal(DurableRows& rows, std::uint64_t seed) : rows_(rows), random_(seed) {}

    journal::Journal* inner = nullptr;
    bool full = false;
    int crash_per_mille = 0;
    int refuse_per_mille = 0;
    std::function<void(journal::LaneId, std::uint64_t)> on_settled;

    Result<journal::StreamId> open_stream(std::string_view name) override { return inner->open_stream(name); }
    Result<journal::LaneId> open_lane(std::string_view route, std::string_view destination, journal::StreamId stream,
                                      bool from_begin) override {
        return inner->open_lane(route, destination, stream, from_begin);
    }
    Result<std::vector<journal::CursorUpdate>> cursors(journal::StreamId s) override { return inner->cursors(s); }
    Result<journal::LaneState> lane_state(journal::LaneId lane) override { return inner->lane_state(lane); }
    Result<std::vector<journal::ItemId>> items_with_rows(journal::LaneId lane, journal::Offset from) override {
        return inner->items_with_rows(lane, from);
    }
    void append(std::unique_ptr<journal::AppendRequest> request) override { inner->append(std::move(request)); }
    Status commit(journal::Transition transition) override;
    // At once, so that a run follows from its seed.
    void submit(journal::Transition transition, std::function<void(const Status&)> done) override;
    Result<std::vector<journal::Group>> read(journal::StreamId s, journal::Offset from, std::size_t max) override {
        return inner->read(s, from, max);
    }
    bool wait(journal::StreamId s, journal::Offset from, std::stop_token stop, std::int64_t timeout) override {
        return inner->wait(s, from, std::move(stop), timeout);
    }
    Result<journal::StreamInfo> stream_info(journal::StreamId s) override { return inner->stream_info(s); }
    Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key) override {
        return inner->state_get(scope, key);
    }
    journal::Health health() const override { return inner->health(); }

  private:
    bool chance(int per_mille) { return per_mille > 0 && static_cast<int>(random_() % 1000) < per_mille; }
    Status write(const journal::Transition& transition);

    DurableRows& rows_;
    std::mt19937_64 random_;
};

}  // namespace weir::test
