// The service weir.http/1 as a case's `http` section answers it. Nothing leaves the machine.
#pragma once

#include <weir/http.h>

#include <string>
#include <vector>

#include "runtime/routetest/case.hpp"

namespace weir::routetest {

// One thread: route tests run their steps in one.
class ScriptedHttp final : public weir_svc_http {
  public:
    explicit ScriptedHttp(std::vector<HttpScript> script);
    ScriptedHttp(const ScriptedHttp&) = delete;
    ScriptedHttp& operator=(const ScriptedHttp&) = delete;

    // "GET https://...", each once.
    [[nodiscard]] const std::vector<std::string>& unexpected() const noexcept { return unexpected_; }

  private:
    static weir_status exchange_entry(const void* self, const weir_host*, const weir_call*,
                                      const weir_http_request* requests, uint32_t stride, uint32_t count, uint32_t,
                                      weir_http_exchange** out, weir_error*) noexcept;
    [[nodiscard]] const HttpScript::Answer* answer(const weir_http_request& request);

    std::vector<HttpScript> script_;
    std::vector<std::size_t> used_;
    std::vector<std::string> unexpected_;
};

}  // namespace weir::routetest
