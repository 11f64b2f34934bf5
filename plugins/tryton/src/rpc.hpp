// JSON-RPC calls to one Tryton database, under one session.
#pragma once

#include <weir/http.hpp>
#include <weir/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "catalogue.hpp"
#include "config.hpp"

namespace tryton {

// One thread at a time. Errors say what a call comes to: `unavailable`: surely not done; `unknown`: may be done;
// `rejected`: refused for good. Codes are the manifest's.
class Rpc {
  public:
    using WriteArguments = std::function<void(weir::JsonWriter&)>;

    Rpc(weir::Host host, const Config& config);

    // Calls `method` ("model.account.move.post") with the arguments `write` puts into the open array; the context goes
    // behind them. The value is valid until the next call.
    //
    // A session that Tryton no longer knows (401) is replaced, and the call repeated, once: 401 comes before anything
    // is done.
    [[nodiscard]] weir::Result<weir::JsonValue> call(const weir::Call& call, Effect effect, std::string_view method,
                                                     const WriteArguments& write);

    // Goes into every context from now on.
    void set_company(std::int64_t id) noexcept { company_ = id; }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

  private:
    [[nodiscard]] weir::Status log_in(const weir::Call& call);
    [[nodiscard]] weir::Error refused_login(std::int32_t status);
    [[nodiscard]] weir::Result<std::int32_t> post(const weir::Call& call, Effect effect, std::string_view request);
    [[nodiscard]] weir::Result<weir::JsonValue> read_result(std::int32_t status, Effect effect);
    void write_context(weir::JsonWriter& out) const;

    weir::Host host_;
    const Config& config_;
    weir::HttpClient http_;
    weir::Secrets secrets_;
    std::string url_;
    std::string session_;                      // the Authorization header; "": none
    std::string body_;                         // of the last response
    std::chrono::nanoseconds retry_after_{0};  // of the last response
    std::chrono::nanoseconds no_login_before_{0};
    std::optional<std::int64_t> company_;
    std::int64_t last_id_ = 0;
    weir::JsonParser parser_;
};

}  // namespace tryton
