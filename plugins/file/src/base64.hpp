// Base64 (RFC 4648, section 4) for binary payloads inside JSON envelopes.
#pragma once

#include <string>
#include <string_view>

namespace weir::file {

// False, and `out` is meaningless, when `text` is not padded standard base64.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& out);

// Appends the encoding of `bytes`.
void append_base64(std::string_view bytes, std::string& out);

}  // namespace weir::file
