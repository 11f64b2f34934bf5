// Tests a component through the C ABI, the way the host calls it, without a host.
//
//   weir::testing::Harness h(vat, {{"rate", "0.19"}});
//   ASSERT_TRUE(h) << h.error.message;
//   auto verdicts = h.transform({{.payload = "{...}"}, {.payload = "{...}"}});
//   EXPECT_TRUE(verdicts[0].ok());
//   EXPECT_EQ(h.sent.at(0).schema, "com.acme.invoice.line/1");
//
// Memory handed to the component goes as soon as the contract says so: run such tests under AddressSanitizer.
#pragma once

#include <weir/testing/fake_host.hpp>

#include <nlohmann/json.hpp>

#include <initializer_list>

namespace weir::testing {

// One instance: created in the constructor, started before its first call, stopped and destroyed at the end.
class Harness {
  public:
    explicit Harness(const weir_component& component, const nlohmann::json& config = nlohmann::json::object())
        : owned_host_(std::make_unique<FakeHost>()), host(*owned_host_), component_(component) {
        create(config);
    }
    // For what must stand in the host before create.
    Harness(FakeHost& given, const weir_component& component, const nlohmann::json& config = nlohmann::json::object())
        : host(given), component_(component) {
        create(config);
    }
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;
    ~Harness() {
        if (instance_ == nullptr) return;
        component_.stop(instance_);
        component_.destroy(instance_);
    }

  private:
    std::unique_ptr<FakeHost> owned_host_;

  public:
    FakeHost& host;
    weir_error error{};           // of the last call that failed
    weir_status status = 0;       // of the last call
    std::vector<Sent> sent;       // by transform(), all calls
    std::vector<Submit> submits;  // by poll() or through the inlet
    int breaches = 0;             // of the contract: outcomes given twice, results after the end
    // How the next calls are made.
    std::uint32_t call_flags = 0;
    std::int64_t deadline_mono_ns = 0;
    std::atomic<bool> cancelled{false};
    std::uint32_t busy_submits = 0;  // so many submits are answered WEIR_E_BUSY
    bool inlet_full = false;         // the inlet has no room

    // Was the instance created?
    explicit operator bool() const noexcept { return instance_ != nullptr; }
    [[nodiscard]] weir_instance* instance() const noexcept { return instance_; }

    weir_status start() {
        started_ = true;
        return run([&](const weir_call& call) { return component_.start(instance_, &call, &error); });
    }
    void stop() noexcept { component_.stop(instance_); }
    weir_status probe() {
        if (component_.probe == nullptr) return status = WEIR_E_UNSUPPORTED;
        return run([&](const weir_call& call) { return component_.probe(instance_, &call, &error); });
    }

    // One verdict per input; what was emitted is in `sent`. A failed batch has no verdicts and leaves nothing behind.
    std::vector<Verdict> transform(std::vector<In> inputs) {
        ensure_started();
        detail::FakeBatch* batch = detail::FakeBatch::make(std::move(inputs));
        detail::FakeOut out(batch);
        const auto* ops = static_cast<const weir_transform_ops*>(component_.ops);
        run([&](const weir_call& call) { return ops->transform(instance_, &call, batch, &out, &error); });
        breaches += out.breaches;
        std::vector<Sent> kept = status < 0 ? std::vector<Sent>{} : out.kept();
        sent.insert(sent.end(), kept.begin(), kept.end());
        batch->drop();
        return status < 0 ? std::vector<Verdict>{} : out.verdicts();
    }

