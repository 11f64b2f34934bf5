// A host for one component under test: a clock the test moves, a log it can read, services it fills.
#pragma once

#include <weir/testing/fake_http.hpp>
#include <weir/testing/fake_services.hpp>

#include <map>
#include <set>

namespace weir::testing {

struct LogLine {
    std::uint32_t level;
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
};

class FakeHost : public weir_host {
  public:
    FakeHost() : weir_host{} {
        struct_size = sizeof(weir_host);
        abi_major = WEIR_ABI_MAJOR;
        abi_minor = WEIR_ABI_MINOR;
        name = str("weir-testing");
        version = str("0");
        instance = str("test/component");
        log_enabled = [](const weir_host*, std::uint32_t) noexcept -> std::uint32_t { return 1; };
        log = [](const weir_host* host, std::uint32_t level, weir_str message, const weir_attr* fields,
                 std::uint32_t count) noexcept { self(host).add_line(level, message, fields, count); };
        mono_ns = [](const weir_host* host) noexcept { return self(host).mono_.load(); };
        wall_unix_ns = [](const weir_host* host) noexcept { return self(host).wall_.load(); };
        metric = [](const weir_host* host, std::uint32_t, weir_str metric_name, weir_str, weir_str) noexcept {
            return self(host).add_metric(detail::text(metric_name));
        };
        observe = [](const weir_host* host, std::uint64_t id, double value, const weir_attr*, std::uint32_t) noexcept {
            const std::lock_guard lock(self(host).mutex_);
            self(host).observed_[self(host).metrics_[id - 1]] += value;
        };
        report_health = [](const weir_host* host, std::uint32_t health, weir_str, weir_str) noexcept {
            self(host).health_ = health;
        };
        service = [](const weir_host* host, const char* id) noexcept { return self(host).find(id); };
    }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    FakeSecrets secrets{};
    FakeState state{};
    FakeTimers timers{};
    FakeHttp http{};
    FakeListener listener{};
    std::set<std::string, std::less<>> refused_services{};  // these are answered with NULL

    // Moves both clocks; timers that become due fire here.
    void advance(std::chrono::nanoseconds by) {
        mono_ += by.count();
        wall_ += by.count();
        weir_call call{};
        call.struct_size = sizeof call;
        call.cancelled = [](const weir_call*) noexcept -> std::uint32_t { return 0; };
        timers.advance(by.count(), call);
    }
    void set_wall(std::int64_t unix_ns) noexcept { wall_ = unix_ns; }

    [[nodiscard]] std::vector<LogLine> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    // Everything logged, one line each, fields included: for "the secret is nowhere in it".
    [[nodiscard]] std::string log_text() const {
        std::string all;
        for (const LogLine& line : lines()) {
            all += line.message;
            for (const auto& [key, value] : line.fields) all.append(" ").append(key).append("=").append(value);
            all += '\n';
        }
        return all;
    }
    // Sum of what was observed.
    [[nodiscard]] double observed(const std::string& metric_name) const {
        const std::lock_guard lock(mutex_);
        const auto found = observed_.find(metric_name);
        return found == observed_.end() ? 0.0 : found->second;
    }
    [[nodiscard]] std::uint32_t health() const noexcept { return health_; }

  private:
    [[nodiscard]] static const FakeHost& self(const weir_host* host) noexcept {
        return *static_cast<const FakeHost*>(host);
    }
    void add_line(std::uint32_t level, weir_str message, const weir_attr* fields, std::uint32_t count) const {
        LogLine line{level, detail::text(message), {}};
        for (std::uint32_t i = 0; i < count; ++i) {
            line.fields.emplace_back(detail::text(fields[i].key), detail::text(fields[i].value));
        }
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }
    [[nodiscard]] std::uint64_t add_metric(std::string metric_name) const {
        const std::lock_guard lock(mutex_);
        metrics_.push_back(std::move(metric_name));
        return metrics_.size();
    }
    [[nodiscard]] const void* find(std::string_view id) const {
        if (refused_services.contains(id)) return nullptr;
        if (id == WEIR_SVC_SECRETS) return &secrets;
        if (id == WEIR_SVC_STATE) return &state;
        if (id == WEIR_SVC_TIMER) return &timers;
        if (id == WEIR_SVC_HTTP) return &http;
        if (id == WEIR_SVC_HTTP_LISTENER) return &listener;
        return nullptr;
    }
    mutable std::mutex mutex_{};
    mutable std::vector<LogLine> lines_{};
    mutable std::vector<std::string> metrics_{};
    mutable std::map<std::string, double> observed_{};
    mutable std::atomic<std::uint32_t> health_{WEIR_HEALTH_UNKNOWN};
    std::atomic<std::int64_t> mono_{1'000'000'000};
    std::atomic<std::int64_t> wall_{1'782'864'000'000'000'000};  // 2026-07-01T00:00:00Z
};

}  // namespace weir::testing
