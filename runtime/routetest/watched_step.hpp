// A route's steps, watched: what each did with each record, for `trace`, for `filtered` and for coverage.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/flow/stages.hpp"

namespace weir::routetest {

// What one step did with one record.
struct Passage {
    std::size_t step = 0;  // place in the route
    std::string label;     // "step 2 (map)"
    std::string transform;
    std::uint32_t kind = 0;  // WEIR_OUT_OK, FILTERED, REJECTED
    std::string note;        // a code; of a switch, the branch
    [[nodiscard]] std::string to_string() const { return note.empty() ? transform : transform + ": " + note; }
};

// Of one route, over all its lives: a record that runs through the steps again is told once. One thread.
class Watch {
  public:
    // By the id a record came in with, in order.
    [[nodiscard]] const std::map<std::string, std::vector<Passage>>& passages() const noexcept { return passages_; }
    // The id of the accepted record that `id` was made of; of several, of the last that made it.
    [[nodiscard]] const std::string& root(const std::string& id) const;
    // All that it may have been made of, itself when no step made it.
    [[nodiscard]] std::set<std::string> origins(const std::string& id) const;
    // The step that filtered the record; nullptr: none did.
    [[nodiscard]] const Passage* filtered(const std::string& id) const;

    void see(const Passage& step, const RecordBatch& in, const plugin::TransformResult& result);

  private:
    std::map<std::string, std::vector<Passage>> passages_;
    std::map<std::string, std::vector<std::string>> made_of_;  // without repetition, the last at the end
};

// Puts `watch` around the step at `place`. `watch` outlives it.
void watch_step(flow::Step& step, std::size_t place, const std::string& transform, Watch& watch);

}  // namespace weir::routetest
