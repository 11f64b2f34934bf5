#include "runtime/routetest/watched_step.hpp"

#include <utility>

namespace weir::routetest {

namespace {

std::string branch_of(const weir_record& record) {
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        if (view(record.attrs[i].key) == flow::kBranchAttribute) return std::string(view(record.attrs[i].value));
    }
    return {};
}

class WatchedStep final : public plugin::TransformHandle {
  public:
    WatchedStep(std::unique_ptr<plugin::TransformHandle> inner, Passage step, Watch& watch)
        : inner_(std::move(inner)), step_(std::move(step)), watch_(watch) {}

    std::uint32_t threading() const noexcept override { return inner_->threading(); }
    plugin::Health health() const override { return inner_->health(); }
    std::optional<std::int64_t> next_timer_mono_ns() const noexcept override { return inner_->next_timer_mono_ns(); }
    void run_due_timers(const plugin::CallContext& call) override { inner_->run_due_timers(call); }
    Status start(const plugin::CallContext& call) override { return inner_->start(call); }
    plugin::TransformResult transform(const plugin::CallContext& call, const BatchPtr& in) override {
        plugin::TransformResult result = inner_->transform(call, in);
        if (result.call.end == plugin::CallEnd::ok) watch_.see(step_, *in, result);
        return result;
    }
    void stop() override { inner_->stop(); }
    std::uint32_t traits() const noexcept override { return inner_->traits(); }

  private:
    std::unique_ptr<plugin::TransformHandle> inner_;
    const Passage step_;
    Watch& watch_;
};

}  // namespace

void watch_step(flow::Step& step, std::size_t place, const std::string& transform, Watch& watch) {
    step.transform = std::make_unique<WatchedStep>(std::move(step.transform),
                                                   Passage{place, step.label, transform, WEIR_OUT_OK, {}}, watch);
}

const std::string& Watch::root(const std::string& id) const {
    const std::string* at = &id;
    // A step may give an id that another record has: not in a circle.
    for (std::size_t i = 0; i < made_of_.size(); ++i) {
        const auto found = made_of_.find(*at);
        if (found == made_of_.end()) break;
        at = &found->second.back();
    }
    return *at;
}

std::set<std::string> Watch::origins(const std::string& id) const {
    if (!made_of_.contains(id)) return {id};
    std::set<std::string> origins;
    std::vector<std::string> open{id};
    while (!open.empty()) {
        const auto found = made_of_.find(open.back());
        open.pop_back();
        if (found == made_of_.end()) continue;
        for (const std::string& origin : found->second) {
            if (origins.insert(origin).second) open.push_back(origin);
        }
    }
    return origins;
}

const Passage* Watch::filtered(const std::string& id) const {
    const auto found = passages_.find(id);
    if (found == passages_.end() || found->second.empty()) return nullptr;
    const Passage& last = found->second.back();
    return last.kind == WEIR_OUT_FILTERED ? &last : nullptr;
}

void Watch::see(const Passage& step, const RecordBatch& in, const plugin::TransformResult& result) {
    for (std::size_t i = 0; i < in.size(); ++i) {
        const plugin::Outcome& outcome = result.outcomes[i];
        std::vector<Passage>& way = passages_[std::string(view(in[i].id))];
        std::erase_if(way, [&](const Passage& before) { return before.step >= step.step; });
        Passage passage = step;
        passage.kind = outcome.kind == WEIR_OUT_DUPLICATE ? std::uint32_t{WEIR_OUT_OK} : outcome.kind;
        if (passage.kind != WEIR_OUT_OK) passage.note = outcome.code;
        way.push_back(std::move(passage));
    }
    for (const weir_record& output : result.output->records()) {
        const std::string id(view(in[output.origin].id));
        const std::string made(view(output.id));
        if (made != id) {
            std::vector<std::string>& origins = made_of_[made];
            std::erase(origins, id);
            origins.push_back(id);
        }
        if (step.transform == "switch") passages_[id].back().note = branch_of(output);
    }
}

}  // namespace weir::routetest
