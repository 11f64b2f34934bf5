#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/source_acks.hpp"
#include "runtime/plugin/source_out.hpp"

namespace weir::plugin {

namespace {

constexpr std::chrono::milliseconds kLookForRoom{50};

// The door of a self-driven source: outs for as many threads as it has. Kept when the instance is abandoned.
class Inlet {
  public:
    explicit Inlet(std::shared_ptr<SourceContext> context) : context_(std::move(context)) {
        abi_.owner = this;
        abi_.inlet = {sizeof(weir_inlet), 0, [](weir_inlet* inlet) noexcept { return of(inlet).begin(); },
                      [](weir_inlet* inlet, weir_out* out) noexcept { of(inlet).end(out); }};
    }
    [[nodiscard]] weir_inlet* abi() noexcept { return &abi_.inlet; }

  private:
    struct Abi {
        weir_inlet inlet;
        Inlet* owner;
    };
    static Inlet& of(weir_inlet* inlet) noexcept { return *reinterpret_cast<Abi*>(inlet)->owner; }

    weir_out* begin() {
        if (context_->closed) return nullptr;
        if (!context_->intake.has_room()) {
            context_->no_room();
            return nullptr;
        }
        SourceOut* out = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (free_.empty()) free_.push_back(all_.emplace_back(std::make_unique<SourceOut>(*context_)).get());
            out = free_.back();
            free_.pop_back();
        }
        return out->open(true);
    }
    void end(weir_out* abi) {
        if (abi == nullptr) return;
        SourceOut& out = SourceOut::of(abi);
        (void)out.close();
        const std::lock_guard lock(mutex_);
        free_.push_back(&out);
    }

    std::shared_ptr<SourceContext> context_;
    Abi abi_{};
    std::mutex mutex_;
    std::vector<std::unique_ptr<SourceOut>> all_;  // as many as were ever open at once
    std::vector<SourceOut*> free_;
};

class Source final : public SourceHandle {
  public:
    Source(std::unique_ptr<Instance> instance, Intake& intake);
    ~Source() override;

    [[nodiscard]] bool self_driven() const noexcept override { return ops().poll == nullptr; }
    [[nodiscard]] std::uint32_t traits() const noexcept override { return instance_->component().traits; }
    [[nodiscard]] Status resume(std::string_view partition, std::string_view cursor) override;
    [[nodiscard]] Status start(const CallContext& call) override { return instance_->start(call); }
    [[nodiscard]] Result<weir_status> poll(const CallContext& call, std::uint32_t max_records,
                                           std::uint64_t max_bytes) override;
    void stop() override { instance_->stop(); }
    [[nodiscard]] std::size_t unacknowledged() const noexcept override { return context_->acks->outstanding(); }
    void give_acks() override;
    [[nodiscard]] std::uint32_t threading() const noexcept override { return instance_->component().threading; }
    [[nodiscard]] Health health() const override { return instance_->host().health(); }
    [[nodiscard]] std::optional<std::int64_t> next_timer_mono_ns() const noexcept override {
        return instance_->host().timers().next_mono_ns();
    }
    void run_due_timers(const CallContext& call) override { instance_->run_due_timers(call); }

  private:
    [[nodiscard]] const weir_source_ops& ops() const noexcept { return instance_->ops<weir_source_ops>(); }
    void give_due();
    void give(const Ack& ack);
    void acknowledge_until_closed();
    void offer_room();
    [[nodiscard]] std::chrono::nanoseconds ack_wait() const;

