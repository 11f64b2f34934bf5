// Deliveries somebody asked for again whose record has to go through the steps first.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/flow/stages.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::flow {

// Rows on their way to the thread that owns the steps.
class RedoQueue {
  public:
    void post(std::vector<journal::DeliveryRow>&& rows);                     // [any]
    [[nodiscard]] std::vector<journal::DeliveryRow> take(std::size_t most);  // in order
    void put_back(std::vector<journal::DeliveryRow>&& rows);                 // to the front: they come again first
    [[nodiscard]] bool empty() const;                                        // [any]

  private:
    mutable std::mutex mutex_;
    std::vector<journal::DeliveryRow> rows_;
};

// A lane of the route that a record which was put aside belongs to.
struct LaneName {
    journal::LaneId id = 0;
    std::string destination;
    std::string branch{};  // of what it takes; "": everything
};

// The record of `row` as a group of one, so that steps can run over it: what a person edited it to when `edited`, else
// as it was accepted. A hold it was accepted with is lifted: somebody decided. `not_found`: no longer retained.
[[nodiscard]] Result<journal::Group> record_alone(journal::Journal& journal, journal::StreamId stream,
                                                  const journal::DeliveryRow& row, bool edited);

// What the steps made of one record, for the delivery `row`.
[[nodiscard]] Redone redone_of(const journal::DeliveryRow& row, const Stepped& stepped);

// Whether `aside`, of one destination alone, stands for more than one of the parts that the steps make of its record.
[[nodiscard]] bool stands_for_several(const journal::DeliveryRow& aside, const Stepped& stepped) noexcept;
// The rows of all these parts, its own first: durable before the first of them goes out. `known`: parts of the record
// that have rows of their own.
[[nodiscard]] Result<std::vector<journal::DeliveryRow>> part_rows(const journal::DeliveryRow& aside,
                                                                  const Stepped& stepped, std::string_view route,
                                                                  std::string_view destination,
                                                                  std::span<const journal::ItemId> known,
                                                                  std::int64_t now_wall_ns);

// The rows by which a record that was put aside goes on: one for each output and each of `lanes`, and its own, done.
[[nodiscard]] Result<std::vector<journal::DeliveryRow>> go_on_rows(const journal::DeliveryRow& aside,
                                                                   const Stepped& stepped, std::string_view route,
                                                                   std::span<const LaneName> lanes,
                                                                   std::int64_t now_wall_ns);

}  // namespace weir::flow
