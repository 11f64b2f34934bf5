// The components of the plugin as tests call them: through its table.
#pragma once

#include <weir/lookup.h>

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <weir/testing.hpp>

#include "runtime/steps/steps.hpp"

namespace weir::steps::test {

using testing::FakeHost;
using testing::Harness;
using testing::In;
using testing::Verdict;

[[nodiscard]] inline const weir_component& component(std::string_view name) {
    const weir_plugin& plugin = builtin_plugin();
    for (std::uint32_t i = 0; i < plugin.component_count; ++i) {
        if (view(plugin.components[i]->name) == name) return *plugin.components[i];
    }
    throw std::out_of_range(std::string(name));
}

// An instance. The harness' own JSON keeps no order of members; where that matters, settings come as text.
class Step {
  public:
    Step(std::string_view name, std::string_view settings) : Step(nullptr, name, settings) {}
    Step(FakeHost& host, std::string_view name, std::string_view settings) : Step(&host, name, settings) {}

    // The verdict on one payload; what was emitted is in `sent`.
    Verdict run(std::string payload) {
        In in;
        in.payload = std::move(payload);
        return run(std::move(in));
    }
    Verdict run(In in) {
        harness_->sent.clear();
        return harness_->transform({std::move(in)}).at(0);
    }
    // The payload that came out, or "CODE: message".
    std::string out(std::string payload) {
        In in;
        in.payload = std::move(payload);
        return out(std::move(in));
    }
    std::string out(In in) {
        const Verdict verdict = run(std::move(in));
        if (!verdict.ok()) return verdict.code + ": " + verdict.message;
        return harness_->sent.empty() ? "nothing" : harness_->sent.front().payload;
    }
    [[nodiscard]] Harness& harness() { return *harness_; }
    [[nodiscard]] const testing::Sent& sent() const { return harness_->sent.at(0); }

  private:
    Step(FakeHost* host, std::string_view name, std::string_view settings) : component_(component(name)) {
        // The harness' own JSON would sort the members and round the numbers.
        real_create() = component_.create;
        real_settings() = settings;
        component_.create = [](const weir_component* self, const weir_host* on, weir_str, weir_error* error) noexcept {
            return real_create()(self, on, str(real_settings()), error);
        };
        if (host == nullptr) {
            harness_ = std::make_unique<Harness>(component_);
        } else {
            harness_ = std::make_unique<Harness>(*host, component_);
        }
        if (*harness_) return;
        throw std::invalid_argument(std::string(harness_->error.pointer) + ": " + harness_->error.message);
    }
    [[nodiscard]] static decltype(weir_component::create)& real_create() {
        static decltype(weir_component::create) create = nullptr;
        return create;
    }
    [[nodiscard]] static std::string& real_settings() {
        static std::string settings;
        return settings;
    }

    weir_component component_;
    std::unique_ptr<Harness> harness_;
};

// What refuses the settings: "/fields/a: 1:1: ...".
[[nodiscard]] inline std::string refused(std::string_view name, std::string_view settings) {
    try {
        const Step step(name, settings);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace weir::steps::test
