// IP addresses and CIDR blocks (RFC 4632, RFC 5952). No zones, no IPv4-mapped addresses in dotted form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/expr/value.hpp"

namespace weir::expr {

[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
[[nodiscard]] std::optional<IpAddress> parse_cidr(std::string_view text);
[[nodiscard]] std::string format_ip(const IpAddress& address);
[[nodiscard]] std::string format_cidr(const IpAddress& block);

}  // namespace weir::expr