    // One verdict per input, WEIR_OUT_UNSET where the sink gave none. Waits for an asynchronous delivery to finish.
    std::vector<Verdict> deliver(std::vector<In> inputs) { return sink_call(std::move(inputs), sink_ops().deliver); }
    std::vector<Verdict> resolve(std::vector<In> inputs) { return sink_call(std::move(inputs), sink_ops().resolve); }
    weir_status flush() {
        if (sink_ops().flush == nullptr) return status = WEIR_E_UNSUPPORTED;
        return run([&](const weir_call& call) { return sink_ops().flush(instance_, &call, &error); });
    }
    [[nodiscard]] bool can_resolve() const noexcept { return sink_ops().resolve != nullptr; }
    [[nodiscard]] weir_sink_limits limits() const {
        weir_sink_limits limits{sizeof limits, WEIR_ORDER_PER_KEY, 1, 1000, 1U << 20U, 1'000'000'000};
        if (sink_ops().limits != nullptr) sink_ops().limits(instance_, &limits);
        return limits;
    }

    weir_status resume(std::string_view partition, std::string_view cursor) {
        if (source_ops().resume == nullptr) return status = WEIR_E_UNSUPPORTED;
        return status = source_ops().resume(instance_, str(partition), str(cursor), &error);
    }
    weir_status poll(std::uint32_t max_records = 1000, std::uint64_t max_bytes = 1U << 20U) {
        ensure_started();
        detail::FakeOut out;
        out.busy_submits = busy_submits;
        run([&](const weir_call& call) {
            return source_ops().poll(instance_, &call, &out, max_records, max_bytes, &error);
        });
        busy_submits = out.busy_submits;
        collect(out);
        return status;
    }
    // Acknowledges; `items` when the host speaks per record.
    void ack(std::uint64_t token, std::uint32_t kind = WEIR_OUT_OK, std::string_view code = {},
             const std::vector<weir_outcome>& items = {}) {
        weir_outcome whole{};
        whole.struct_size = sizeof whole;
        whole.kind = kind;
        whole.code = str(code);
        source_ops().ack(instance_, token, &whole, items.empty() ? nullptr : items.data(),
                         static_cast<std::uint32_t>(items.size()), sizeof(weir_outcome));
    }
    // Acknowledges everything submitted and not yet acknowledged.
    void ack_all() {
        for (; acked_ < submits.size(); ++acked_) ack(submits[acked_].token);
    }

  private:
    // The inlet of a listening source: whatever it submits is collected at end().
    class Inlet : public weir_inlet {
      public:
        explicit Inlet(Harness& harness) : weir_inlet{}, harness_(harness) {
            struct_size = sizeof(weir_inlet);
            begin = [](weir_inlet* self) noexcept -> weir_out* {
                const Harness& owner = static_cast<Inlet*>(self)->harness_;
                if (owner.inlet_full) return nullptr;
                auto out = std::make_unique<detail::FakeOut>();
                out->busy_submits = owner.busy_submits;
                return out.release();
            };
            end = [](weir_inlet* self, weir_out* raw) noexcept {
                const std::unique_ptr<detail::FakeOut> out(static_cast<detail::FakeOut*>(raw));
                static_cast<Inlet*>(self)->harness_.collect(*out);
            };
        }

      private:
        Harness& harness_;
    };

    void create(const nlohmann::json& config) {
        const std::string text = config.is_null() ? "{}" : config.dump();
        error.struct_size = sizeof error;
        instance_ = component_.create(&component_, &host, str(text), &error);
        if (instance_ == nullptr || component_.kind != WEIR_KIND_SOURCE || source_ops().attach == nullptr) return;
        inlet_ = std::make_unique<Inlet>(*this);
        source_ops().attach(instance_, inlet_.get());
    }
    void ensure_started() {
        if (!started_) start();
    }
    template <class Body>
    weir_status run(Body&& body) {
        struct TestCall : weir_call {
            const std::atomic<bool>* cancelled_flag;
        };
        TestCall call{};
        call.struct_size = sizeof(weir_call);
        call.flags = call_flags;
        call.id = ++calls_;
        call.deadline_mono_ns = deadline_mono_ns;
        call.cancelled_flag = &cancelled;
        call.cancelled = [](const weir_call* self) noexcept -> std::uint32_t {
            return static_cast<const TestCall*>(self)->cancelled_flag->load() ? 1 : 0;
        };
        error.code[0] = error.pointer[0] = error.message[0] = '\0';
        host.state.begin(call.id);
        status = body(static_cast<const weir_call&>(call));
        host.state.end(status >= 0);
        return status;
    }
    template <class Function>
    std::vector<Verdict> sink_call(std::vector<In> inputs, Function function) {
        ensure_started();
        if (function == nullptr) return status = WEIR_E_UNSUPPORTED, std::vector<Verdict>{};
        detail::FakeDelivery delivery(std::move(inputs), calls_ + 1);
        run([&](const weir_call& call) { return function(instance_, &call, &delivery, &error); });
        constexpr std::chrono::seconds kFinishLimit{10};
        if (status == WEIR_PENDING && !delivery.wait(kFinishLimit)) ++breaches;
        breaches += delivery.breaches();
        return delivery.verdicts();
    }
    void collect(detail::FakeOut& out) {
        const std::lock_guard lock(collect_mutex_);
        breaches += out.breaches;
        for (Submit& submit : out.submits) submits.push_back(std::move(submit));
    }
    [[nodiscard]] const weir_sink_ops& sink_ops() const noexcept {
        return *static_cast<const weir_sink_ops*>(component_.ops);
    }
    [[nodiscard]] const weir_source_ops& source_ops() const noexcept {
        return *static_cast<const weir_source_ops*>(component_.ops);
    }

    const weir_component& component_;
    weir_instance* instance_ = nullptr;
    std::unique_ptr<Inlet> inlet_;
    std::mutex collect_mutex_;
    std::uint64_t calls_ = 0;
    std::size_t acked_ = 0;
    bool started_ = false;
};

}  // namespace weir::testing
