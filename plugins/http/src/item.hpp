// One record on its way from a request's body into the host.
#pragma once

#include <weir/plugin.h>

#include <string>
#include <string_view>
#include <vector>

namespace http_plugin {

// Views point into the request or into a TextArena. `code` is nullptr while the item is good; then a stable reason
// from the error catalogue, with `detail` for the sender.
struct Item {
    weir_record record{};
    std::vector<weir_attr> attrs;
    const char* code = nullptr;
    std::string detail;

    void clear() {
        record = weir_record{};
        record.time_unix_ns = WEIR_TIME_UNKNOWN;
        attrs.clear();
        code = nullptr;
        detail.clear();
    }
    // The first reason stands.
    void reject(const char* why, std::string text) {
        if (code != nullptr) return;
        code = why;
        detail = std::move(text);
    }
    [[nodiscard]] bool good() const noexcept { return code == nullptr; }
};

struct Limits {
    std::uint32_t depth_max = 64;
    std::uint32_t events_max = 10'000;
    std::uint64_t event_bytes_max = 1u << 20;  // of one payload
};

[[nodiscard]] inline weir_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }
[[nodiscard]] inline std::string_view to_view(weir_str text) noexcept {
    return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

}  // namespace http_plugin
