#include "base64.hpp"

#include <array>
#include <cstdint>

namespace weir::file {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kValues = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

}  // namespace

bool decode_base64(std::string_view text, std::string& out) {
    out.clear();
    if (text.size() % 4 != 0) return false;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::int8_t value = kValues[static_cast<unsigned char>(c)];
        if (value < 0) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>(bits >> count & 0xff));
        }
    }
    return (bits & ((1u << count) - 1)) == 0;  // leftover bits must be zero: one text for one value
}

void append_base64(std::string_view bytes, std::string& out) {
    const auto digit = [](std::uint32_t bits, int shift) { return kAlphabet[bits >> shift & 63]; };
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t left = bytes.size() - at;
        const auto byte = [&](std::size_t i) {
            return i < left ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) : 0u;
        };
        const std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.push_back(digit(bits, 18));
        out.push_back(digit(bits, 12));
        out.push_back(left > 1 ? digit(bits, 6) : '=');
        out.push_back(left > 2 ? digit(bits, 0) : '=');
    }
}

}  // namespace weir::file
