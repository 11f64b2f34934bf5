// Components written in the test: weir_component tables whose functions are the test's lambdas.
#pragma once

#include <gtest/gtest.h>
#include <weir/plugin.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::plugin::testing {

class FakeLibrary final : public Library {
  public:
    [[nodiscard]] const Manifest& manifest() const noexcept override { return manifest_; }
    [[nodiscard]] const weir_plugin& plugin() const noexcept override { return plugin_; }
    [[nodiscard]] const weir_component* component(std::uint32_t, std::string_view) const noexcept override {
        return nullptr;
    }

  private:
    Manifest manifest_;
    weir_plugin plugin_{};
};

struct FakeComponent {
    FakeComponent(std::uint32_t kind, const void* ops) {
        shell.owner = this;
        weir_component& c = shell.abi;
        c.struct_size = sizeof c;
        c.kind = kind;
        c.name = str("fake");
        c.ops = ops;
        c.create = [](const weir_component* self, const weir_host* h, weir_str json,
                      weir_error* error) noexcept -> weir_instance* {
            FakeComponent& fake = *reinterpret_cast<const Shell*>(self)->owner;
            fake.host = h;
            fake.settings = std::string(view(json));
            if (fake.on_create && !fake.on_create(error)) return nullptr;
            return reinterpret_cast<weir_instance*>(&fake);
        };
        c.start = [](weir_instance* self, const weir_call* call, weir_error* error) noexcept -> weir_status {
            FakeComponent& fake = of(self);
            return fake.on_start ? fake.on_start(call, error) : WEIR_OK;
        };
        c.stop = [](weir_instance* self) noexcept {
            FakeComponent& fake = of(self);
            ++fake.stops;
            if (fake.on_stop) fake.on_stop();
        };
        c.destroy = [](weir_instance* self) noexcept {
            FakeComponent& fake = of(self);
            if (fake.on_destroy) fake.on_destroy();
            ++fake.destroys;
        };
    }
    FakeComponent(const FakeComponent&) = delete;
    FakeComponent& operator=(const FakeComponent&) = delete;
    static FakeComponent& of(weir_instance* self) { return *reinterpret_cast<FakeComponent*>(self); }
    [[nodiscard]] const weir_component& abi() const { return shell.abi; }
    template <class Table>
    [[nodiscard]] const Table& service(const char* id) const {
        const void* table = host->service(host, id);
        EXPECT_NE(table, nullptr) << id;
        return *static_cast<const Table*>(table);
    }

    struct Shell {
        weir_component abi{};
        FakeComponent* owner = nullptr;
    };
    Shell shell;
    const weir_host* host = nullptr;
    std::string settings;
    std::atomic<int> stops{0};
    std::atomic<int> destroys{0};
    std::function<bool(weir_error*)> on_create;
    std::function<weir_status(const weir_call*, weir_error*)> on_start;
    std::function<void()> on_stop;
    std::function<void()> on_destroy;
};

inline weir_outcome outcome(std::uint32_t kind, std::string_view code = {}, std::string_view message = {}) {
    weir_outcome made{};
    made.struct_size = sizeof made;
    made.kind = kind;
    made.code = str(code);
    made.message = str(message);
    return made;
}

inline void fill(weir_error* error, const char* code, const char* message, const char* pointer = "") {
    std::strncpy(error->code, code, sizeof error->code - 1);
    std::strncpy(error->message, message, sizeof error->message - 1);
    std::strncpy(error->pointer, pointer, sizeof error->pointer - 1);
}

// Records "r0", "r1", ... with every field set.
inline BatchPtr batch_of(std::size_t count) {
    static const weir_attr kAttr{str("tenant"), str("acme")};
    BatchBuilder builder;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string id = "r" + std::to_string(i);
        const std::string payload = "payload " + id;
        weir_record record{};
        record.time_unix_ns = 1'000 + static_cast<std::int64_t>(i);
        record.ingest_unix_ns = 2'000;
        record.id = str(id);
        record.key = str("key");
        record.type = str("type");
        record.schema = str("schema");
        record.source = str("source");
        record.subject = str("subject");
        record.content_type = str("application/json");
        record.correlation_id = str("correlation");
        record.causation_id = str("causation");
        record.traceparent = str("trace");
        record.tracestate = str("state");
        record.attrs = &kAttr;
        record.attr_count = 1;
        record.payload = str(payload);
        builder.add_copy(record);
    }
    return builder.seal();
}

// What a handle test needs around its component. The clock stands still.
struct FakeHost {
    FakeHost() { context->clock = &clock; }
    ManualClock clock{1'700'000'000'000'000'000};
    std::shared_ptr<HostContext> context = std::make_shared<HostContext>();
    std::shared_ptr<const Library> library = std::make_shared<FakeLibrary>();
};

}  // namespace weir::plugin::testing
