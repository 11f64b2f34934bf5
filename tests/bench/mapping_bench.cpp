// filter + map + validate of one usage event, on one core, through the components' tables as the flow calls them; and
// libjq doing the same filter and map, in turns. Prints one JSON object.
//
//   weir_mapping_bench <plugin directory> [events]
#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/steps/steps.hpp"

extern "C" {
#include <jq.h>  // knows nothing of C++
}

namespace weir {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr int kTurns = 7;

constexpr std::string_view kEvent =
    R"({"specversion":"1.0","id":"evt-000000000001-7f3a","source":"/metering/eu-1","type":"com.acme.usage.v1",)"
    R"("subject":"cus_0001839","time":"2026-06-01T16:00:00.123456Z","datacontenttype":"application/json","data":{)"
    R"("metric":"api_calls","quantity":"9980","unit":"call","price":"0.004","currency":"USD",)"
    R"("dims":{"region":"eu-central-1","plan":"enterprise","service":"search","cluster":"c-17"},)"
    R"("trace":"0af7651916cd43dd8448eb211c80319c"}})";
static_assert(kEvent.size() == 428);

constexpr std::string_view kFilter = R"j({"when": "record.data.data.quantity != '0'", "code": "NOT_BILLABLE"})j";
constexpr std::string_view kMap = R"j({"fields": {
    "customer": "record.data.subject", "metric": "record.data.data.metric", "quantity": "record.data.data.quantity",
    "amount": {"amount": "decimal(record.data.data.quantity) * decimal(record.data.data.price)",
               "currency": "record.data.data.currency"},
    "at": "record.data.time", "region": "record.data.data.dims.region", "dims": "record.data.data.dims",
    "billable": "record.data.data.dims.plan == 'enterprise'", "reference": "record.data.source + '/' + record.data.id"}})j";
constexpr std::string_view kValidate = R"j({"schema": {"type": "object", "additionalProperties": false,
    "required": ["customer", "metric", "quantity", "amount", "at", "region", "billable", "reference"],
    "properties": {"customer": {"type": "string", "minLength": 1}, "metric": {"type": "string"},
        "quantity": {"type": "string"}, "at": {"type": "string"}, "region": {"type": "string"},
        "dims": {"type": "object", "additionalProperties": {"type": "string"}}, "billable": {"type": "boolean"},
        "reference": {"type": "string"},
        "amount": {"type": "object", "required": ["amount", "currency"],
            "properties": {"amount": {"type": "string"}, "currency": {"enum": ["USD", "EUR"]}}}}}})j";
// The same in jq, whose numbers are doubles.
constexpr const char* kJq =
    "select(.data.quantity != \"0\") | {customer: .subject, metric: .data.metric, quantity: .data.quantity, amount: "
    "{amount: (((.data.quantity | tonumber) * (.data.price | tonumber)) | tostring), currency: .data.currency}, at: "
    ".time, region: .data.dims.region, dims: .data.dims, billable: (.data.dims.plan == \"enterprise\"), reference: "
    "(.source + \"/\" + .id)}";

[[noreturn]] void die(const std::string& why) {
    fmt::print(stderr, "weir_mapping_bench: {}\n", why);
    std::exit(1);
}

double rss_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kib = 0;
        if (word == "VmRSS:" && status >> kib) return kib / 1024;
    }
    return 0;
}

using Handle = std::unique_ptr<plugin::TransformHandle>;

class Chain {
  public:
    Chain(const std::string& plugins, const Clock& clock) : registry_(plugin::Registry::scan({plugins})) {
        context_->clock = &clock;
        registry_.add_builtin(steps::builtin_plugin());
        add("weir", "filter", kFilter);
        add("weir", "map", kMap);
        add("validate", "validate", kValidate);
    }
    [[nodiscard]] BatchPtr run(BatchPtr batch) {
        for (const Handle& step : steps_) {
            auto result = step->transform({}, batch);
            if (result.call.end != plugin::CallEnd::ok) die(result.call.error.message);
            if (result.output->size() != batch->size()) die(result.outcomes.front().message);
            batch = std::move(result.output);
        }
        return batch;
    }

