#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/delivery.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/outcomes.hpp"

namespace weir::plugin {

namespace {

constexpr std::uint32_t kInFlightMax = 1024;
constexpr std::uint32_t kBatchRecordsMax = 100'000;
constexpr std::size_t kShells = 64;

SinkLimits read_limits(Instance& instance) {
    SinkLimits limits;
    const auto& ops = instance.ops<weir_sink_ops>();
    if (ops.limits == nullptr) return limits;
    weir_sink_limits raw{
        sizeof raw,           limits.order, limits.max_in_flight, limits.max_batch_records, limits.max_batch_bytes,
        limits.settle.count()};
    {
        const auto lock = instance.enter();
        ops.limits(instance.raw(), &raw);
    }
    limits.order = raw.order > WEIR_ORDER_TOTAL ? std::uint32_t{WEIR_ORDER_TOTAL} : raw.order;
    limits.max_in_flight = std::clamp(raw.max_in_flight, 1U, kInFlightMax);
    limits.max_batch_records = std::clamp(raw.max_batch_records, 1U, kBatchRecordsMax);
    if (raw.max_batch_bytes > 0) limits.max_batch_bytes = raw.max_batch_bytes;
    limits.settle = std::chrono::nanoseconds(std::max<std::int64_t>(raw.settle_ns, 0));
    return limits;
}

// Of the records a deliver() left without outcome. Three statuses promise that those were surely not applied.
Outcome unset_after(weir_status status, const Error& error) {
    if (status == WEIR_E_DISCONNECTED || status == WEIR_E_RETRY || status == WEIR_E_BUSY) {
        Outcome outcome = host_outcome(WEIR_OUT_RETRY, error.code, error.message);
        outcome.counts_attempt = false;
        return outcome;
    }
    if (status < 0) return host_outcome(WEIR_OUT_RETRY_UNKNOWN, error.code, error.message);
    return host_outcome(WEIR_OUT_RETRY_UNKNOWN, "outcome_unset", "the sink gave this record no outcome");
}

class Sink final : public SinkHandle {
  public:
    explicit Sink(std::unique_ptr<Instance> instance)
        : instance_(std::move(instance)), limits_(read_limits(*instance_)) {}
    ~Sink() override;

    [[nodiscard]] Status start(const CallContext& call) override { return instance_->start(call); }
    [[nodiscard]] CallResult deliver(const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                                     std::vector<Outcome>& outcomes) override {
        return run({"deliver()", ops().deliver, &as_delivered, &unset_after}, call, batch, items, outcomes);
    }
    [[nodiscard]] CallResult resolve(const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                                     std::vector<Outcome>& outcomes) override;
    [[nodiscard]] Status flush(const CallContext& call) override;
    [[nodiscard]] Status probe(const CallContext& call) override { return instance_->probe(call); }
    void stop() override { instance_->stop(); }
    [[nodiscard]] SinkLimits limits() const noexcept override { return limits_; }
    [[nodiscard]] std::uint32_t traits() const noexcept override { return instance_->component().traits; }
    [[nodiscard]] bool can_resolve() const noexcept override { return ops().resolve != nullptr; }
    [[nodiscard]] std::uint32_t threading() const noexcept override { return instance_->component().threading; }
    [[nodiscard]] Health health() const override { return instance_->host().health(); }
    [[nodiscard]] std::optional<std::int64_t> next_timer_mono_ns() const noexcept override {
        return instance_->host().timers().next_mono_ns();
    }
    void run_due_timers(const CallContext& call) override { instance_->run_due_timers(call); }

  private:
    struct Verb {
        std::string_view name;
        weir_status (*function)(weir_instance*, const weir_call*, weir_delivery*, weir_error*) WEIR_NX;
        Delivery::Normalise normalise;
        Outcome (*unset)(weir_status, const Error&);
    };
    [[nodiscard]] const weir_sink_ops& ops() const noexcept { return instance_->ops<weir_sink_ops>(); }
    [[nodiscard]] CallResult run(const Verb& verb, const CallContext& call, const BatchPtr& batch,
                                 std::span<const Item> items, std::vector<Outcome>& outcomes);
    [[nodiscard]] CallResult give_up(const std::shared_ptr<Delivery>& delivery, std::vector<Outcome>& outcomes);
    void keep_shell(std::shared_ptr<Delivery> delivery);

