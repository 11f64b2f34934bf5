// The records of one route that its steps put aside.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/flow/stages.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::flow {

// One past the last record that a lane in this state was given and may have done something about.
[[nodiscard]] journal::Offset reached(const journal::LaneState& state);

// Shared by the readers of a route. Each runs its own copy of the steps, at the pace of its destination; after a change
// of the configuration one that is behind runs other steps over a record than those a destination ahead had. So that
// every record has one fate at every destination:
//   - what was put aside once stays aside until somebody asks for it again, whatever later steps would make of it;
//   - what another destination was given already is put aside for this one alone (Verdict::own).
// [any] thread.
class AsideBook {
  public:
    // `reached`: of the route's lanes, as they are taken up.
    AsideBook(std::string route, journal::LaneId steps_lane, journal::Offset reached, journal::Journal& journal,
              const Clock& clock);

    // Which reader it is, for take(). Before the first of them reads.
    [[nodiscard]] std::size_t enter(journal::Offset from);
    // What a reader's steps made of the records from where it stood: writes down what is put aside, before any lane
    // passes it, and corrects `stepped` by what was put aside before. Errors: nothing is changed, try again.
    [[nodiscard]] Status take(std::size_t reader, Stepped& stepped);

  private:
    [[nodiscard]] Status load();
    [[nodiscard]] Status write(const Stepped& stepped);
    void forget_passed();

    const std::string route_;
    const journal::LaneId lane_;
    journal::Journal& journal_;
    const Clock& clock_;
    std::mutex mutex_;
    bool loaded_ = false;
    journal::LaneProgress progress_;        // of the steps lane
    std::set<journal::Offset> aside_;       // not yet passed by every reader
    std::vector<journal::Offset> readers_;  // how far each has come
    journal::Offset reached_;
};

}  // namespace weir::flow
