#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/transform_out.hpp"

namespace weir::plugin {

namespace {

class Transform final : public TransformHandle {
  public:
    explicit Transform(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {}
    ~Transform() override;

    [[nodiscard]] Status start(const CallContext& call) override { return instance_->start(call); }
    [[nodiscard]] TransformResult transform(const CallContext& call, const BatchPtr& in) override;
    void stop() override { instance_->stop(); }
    [[nodiscard]] std::uint32_t traits() const noexcept override { return instance_->component().traits; }
    [[nodiscard]] std::uint32_t threading() const noexcept override { return instance_->component().threading; }
    [[nodiscard]] Health health() const override { return instance_->host().health(); }
    [[nodiscard]] std::optional<std::int64_t> next_timer_mono_ns() const noexcept override {
        return instance_->host().timers().next_mono_ns();
    }
    void run_due_timers(const CallContext& call) override { instance_->run_due_timers(call); }

  private:
    [[nodiscard]] std::shared_ptr<TransformOut> borrow_out();
    void give_back(std::shared_ptr<TransformOut> out);

    std::unique_ptr<Instance> instance_;
    std::mutex outs_mutex_;
    std::vector<std::shared_ptr<TransformOut>> outs_;  // as many as calls ever overlapped
};

Transform::~Transform() {
    if (!instance_->destroy()) {
        for (auto& out : outs_) keep_forever(std::move(out));  // its threads may hold them
    }
}

std::shared_ptr<TransformOut> Transform::borrow_out() {
    const std::lock_guard lock(outs_mutex_);
    if (outs_.empty()) return std::make_shared<TransformOut>(instance_->host());
    auto out = std::move(outs_.back());
    outs_.pop_back();
    return out;
}

void Transform::give_back(std::shared_ptr<TransformOut> out) {
    out->drop();
    const std::lock_guard lock(outs_mutex_);
    outs_.push_back(std::move(out));
}

TransformResult Transform::transform(const CallContext& call, const BatchPtr& in) {
    TransformResult result;
    const auto lock = instance_->enter_and_run_timers();
    StateService::Session session(instance_->host().state(), call.id);
    auto out = borrow_out();
    const AbiCall abi(call);
    AbiError detail;
    const weir_status status = instance_->ops<weir_transform_ops>().transform(instance_->raw(), abi.get(), &in->abi(),
                                                                              out->open(in), detail.get());
    out->close();
    result.call.end = call_end(status);
    if (result.call.end == CallEnd::ok) {
        result.outcomes = out->take_outcomes();
        result.output = out->take_output(result.outcomes);
        result.state = session.take();
    } else {
        result.call.error = instance_->error(detail, status, "transform()").in(instance_->name());
    }
    give_back(std::move(out));
    return result;
}

}  // namespace

Result<std::unique_ptr<TransformHandle>> make_transform(std::shared_ptr<const Library> library,
                                                        const weir_component& component,
                                                        std::shared_ptr<const HostContext> context,
                                                        std::string instance, std::string settings_json,
                                                        std::string state_scope) {
    auto scope = state_scope.empty() ? std::nullopt : std::optional(std::move(state_scope));
    WEIR_TRY(auto made, Instance::create(std::move(library), component, std::move(context), std::move(instance),
                                         std::move(settings_json), std::move(scope)));
    return std::unique_ptr<TransformHandle>(std::make_unique<Transform>(std::move(made)));
}

}  // namespace weir::plugin
