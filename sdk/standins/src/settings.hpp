// What can be set about a stand-in, at start (--config) and while it runs (PATCH /_/settings).
#pragma once

#include "json.hpp"

namespace weir::standin {

// One thread.
class Settings {
  public:
    explicit Settings(Json defaults) : defaults_(std::move(defaults)), values_(defaults_) {}

    // A JSON merge patch (RFC 7396): objects are merged, null removes a member of one. All or nothing.
    // `invalid`: a setting nobody knows, or a value of another type than the default's.
    [[nodiscard]] Status patch(const Json& changes);
    void reset() { values_ = defaults_; }

    [[nodiscard]] const Json& values() const noexcept { return values_; }
    // `key` is one of the defaults.
    [[nodiscard]] const Json& at(const char* key) const { return values_.at(key); }
    [[nodiscard]] bool flag(const char* key) const { return values_.at(key).get<bool>(); }
    [[nodiscard]] std::string text(const char* key) const { return values_.at(key).get<std::string>(); }
    [[nodiscard]] std::int64_t number(const char* key) const { return values_.at(key).get<std::int64_t>(); }

  private:
    Json defaults_;
    Json values_;
};

}  // namespace weir::standin