    std::unique_ptr<Instance> instance_;
    SinkLimits limits_;
    std::mutex shells_mutex_;
    std::array<std::shared_ptr<Delivery>, kShells> shells_;  // the last ones, for calls that come too late
    std::size_t next_shell_ = 0;
};

Sink::~Sink() {
    if (instance_->destroy()) return;
    for (auto& shell : shells_) {
        if (shell) keep_forever(std::move(shell));
    }
}

CallResult Sink::run(const Verb& verb, const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                     std::vector<Outcome>& outcomes) {
    assert(items.size() == batch->size());
    if (instance_->abandoned()) {
        CallResult result{CallEnd::broken, {Errc::unknown, instance_->name() + ": abandoned", "abandoned", {}}};
        outcomes.assign(batch->size(), verb.unset(WEIR_E_BUSY, result.error));  // surely nothing was sent
        return result;
    }
    const auto delivery = std::make_shared<Delivery>(instance_->host(), verb.normalise, call, batch, items);
    AbiError detail;
    weir_status status = WEIR_OK;
    {
        const auto lock = instance_->enter_and_run_timers();
        status = verb.function(instance_->raw(), delivery->call(), delivery->abi(), detail.get());
    }
    if (status == WEIR_PENDING && !delivery->wait([this] { instance_->stop(); })) return give_up(delivery, outcomes);
    CallResult result{call_end(status), {}};
    if (status < 0) result.error = instance_->error(detail, status, verb.name).in(instance_->name());
    delivery->collect(outcomes, verb.unset(status, result.error));
    delivery->release_batch();
    keep_shell(delivery);
    return result;
}

// The instance still holds the delivery and may set outcomes at any time: neither is ever freed.
CallResult Sink::give_up(const std::shared_ptr<Delivery>& delivery, std::vector<Outcome>& outcomes) {
    instance_->stop();
    const std::string reason = "a pending delivery was not finished by its deadline";
    delivery->collect(outcomes, host_outcome(WEIR_OUT_RETRY_UNKNOWN, "delivery_hung", reason));
    instance_->abandon(reason);
    keep_forever(delivery);
    return {CallEnd::broken, {Errc::unknown, instance_->name() + ": " + reason, "delivery_hung", {}}};
}

void Sink::keep_shell(std::shared_ptr<Delivery> delivery) {
    const std::lock_guard lock(shells_mutex_);
    std::swap(shells_[next_shell_], delivery);
    next_shell_ = (next_shell_ + 1) % kShells;
}

CallResult Sink::resolve(const CallContext& call, const BatchPtr& batch, std::span<const Item> items,
                         std::vector<Outcome>& outcomes) {
    assert(can_resolve());
    const auto cannot_tell = [](weir_status, const Error& error) {
        return host_outcome(WEIR_OUT_RETRY_UNKNOWN, error.code.empty() ? "outcome_unset" : error.code,
                            error.message.empty() ? "the sink could not tell" : error.message);
    };
    return run({"resolve()", ops().resolve, &as_resolved, cannot_tell}, call, batch, items, outcomes);
}

Status Sink::flush(const CallContext& call) {
    if (ops().flush == nullptr || instance_->abandoned()) return ok();
    const auto lock = instance_->enter_and_run_timers();
    const AbiCall abi(call);
    AbiError detail;
    const weir_status status = ops().flush(instance_->raw(), abi.get(), detail.get());
    return status >= 0 ? ok() : Status(instance_->error(detail, status, "flush()").in(instance_->name()));
}

}  // namespace

Result<std::unique_ptr<SinkHandle>> make_sink(std::shared_ptr<const Library> library, const weir_component& component,
                                              std::shared_ptr<const HostContext> context, std::string instance,
                                              std::string settings_json) {
    WEIR_TRY(auto made, Instance::create(std::move(library), component, std::move(context), std::move(instance),
                                         std::move(settings_json), std::nullopt));
    return std::unique_ptr<SinkHandle>(std::make_unique<Sink>(std::move(made)));
}

}  // namespace weir::plugin
