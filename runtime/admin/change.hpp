// One change of an operation, on its way into the journal: rows, notes and state together with the audit entry that
// says who asked for them, or none of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/admin/json.hpp"
#include "runtime/admin/operation.hpp"

namespace weir::admin {

class Change {
  public:
    explicit Change(OperationContext& context) : context_(context), wall_ns_(context.plant.clock->wall_ns()) {}

    [[nodiscard]] std::int64_t wall_ns() const noexcept { return wall_ns_; }
    // `handed_over`: what the lane gets once the row is durable, with its frame; the stored frame stays as it is.
    void add_redo(journal::DeliveryRow row);
    void add_row(journal::DeliveryRow row) { transition_.rows.push_back(std::move(row)); }
    void add_note(journal::LaneId lane, journal::ItemId item, std::string_view action, std::string_view text,
                  std::string detail = {}, std::string frame = {});
    void add_state(std::string key, std::optional<std::string> value);
    void add_audit(std::string_view action, std::string subject, const Json& detail);
    [[nodiscard]] std::size_t size() const noexcept { return transition_.rows.size(); }
    // Durable, then handed to the running host. `unavailable`: not done.
    [[nodiscard]] Status commit();

  private:
    OperationContext& context_;
    std::int64_t wall_ns_;
    journal::Transition transition_;
    std::vector<journal::DeliveryRow> taken_up_;
};

}  // namespace weir::admin