  private:
    void add(const char* id, const char* name, std::string_view settings) {
        const auto candidate = registry_.find(id, "");
        if (!candidate.ok()) die(candidate.error().message);
        auto library = registry_.load(**candidate);
        if (!library.ok()) die(library.error().message);
        const weir_component* component = (*library)->component(WEIR_KIND_TRANSFORM, name);
        auto made = plugin::make_transform(*library, *component, context_, name, std::string(settings), "");
        if (!made.ok()) die(made.error().message);
        if (auto started = (*made)->start({}); !started.ok()) die(started.error().message);
        steps_.push_back(std::move(*made));
    }

    plugin::Registry registry_;
    std::shared_ptr<plugin::HostContext> context_ = std::make_shared<plugin::HostContext>();
    std::vector<Handle> steps_;
};

BatchPtr make_batch() {
    BatchBuilder builder;
    for (std::size_t i = 0; i < kBatch; ++i) {
        weir_record record{};
        record.time_unix_ns = WEIR_TIME_UNKNOWN;
        record.origin = static_cast<std::uint32_t>(i);
        record.id = str("evt-000000000001-7f3a");
        record.source = str("/metering/eu-1");
        record.payload = str(kEvent);
        builder.add_copy(record);
    }
    return builder.seal();
}

class Jq {
  public:
    Jq() : jq_(jq_init()) {
        if (jq_ == nullptr || jq_compile(jq_, kJq) == 0) die("the jq program does not compile");
    }
    ~Jq() { jq_teardown(&jq_); }
    Jq(const Jq&) = delete;
    Jq& operator=(const Jq&) = delete;

    [[nodiscard]] std::string run(std::string_view event) {
        jv input = jv_parse_sized(event.data(), static_cast<int>(event.size()));
        jq_start(jq_, input, 0);
        jv output = jq_next(jq_);
        if (jv_is_valid(output) == 0) die("jq gives nothing");
        jv text = jv_dump_string(output, 0);
        std::string result(jv_string_value(text));
        jv_free(text);
        return result;
    }

  private:
    jq_state* jq_;
};

// The thread's own time: what else the machine does meanwhile does not count.
std::int64_t cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

double microseconds(std::int64_t start, std::size_t events) {
    return static_cast<double>(cpu_ns() - start) / 1e3 / static_cast<double>(events);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

int run(const std::string& plugins, std::size_t events) {
    const SystemClock clock;
    Chain chain(plugins, clock);
    Jq jq;
    const BatchPtr batch = make_batch();
    const std::string made(view((*chain.run(batch))[0].payload));
    const std::string by_jq = jq.run(kEvent);

    std::vector<double> weir_us, jq_us;
    const std::size_t share = std::max<std::size_t>(events / kTurns / kBatch, 1);
    double rss_early = 0;
    for (int turn = 0; turn < kTurns; ++turn) {
        auto start = cpu_ns();
        for (std::size_t i = 0; i < share; ++i) (void)chain.run(batch);
        weir_us.push_back(microseconds(start, share * kBatch));
        if (turn == 0) rss_early = rss_mb();
        const std::size_t less = std::max<std::size_t>(share / 10, 1) * kBatch;
        start = cpu_ns();
        for (std::size_t i = 0; i < less; ++i) (void)jq.run(kEvent);
        jq_us.push_back(microseconds(start, less));
    }
    fmt::print(
        "{{\"event_bytes\":{},\"events\":{},\"us_per_event\":{:.3f},\"us_min\":{:.3f},\"us_max\":{:.3f},"
        "\"jq_us_per_event\":{:.3f},\"ratio\":{:.2f},\"rss_first_mb\":{:.1f},\"rss_last_mb\":{:.1f},\n\"made\":{},\n"
        "\"made_by_jq\":{}}}\n",
        kEvent.size(), share * kTurns * kBatch, median(weir_us), *std::ranges::min_element(weir_us),
        *std::ranges::max_element(weir_us), median(jq_us), median(jq_us) / median(weir_us), rss_early, rss_mb(), made,
        by_jq);
    return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: weir_mapping_bench <plugin directory> [events]\n");
        return 64;
    }
    return weir::run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000);
}
