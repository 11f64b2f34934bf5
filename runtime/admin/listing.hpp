// Selecting deliveries by the parameters that every operation over many of them takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/admin/operation.hpp"

namespace weir::admin {

// The filter that WEIR_SELECTION's parameters describe; without state, limit and place.
[[nodiscard]] journal::DeliveryFilter selection(const Json& parameters);

// A page of the deliveries in `states`, one state after the other, and where the next one begins.
struct Page {
    std::vector<journal::ListedDelivery> deliveries;
    std::optional<std::string> next;  // nullopt: that was all
};
// `invalid`: not a cursor of ours.
[[nodiscard]] Result<Page> read_page(journal::Inspector& inspector, const journal::DeliveryFilter& filter,
                                     const std::vector<journal::DeliveryState>& states, std::size_t limit,
                                     std::string_view cursor);

// "dead", "held" or "all" (both).
[[nodiscard]] std::vector<journal::DeliveryState> states_named(std::string_view name);

// A cursor that is one number. `invalid`: not one.
[[nodiscard]] Result<std::uint64_t> number_cursor(const Json& parameters);
[[nodiscard]] std::string cursor_of(std::uint64_t number);

}  // namespace weir::admin
