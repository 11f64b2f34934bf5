// "Vendor code" two plugins were built with, in two versions: the same names, other contents (VENDOR_FIRST_COUNT,
// VENDOR_LOG_LEVEL). If the two libraries shared a symbol, one would see the other's counter or logger.
#pragma once

#include <weir/sdk.hpp>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <string>

namespace vendor {

template <class Tag>
struct Counter {
    static inline int value = VENDOR_FIRST_COUNT;
};
inline int& function_counter() {
    static int value = VENDOR_FIRST_COUNT;
    return value;
}

// Fails, as spdlog does, when another logger of this name is in the registry it sees.
inline std::shared_ptr<spdlog::logger> logger() {
    static const std::shared_ptr<spdlog::logger> made = [] {
        auto fresh = spdlog::create<spdlog::sinks::null_sink_mt>("vendor");
        fresh->set_level(VENDOR_LOG_LEVEL);
        return fresh;
    }();
    return made;
}

// Emits {"template":n,"function":n,"level":"..."} per record: both counters count this library's records only.
class Count final : public weir::Transform<> {
  public:
    Count(weir::Host host, weir::NoConfig config) : Transform(host, config) { logger(); }

    void each(weir::Call&, const weir::Record&, weir::Emit& emit) override {
        const auto level = spdlog::level::to_string_view(spdlog::get("vendor")->level());
        emit("{\"template\":" + std::to_string(++Counter<int>::value) + ",\"function\":" +
             std::to_string(++function_counter()) + ",\"level\":\"" + std::string(level.data(), level.size()) + "\"}");
    }
};

}  // namespace vendor
