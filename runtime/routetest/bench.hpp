// What a route test needs of the program around it: a route's real steps, made as the host makes them, over services
// that the test plays.
#pragma once

#include <weir/http.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/flow/stages.hpp"
#include "runtime/routetest/case.hpp"

namespace weir::routetest {

struct PlayedServices {
    const Clock* clock = nullptr;
    plugin::StateReader* state = nullptr;
    const weir_svc_http* http = nullptr;
};

// State nobody has written.
class EmptyState final : public plugin::StateReader {
  public:
    Result<std::optional<std::string>> get(std::string_view, std::string_view) override {
        return std::optional<std::string>();
    }
};

// Instances for one run. They outlive neither it nor the services.
class Workbench {
  public:
    virtual ~Workbench() = default;
    [[nodiscard]] virtual Result<std::vector<flow::Step>> make_steps(const config::Route& route,
                                                                     std::size_t most) const = 0;
    [[nodiscard]] virtual Result<bool> keeps_state(const config::Route& route) const = 0;
    [[nodiscard]] virtual Result<std::uint32_t> sink_traits(const config::Connection& connection) const = 0;
    [[nodiscard]] virtual Result<std::uint32_t> source_traits(const config::Connection& connection) const = 0;
};

class Bench {
  public:
    virtual ~Bench() = default;
    [[nodiscard]] virtual const config::Config& config() const = 0;
    // With the cross-references and tables of the case. Errors name what of it cannot be had.
    [[nodiscard]] virtual Result<std::unique_ptr<Workbench>> open(const Case& test,
                                                                  const PlayedServices& services) const = 0;
};

}  // namespace weir::routetest
