// Slows down who guesses tokens: after ten failures from one address within a minute, it waits.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace weir::admin {

// Any thread. Times are monotonic nanoseconds.
class Lockout {
  public:
    static constexpr std::uint32_t kFailuresMax = 10;
    static constexpr std::int64_t kWindowNs = 60'000'000'000;
    static constexpr std::size_t kAddressesMax = 4096;  // beyond it the oldest is forgotten

    // How long this address has to wait; nullopt: not at all. `remote` is "127.0.0.1:50122" or "[::1]:50122".
    [[nodiscard]] std::optional<std::int64_t> wait_ns(std::string_view remote, std::int64_t now_ns);
    void failed(std::string_view remote, std::int64_t now_ns);
    void succeeded(std::string_view remote);

  private:
    struct Failures {
        std::int64_t first_ns = 0;
        std::uint32_t count = 0;
    };
    std::mutex mutex_;
    std::map<std::string, Failures, std::less<>> addresses_;  // guarded by mutex_
};

}  // namespace weir::admin
