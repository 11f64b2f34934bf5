// The journal of one test run: passes everything on, remembers what was written about single deliveries, and dies at
// the Nth transition when it is told to.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::routetest {

struct Crash {};  // unwinds one life of the engine; journal and destinations live on

enum class Die : std::uint8_t { never, before_commit, after_commit };

class WatchedJournal final : public journal::Journal {
  public:
    explicit WatchedJournal(journal::Journal& inner) : inner_(inner) {}

    // The nth commit from now throws Crash, once.
    void die_at(Die die, int nth) {
        die_ = die;
        left_ = nth;
    }
    [[nodiscard]] bool died() const noexcept { return died_; }
    // The last state of every delivery that was written down, with its record. Not while the engine runs.
    using Rows = std::map<std::pair<journal::LaneId, journal::ItemId>, journal::DeliveryRow>;
    [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
    [[nodiscard]] std::vector<journal::DeliveryRow> rows_of(journal::LaneId lane) const;

    Result<journal::StreamId> open_stream(std::string_view name) override { return inner_.open_stream(name); }
    Result<journal::LaneId> open_lane(std::string_view route, std::string_view destination, journal::StreamId stream,
                                      bool from_begin) override {
        return inner_.open_lane(route, destination, stream, from_begin);
    }
    Result<std::vector<journal::CursorUpdate>> cursors(journal::StreamId s) override { return inner_.cursors(s); }
    Result<journal::LaneState> lane_state(journal::LaneId lane) override { return inner_.lane_state(lane); }
    Result<std::vector<journal::ItemId>> items_with_rows(journal::LaneId lane, journal::Offset from) override {
        return inner_.items_with_rows(lane, from);
    }
    void append(std::unique_ptr<journal::AppendRequest> request) override { inner_.append(std::move(request)); }
    Status commit(journal::Transition transition) override;
    void submit(journal::Transition t, std::function<void(const Status&)> done) override {
        inner_.submit(std::move(t), std::move(done));
    }
    Result<std::vector<journal::Group>> read(journal::StreamId s, journal::Offset from, std::size_t max) override {
        return inner_.read(s, from, max);
    }
    bool wait(journal::StreamId s, journal::Offset from, std::stop_token stop, std::int64_t timeout) override {
        return inner_.wait(s, from, std::move(stop), timeout);
    }
    Result<journal::StreamInfo> stream_info(journal::StreamId s) override { return inner_.stream_info(s); }
    Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key) override {
        return inner_.state_get(scope, key);
    }
    journal::Health health() const override { return inner_.health(); }

  private:
    void take(const journal::Transition& transition);
    [[noreturn]] void die();

    journal::Journal& inner_;
    std::mutex mutex_;  // of rows_: lanes of a threaded engine commit at once
    Rows rows_;
    Die die_ = Die::never;
    int left_ = 0;
    bool died_ = false;
};

}  // namespace weir::routetest
