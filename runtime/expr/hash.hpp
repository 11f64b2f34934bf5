// Digests of bytes.
#pragma once

#include <string>
#include <string_view>

namespace weir::expr {

// 32 bytes; empty when the cryptographic library refuses.
[[nodiscard]] std::string sha256(std::string_view bytes);
// Lower case.
[[nodiscard]] std::string hexadecimal(std::string_view bytes);

}  // namespace weir::expr
