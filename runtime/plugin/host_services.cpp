#include "runtime/plugin/host_services.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"

namespace weir::plugin {

namespace {

constexpr std::uint32_t kLogFieldsMax = 64;
constexpr std::size_t kLogTextMax = 4096;

log::Level to_level(std::uint32_t level) noexcept {
    return level > WEIR_LOG_ERROR ? log::Level::error : static_cast<log::Level>(level);
}

}  // namespace

InstanceHost::InstanceHost(std::shared_ptr<const HostContext> context, std::string instance,
                           std::optional<std::string> state_scope)
    : context_(std::move(context)),
      instance_(std::move(instance)),
      secrets_(context_->secrets),
      timers_(*context_->clock, [this] { timer_armed(); }) {
    if (state_scope && context_->state != nullptr)
        state_.emplace(*context_->state, std::move(*state_scope), *context_->clock);
    abi_.owner = this;
    abi_.host = {
        sizeof(weir_host),
        WEIR_ABI_MAJOR,
        WEIR_ABI_MINOR,
        str("weir"),
        str(WEIR_VERSION),
        str(instance_),
        [](const weir_host*, std::uint32_t level) noexcept -> std::uint32_t { return log::enabled(to_level(level)); },
        [](const weir_host* host, std::uint32_t level, weir_str message, const weir_attr* fields,
           std::uint32_t count) noexcept { of(host).log(level, message, fields, count); },
        [](const weir_host* host) noexcept {
            const InstanceHost& self = of(host);
            return self.cut_ ? SystemClock{}.mono_ns() : self.context_->clock->mono_ns();
        },
        [](const weir_host* host) noexcept {
            const InstanceHost& self = of(host);
            return self.cut_ ? SystemClock{}.wall_ns() : self.context_->clock->wall_ns();
        },
        [](const weir_host* host, std::uint32_t kind, weir_str name, weir_str unit,
           weir_str help) noexcept -> std::uint64_t {
            const InstanceHost& self = of(host);
            if (self.cut_ || self.context_->metrics == nullptr || kind > WEIR_METRIC_HISTOGRAM) return 0;
            return self.context_->metrics->define(self.instance_, kind, plugin_view(name), plugin_view(unit),
                                                  plugin_view(help));
        },
        [](const weir_host* host, std::uint64_t metric, double value, const weir_attr* labels,
           std::uint32_t count) noexcept {
            const InstanceHost& self = of(host);
            if (self.cut_ || self.context_->metrics == nullptr || metric == 0) return;
            if (labels == nullptr) count = 0;
            self.context_->metrics->observe(metric, value, {labels, count});
        },
        [](const weir_host* host, std::uint32_t state, weir_str code, weir_str message) noexcept {
            of(host).report_health(state, code, message);
        },
        [](const weir_host* host, const char* id) noexcept { return of(host).service(id); }};
}

InstanceHost& InstanceHost::of(const weir_host* host) noexcept {
    return *reinterpret_cast<const Abi*>(host)->owner;  // Abi is standard layout and begins with the weir_host
}

void InstanceHost::log(std::uint32_t level, weir_str message, const weir_attr* fields, std::uint32_t count) {
    if (!log::enabled(to_level(level))) return;
    std::vector<log::Field> all;
    const std::uint32_t used = fields == nullptr ? 0 : std::min(count, kLogFieldsMax);
    all.reserve(used + 1);
    all.emplace_back("instance", instance_);
    for (std::uint32_t i = 0; i < used; ++i) {
        all.emplace_back(plugin_view(fields[i].key), bounded_text(redact(plugin_view(fields[i].value)), kLogTextMax));
    }
    log::write(to_level(level), bounded_text(redact(plugin_view(message)), kLogTextMax), all.data(), all.size());
}

void InstanceHost::report_health(std::uint32_t state, weir_str code, weir_str message) {
    if (state > WEIR_HEALTH_DOWN) state = WEIR_HEALTH_UNKNOWN;
    Health health{state, bounded_text(plugin_view(code), 64), bounded_text(redact(plugin_view(message)), kLogTextMax)};
    {
        const std::lock_guard lock(health_mutex_);
        const bool same = health_.state == health.state && health_.code == health.code;
        health_ = health;
        if (same) return;  // said every few seconds; logged when it changes
    }
    const auto level = state >= WEIR_HEALTH_DEGRADED ? log::Level::warn : log::Level::info;
    constexpr std::string_view kStates[] = {"unknown", "ok", "degraded", "down"};
    const log::Field fields[] = {
        {"instance", instance_}, {"health", kStates[state]}, {"code", health.code}, {"message", health.message}};
    log::write(level, "instance reported its health", fields, std::size(fields));
}

const void* InstanceHost::service(const char* id) noexcept {
    if (cut_ || id == nullptr) return nullptr;
    const std::string_view wanted(id);
    if (wanted == WEIR_SVC_TIMER) return timers_.table();
    if (wanted == WEIR_SVC_SECRETS) return context_->secrets ? secrets_.table() : nullptr;
    if (wanted == WEIR_SVC_STATE) return state_ ? state_->table() : nullptr;
    const auto found = context_->services.find(wanted);
    return found == context_->services.end() ? nullptr : found->second.table;
}

void InstanceHost::timer_armed() {
    if (!cut_ && context_->timer_armed) context_->timer_armed(instance_);
    const std::lock_guard lock(hook_mutex_);
    if (hook_) hook_();
}

void InstanceHost::on_timer_armed(std::function<void()> hook) {
    const std::lock_guard lock(hook_mutex_);
    hook_ = std::move(hook);
}

Health InstanceHost::health() const {
    const std::lock_guard lock(health_mutex_);
    return health_;
}

Error InstanceHost::redact(Error error) const {
    error.message = redact(error.message);
    return error;
}

void InstanceHost::cut() noexcept {
    cut_ = true;
    secrets_.close();
    timers_.close();
    if (state_) state_->close();
}

}  // namespace weir::plugin
