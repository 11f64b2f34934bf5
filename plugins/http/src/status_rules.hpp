// What an HTTP response means for the record: which statuses surely did nothing, which may have, and who must look.
#pragma once

#include <weir/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace http_plugin {

enum class Verdict : std::uint8_t { delivered, duplicate, retry, throttled, unknown, rejected, rejected_technical };

struct Judgement {
    Verdict verdict;
    std::string_view code;  // from the error catalogue; "" when delivered
};

class StatusRules {
  public:
    // `overrides`: "409" or "5xx" to a Verdict's name. Throws weir::ConfigError.
    StatusRules(const std::map<std::string, std::string>& overrides, bool conflict_is_delivered);
    [[nodiscard]] Judgement judge(std::int32_t status, bool has_retry_after) const;

  private:
    std::map<std::int32_t, Verdict> exact_;
    std::map<std::int32_t, Verdict> classes_;  // 5 for "5xx"
};

// Nanoseconds from `now_unix_ns`: delta-seconds or an HTTP-date (RFC 9110 section 10.2.3). nullopt: neither; a date
// that has passed is 0.
[[nodiscard]] std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_unix_ns);

}  // namespace http_plugin
