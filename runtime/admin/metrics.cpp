#include "runtime/admin/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "runtime/admin/describe.hpp"

namespace weir::admin {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

enum class Metric : std::uint8_t {
#define WEIR_METRIC(symbol, name, type, labels, help) symbol,
#include "runtime/admin/metrics.def"
#undef WEIR_METRIC
};

struct MetricInfo {
    const char* name;
    bool counter;
    std::string_view labels;
    const char* help;
};
constexpr bool gauge = false;
constexpr bool counter = true;
constexpr MetricInfo kMetrics[] = {
#define WEIR_METRIC(symbol, name, type, labels, help) {name, type, labels, help},
#include "runtime/admin/metrics.def"
#undef WEIR_METRIC
};

constexpr double kSecond = 1e9;
// A reason code is a label, and codes come from targets: what is beyond this many is "other".
constexpr std::size_t kCodesMax = 200;
// Open items that are looked through for ages and codes at one scrape.
constexpr std::size_t kOpenMax = 20'000;

class Families {
  public:
    Families() : families_(std::size(kMetrics)) {
        for (std::size_t i = 0; i < families_.size(); ++i) {
            families_[i].name = kMetrics[i].name;
            families_[i].help = kMetrics[i].help;
            families_[i].type = kMetrics[i].counter ? MetricType::Counter : MetricType::Gauge;
        }
    }

    // `labels` in the order of metrics.def.
    template <class Number>
    void add(Metric metric, Number value, std::initializer_list<std::string_view> labels = {}) {
        const auto index = static_cast<std::size_t>(metric);
        ClientMetric one;
        std::string_view names = kMetrics[index].labels;
        for (const std::string_view label : labels) {
            const auto space = names.find(' ');
            one.label.push_back({std::string(names.substr(0, space)), std::string(label)});
            names = space == std::string_view::npos ? std::string_view{} : names.substr(space + 1);
        }
        (kMetrics[index].counter ? one.counter.value : one.gauge.value) = static_cast<double>(value);
        families_[index].metric.push_back(std::move(one));
    }

    [[nodiscard]] std::string text() {
        std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    std::vector<MetricFamily> families_;
};

std::string_view destination_label(std::string_view destination) { return destination.empty() ? "-" : destination; }

void add_accounts(Families& out, journal::Inspector& inspector) {
    if (const auto accounts = inspector.accounts()) {
        for (const journal::LaneAccount& a : *accounts) {
            const auto add = [&](Metric metric, auto value) {
                out.add(metric, value, {a.route, destination_label(a.destination)});
            };
            add(Metric::accepted, a.accepted);
            add(Metric::delivered, a.delivered);
            add(Metric::duplicates, a.duplicates);
            add(Metric::filtered, a.filtered);
            add(Metric::held, a.held);
            add(Metric::dead, a.dead);
            add(Metric::resolved, a.resolved);
            add(Metric::pending, a.pending);
            add(Metric::replaying, a.replaying);
            add(Metric::unbalanced, a.balanced() ? 0 : 1);
        }
    }
    if (const auto streams = inspector.streams()) {
        for (const journal::StreamInfo& stream : *streams) {
            out.add(Metric::suppressed, stream.duplicates, {stream.name});
            out.add(Metric::conflicts, stream.conflicts, {stream.name});
            out.add(Metric::stream_end, stream.end, {stream.name});
        }
    }
    if (const auto lanes = inspector.lanes()) {
        for (const journal::LaneInfo& lane : *lanes) {
            if (lane.destination.empty()) continue;
            const auto position = std::min(lane.progress.position, lane.stream_end);
            out.add(Metric::lag, lane.stream_end - position, {lane.route, lane.destination});
        }
    }
}

void add_open(Families& out, const Plant& plant, journal::DeliveryState state, Metric metric) {
    journal::DeliveryFilter filter;
    filter.state = state;
    filter.record = false;
    filter.limit = kOpenMax;
    const auto open = plant.inspector->deliveries(filter);
    if (!open) return;
    const auto config = config_of(plant);
    std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts;
    std::map<std::string, std::int64_t> oldest;
    for (const journal::ListedDelivery& one : *open) {
        const config::Route* route = find_route(config.get(), one.route);
        std::tuple key(one.route, route != nullptr ? route->owner : "", one.row.code);
        if (counts.size() >= kCodesMax && !counts.contains(key)) std::get<2>(key) = "other";
        ++counts[std::move(key)];
        const auto at = oldest.try_emplace(one.route, one.row.opened_wall_ns).first;
        at->second = std::min(at->second, one.row.opened_wall_ns);
    }
    for (const auto& [key, count] : counts) {
        out.add(metric, count, {std::get<0>(key), std::get<1>(key), std::get<2>(key)});
    }
    for (const auto& [route, opened] : oldest) {
        const auto age = static_cast<double>(plant.clock->wall_ns() - opened) / kSecond;
        out.add(Metric::oldest_open, std::max(0.0, age), {route, journal::to_string(state)});
    }
}

void add_live(Families& out, LiveHost& live) {
    out.add(Metric::ready, live.health().ready ? 1 : 0);
    for (const DestinationStatus& status : live.destinations()) {
        const auto add = [&](Metric metric, auto value) { out.add(metric, value, {status.route, status.connection}); };
        add(Metric::in_memory, status.in_memory);
        add(Metric::waiting_keys, status.waiting_keys);
        add(Metric::paused, status.paused ? 1 : 0);
        add(Metric::connected, status.connected ? 1 : 0);
    }
    for (const ConnectionStatus& status : live.connections()) {
        if (!status.breaker.empty()) {
            const int breaker = status.breaker == "closed" ? 0 : status.breaker == "half_open" ? 1 : 2;
            out.add(Metric::breaker, breaker, {status.name});
        }
        out.add(Metric::healthy, status.health == "ok" ? 1 : 0, {status.name});
        out.add(Metric::backlog, status.backlog, {status.name});
        for (const QuotaWindow& window : status.quota) {
            out.add(Metric::quota_limit, window.limit, {status.name, window.name});
            out.add(Metric::quota_used, window.used, {status.name, window.name});
        }
    }
}

}  // namespace

std::string metrics_text(const Plant& plant, const MetricsContext& context) {
    Families out;
    out.add(Metric::build_info, 1, {context.version});
    out.add(Metric::uptime, static_cast<double>(context.uptime_ns) / kSecond);
    out.add(Metric::auth_failures, context.auth_failures);
    if (plant.inspector != nullptr) {
        add_accounts(out, *plant.inspector);
        add_open(out, plant, journal::DeliveryState::held, Metric::exceptions);
        add_open(out, plant, journal::DeliveryState::dead, Metric::dead_letters);
    }
    if (plant.journal != nullptr) {
        const journal::Health health = plant.journal->health();
        out.add(Metric::journal_ready, health.availability == journal::Availability::ready ? 1 : 0);
        out.add(Metric::journal_queued, health.queued_bytes);
        out.add(Metric::journal_quarantined, health.quarantined_groups);
    }
    if (plant.live != nullptr) add_live(out, *plant.live);
    return out.text() + (plant.live != nullptr ? plant.live->metrics() : "");
}

}  // namespace weir::admin
