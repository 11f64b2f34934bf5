// Who may call: sessions by user and password, and fixed tokens.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "message.hpp"
#include "service.hpp"

namespace weir::standin {

// One thread. Settings: `auth` is "none" (all may call), or "session"; then a call needs a session's token or one of
// `tokens`, as "Authorization: Bearer ..." or as the user of Basic. expire_all() ends sessions, never fixed tokens.
class Auth {
  public:
    explicit Auth(const Settings& settings) : settings_(settings) {}

    // The 401 to answer, or nothing.
    [[nodiscard]] std::optional<Reply> refuse(const Request& request, std::int64_t now_ms) const;
    // POST /v1/sessions {"user", "password"}
    [[nodiscard]] Reply log_in(const Json& body, std::int64_t now_ms);
    [[nodiscard]] Reply log_out(const Request& request);
    void expire_all() { sessions_.clear(); }

  private:
    const Settings& settings_;
    std::map<std::string, std::int64_t> sessions_;  // token, end in mono_ms()
    std::int64_t last_ = 0;
};

}  // namespace weir::standin
