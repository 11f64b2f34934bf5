// Base64 (RFC 4648), standard alphabet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::expr {

[[nodiscard]] std::string encode_base64(std::string_view bytes);
// With or without padding; nullopt when it is none.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace weir::expr