    std::unique_ptr<Instance> instance_;
    std::shared_ptr<SourceContext> context_;
    std::shared_ptr<Inlet> inlet_;
    std::shared_ptr<SourceOut> poll_out_;
    std::thread acknowledger_;  // of a self-driven source
};

Source::Source(std::unique_ptr<Instance> instance, Intake& intake)
    : instance_(std::move(instance)),
      context_(new SourceContext{instance_->host(), intake}),
      inlet_(std::make_shared<Inlet>(context_)),
      poll_out_(std::make_shared<SourceOut>(*context_)) {
    if (!self_driven()) return;
    instance_->host().on_timer_armed([acks = context_->acks] { acks->poke(); });
    acknowledger_ = std::thread([this] { acknowledge_until_closed(); });
    ops().attach(instance_->raw(), inlet_->abi());
}

Source::~Source() {
    instance_->stop();
    context_->acks->close();
    if (acknowledger_.joinable()) acknowledger_.join();
    if (!instance_->abandoned()) give_due();  // durable already: better to confirm it than to see it again
    // From here on no ack is given, and a submit of a thread that is still ending is refused.
    context_->closed = true;
    if (instance_->destroy()) return;
    keep_forever(std::move(context_));
    keep_forever(std::move(inlet_));
    keep_forever(std::move(poll_out_));
}

Status Source::resume(std::string_view partition, std::string_view cursor) {
    if (ops().resume == nullptr) return ok();
    const auto lock = instance_->enter();
    AbiError detail;
    const weir_status status = ops().resume(instance_->raw(), str(partition), str(cursor), detail.get());
    return status >= 0 ? ok() : Status(instance_->error(detail, status, "resume()").in(instance_->name()));
}

Result<weir_status> Source::poll(const CallContext& call, std::uint32_t max_records, std::uint64_t max_bytes) {
    const auto lock = instance_->enter_and_run_timers();
    give_due();
    const AbiCall abi(call);
    AbiError detail;
    const weir_status status =
        ops().poll(instance_->raw(), abi.get(), poll_out_->open(false), max_records, max_bytes, detail.get());
    const std::uint32_t left = poll_out_->close();
    give_due();
    if (status >= 0) {
        if (left > 0) {
            log::warn("records emitted but not submitted were dropped",
                      {{"instance", instance_->name()}, {"records", left}});
        }
        return status > WEIR_END ? WEIR_OK : status;
    }
    Error error = instance_->error(detail, status, "poll()");
    if (status == WEIR_E_DISCONNECTED || status == WEIR_E_BUSY) {
        // The code is the caller's next move here; the plugin's own goes into the text.
        const auto name = status_name(status);
        if (error.code != name) error.message.insert(0, error.code + ": ");
        error.code = name;
    }
    return std::move(error).in(instance_->name());
}

void Source::give_acks() {
    if (self_driven() || instance_->abandoned()) return;
    const auto lock = instance_->enter_and_run_timers();
    give_due();
}

void Source::give_due() {
    const std::vector<Ack> due = context_->acks->take_due();
    for (const Ack& ack : due) give(ack);
    context_->acks->told(due.size());
}

void Source::give(const Ack& ack) {
    weir_outcome whole{};
    whole.struct_size = sizeof whole;
    whole.kind = ack.kind;
    whole.code = str(ack.code);
    whole.message = str(ack.message);
    std::vector<weir_outcome> items(ack.items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].struct_size = sizeof(weir_outcome);
        items[i].kind = ack.items[i].kind;
        items[i].code = str(ack.items[i].code);
    }
    ops().ack(instance_->raw(), ack.token, &whole, items.empty() ? nullptr : items.data(),
              static_cast<std::uint32_t>(items.size()), sizeof(weir_outcome));
    failpoint(Failpoint::source_after_ack);
}

std::chrono::nanoseconds Source::ack_wait() const {
    constexpr std::chrono::nanoseconds kForever{-1};
    std::chrono::nanoseconds wait = context_->starved ? std::chrono::nanoseconds(kLookForRoom) : kForever;
    if (const auto next = next_timer_mono_ns()) {
        const std::int64_t now = instance_->context().clock->mono_ns();
        const std::chrono::nanoseconds until{std::max<std::int64_t>(*next - now, 0)};
        if (wait == kForever || until < wait) wait = until;
    }
    return wait;
}

// The acknowledging thread. Drains what came since it last looked, so that a wake-up is shared by many submits; it is
// also where the timers of a self-driven source fire, which has no other thread of the host's.
void Source::acknowledge_until_closed() {
    while (context_->acks->wait_due(ack_wait())) {
        give_due();
        offer_room();
        instance_->run_due_timers(CallContext{});
    }
}

void Source::offer_room() {
    if (!context_->starved || !context_->intake.has_room()) return;
    context_->starved = false;
    if (ops().credit == nullptr) return;
    // How much room there is nobody knows; for one record of any size there is.
    ops().credit(instance_->raw(), 1, instance_->context().payload_bytes_max);
}

}  // namespace

Result<std::unique_ptr<SourceHandle>> make_source(std::shared_ptr<const Library> library,
                                                  const weir_component& component,
                                                  std::shared_ptr<const HostContext> context, std::string instance,
                                                  std::string settings_json, Intake& intake) {
    WEIR_TRY(auto made, Instance::create(std::move(library), component, std::move(context), std::move(instance),
                                         std::move(settings_json), std::nullopt));
    return std::unique_ptr<SourceHandle>(std::make_unique<Source>(std::move(made), intake));
}

}  // namespace weir::plugin
