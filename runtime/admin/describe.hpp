// Records, deliveries and notes as JSON, the same in the administration API and in the verbs.
#pragma once

#include "runtime/admin/json.hpp"
#include "runtime/admin/operation.hpp"

namespace weir::admin {

enum class Payloads : std::uint8_t { left_out, included };

// null when there is none.
[[nodiscard]] Json describe_record(const DecodedBatch& decoded, Payloads payloads);
[[nodiscard]] Json describe_row(const journal::DeliveryRow& row);
// Everything a list shows of one delivery: names, row, age; of an exception also owner, due time and suggested action.
[[nodiscard]] Json describe_delivery(const journal::ListedDelivery& listed, const Plant& plant, Payloads payloads);
[[nodiscard]] Json describe_note(const journal::DeliveryNote& note);
[[nodiscard]] Json describe_attempt(const journal::LaneTrace::Attempt& attempt);

// Hex SHA-256, by which an audit entry names a payload without containing it.
[[nodiscard]] std::string fingerprint(std::string_view bytes);

[[nodiscard]] std::shared_ptr<const config::Config> config_of(const Plant& plant);
// nullptr: the configuration is not known, or has no such route.
[[nodiscard]] const config::Route* find_route(const config::Config* config, std::string_view name);

// What a person can do about this code.
[[nodiscard]] std::string_view suggested_action(std::string_view code) noexcept;

}  // namespace weir::admin
