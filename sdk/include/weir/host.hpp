// The host as one instance sees it: log, clocks, metrics, health, and where its services are found.
#pragma once

#include <weir/error.hpp>

#include <chrono>
#include <initializer_list>
#include <string_view>

namespace weir {
inline namespace sdk_1 {

enum class LogLevel : std::uint32_t {
    trace = WEIR_LOG_TRACE,
    debug = WEIR_LOG_DEBUG,
    info = WEIR_LOG_INFO,
    warn = WEIR_LOG_WARN,
    error = WEIR_LOG_ERROR
};
enum class Health : std::uint32_t {
    unknown = WEIR_HEALTH_UNKNOWN,
    ok = WEIR_HEALTH_OK,
    degraded = WEIR_HEALTH_DEGRADED,
    down = WEIR_HEALTH_DOWN
};
enum class MetricKind : std::uint32_t {
    counter = WEIR_METRIC_COUNTER,
    gauge = WEIR_METRIC_GAUGE,
    histogram = WEIR_METRIC_HISTOGRAM
};

struct Field {
    std::string_view key;
    std::string_view value;
};

// A borrowed view; lives as long as the instance. Every function may be called from any thread.
class Host {
  public:
    explicit Host(const weir_host* raw) noexcept : raw_(raw) {}

    // The message is constant, what varies goes into fields: log(info, "connected", {{"url", url}}).
    void log(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
        constexpr std::size_t kFieldsMax = 16;
        if (!enabled(level)) return;
        weir_attr raw[kFieldsMax];
        std::uint32_t count = 0;
        for (const Field& field : fields) {
            if (count < kFieldsMax) raw[count++] = {str(field.key), str(field.value)};
        }
        raw_->log(raw_, static_cast<std::uint32_t>(level), str(message), raw, count);
    }
    void debug(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
        log(LogLevel::debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
        log(LogLevel::info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
        log(LogLevel::warn, message, fields);
    }
    void error(std::string_view message, std::initializer_list<Field> fields = {}) const noexcept {
        log(LogLevel::error, message, fields);
    }
    [[nodiscard]] bool enabled(LogLevel level) const noexcept {
        return raw_->log_enabled(raw_, static_cast<std::uint32_t>(level)) != 0;
    }

    // The host's clocks, which tests control. Read no other.
    [[nodiscard]] std::chrono::nanoseconds mono() const noexcept {
        return std::chrono::nanoseconds(raw_->mono_ns(raw_));
    }
    [[nodiscard]] std::int64_t wall_unix_ns() const noexcept { return raw_->wall_unix_ns(raw_); }

    // Declare once (at create), observe often. 0: refused, and observing it does nothing.
    [[nodiscard]] std::uint64_t metric(MetricKind kind, std::string_view name, std::string_view unit,
                                       std::string_view help) const noexcept {
        return raw_->metric(raw_, static_cast<std::uint32_t>(kind), str(name), str(unit), str(help));
    }
    void observe(std::uint64_t metric, double value) const noexcept {
        if (metric != 0) raw_->observe(raw_, metric, value, nullptr, 0);
    }
    void report_health(Health health, std::string_view code = {}, std::string_view message = {}) const noexcept {
        raw_->report_health(raw_, static_cast<std::uint32_t>(health), str(code), str(message));
    }

    [[nodiscard]] std::string_view instance() const noexcept { return view(raw_->instance); }

    // The table of service `id`, or nullptr when this host does not offer it.
    template <class Table>
    [[nodiscard]] const Table* service(const char* id) const noexcept {
        return static_cast<const Table*>(raw_->service(raw_, id));
    }
    // The same for a service the plugin cannot do without.
    template <class Table>
    [[nodiscard]] const Table& require(const char* id) const {
        const Table* table = service<Table>(id);
        if (table == nullptr) throw ConfigError("", "this host does not offer the service " + std::string(id));
        return *table;
    }
    [[nodiscard]] const weir_host* raw() const noexcept { return raw_; }

  private:
    const weir_host* raw_;
};

}  // namespace sdk_1
}  // namespace weir
