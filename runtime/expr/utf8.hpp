// Positions in UTF-8 text, counted in code points as the language counts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::expr {

[[nodiscard]] constexpr bool continues_utf8(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

[[nodiscard]] inline std::int64_t code_point_count(std::string_view text) noexcept {
    std::int64_t count = 0;
    for (const char c : text) count += continues_utf8(c) ? 0 : 1;
    return count;
}

// The byte where code point `index` begins; the size of `text` for the one behind the last; nullopt beyond.
[[nodiscard]] inline std::optional<std::size_t> byte_offset(std::string_view text, std::int64_t index) noexcept {
    if (index < 0) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (continues_utf8(text[i])) continue;
        if (index == 0) return i;
        --index;
    }
    return index == 0 ? std::optional(text.size()) : std::nullopt;
}

// Bytes of the code point at the front; `text` is not empty.
[[nodiscard]] inline std::size_t first_code_point_size(std::string_view text) noexcept {
    std::size_t size = 1;
    while (size < text.size() && continues_utf8(text[size])) ++size;
    return size;
}

// The code point of the bytes first_code_point_size() found, in valid UTF-8.
[[nodiscard]] inline char32_t code_point_at(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    char32_t c = lead < 0x80U ? lead : (lead < 0xE0U ? lead & 0x1FU : (lead < 0xF0U ? lead & 0x0FU : lead & 0x07U));
    for (std::size_t i = 1; i < first_code_point_size(text); ++i)
        c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return c;
}

}  // namespace weir::expr
