// How people name one delivery: "usage-to-ledger/erp/42.0", "usage-to-ledger/-/42.0" for what a step put aside.
#pragma once

#include <weir/result.hpp>

#include <string>
#include <string_view>

#include "runtime/admin/plant.hpp"

namespace weir::admin {

struct ItemName {
    std::string route;
    std::string destination;  // "": the route's steps
    journal::ItemId item;
};

[[nodiscard]] std::string item_name(std::string_view route, std::string_view destination, journal::ItemId item);
[[nodiscard]] inline std::string item_name(const journal::ListedDelivery& listed) {
    return item_name(listed.route, listed.destination, listed.row.item);
}
// `invalid`: not such a name. The part may be left out: 0.
[[nodiscard]] Result<ItemName> parse_item_name(std::string_view text);

// "-" stands for the lane of a route's steps, whose destination is empty; no connection can be called so.
inline constexpr std::string_view kStepsDestination = "-";
[[nodiscard]] inline std::string destination_named(std::string_view name) {
    return name == kStepsDestination ? std::string() : std::string(name);
}

// The row of this name, with its record. `not_found`: there is none.
[[nodiscard]] Result<journal::ListedDelivery> find_item(journal::Inspector& inspector, std::string_view name);

}  // namespace weir::admin
