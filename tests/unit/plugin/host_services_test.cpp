#include "runtime/plugin/host_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/log.hpp"

#include "tests/unit/plugin/fake_plugin.hpp"

namespace weir::plugin {
namespace {

using testing::FakeHost;
using ::testing::HasSubstr;

class HostServicesTest : public ::testing::Test {
  protected:
    HostServicesTest() {
        host_.context->secrets = [this](std::string_view name) -> Result<std::string> {
            if (name != "erp")
                return Error{Errc::not_found, "no secret \"" + std::string(name) + "\"", "no_secret", {}};
            return secret_;
        };
    }
    InstanceHost& instance() {
        if (!instance_) instance_ = std::make_unique<InstanceHost>(host_.context, "erp/sink", std::nullopt);
        return *instance_;
    }
    const void* service(const char* id) { return instance().abi()->service(instance().abi(), id); }
    // Status, and what is in the buffer of `capacity` bytes afterwards.
    std::pair<weir_status, std::string> get(std::string_view name, std::size_t capacity) {
        const auto& table = *static_cast<const weir_svc_secrets*>(service(WEIR_SVC_SECRETS));
        std::string buffer(capacity, '\0');
        size_ = capacity;
        error_.struct_size = sizeof error_;
        const weir_status status = table.get(&table, instance().abi(), str(name), buffer.data(), &size_, &error_);
        buffer.resize(std::min(size_, capacity));
        return {status, buffer};
    }

    FakeHost host_;
    std::string secret_ = "hunter2-hunter2";
    std::size_t size_ = 0;
    weir_error error_{};
    std::unique_ptr<InstanceHost> instance_;
};

TEST_F(HostServicesTest, says_who_and_what_it_is) {
    const weir_host* host = instance().abi();
    EXPECT_EQ(host->abi_major, WEIR_ABI_MAJOR);
    EXPECT_EQ(view(host->name), "weir");
    EXPECT_FALSE(view(host->version).empty());
    EXPECT_EQ(view(host->instance), "erp/sink");
    EXPECT_EQ(host->wall_unix_ns(host), host_.clock.wall_ns());
    EXPECT_EQ(host->mono_ns(host), host_.clock.mono_ns());
}

TEST_F(HostServicesTest, finds_services_by_name_or_not_at_all) {
    int table = 0;
    host_.context->services["weir.http/1"] = {&table};
    EXPECT_EQ(service("weir.http/1"), &table);
    EXPECT_NE(service(WEIR_SVC_TIMER), nullptr);
    EXPECT_EQ(service("weir.http/2"), nullptr);
    EXPECT_EQ(service(""), nullptr);
    EXPECT_EQ(service(nullptr), nullptr);
    EXPECT_EQ(service(WEIR_SVC_STATE), nullptr) << "only transforms have state";
}

TEST_F(HostServicesTest, offers_no_secrets_when_there_are_none) {
    host_.context->secrets = nullptr;
    EXPECT_EQ(service(WEIR_SVC_SECRETS), nullptr);
}

TEST_F(HostServicesTest, gives_secrets_into_the_plugins_buffer) {
    EXPECT_EQ(get("erp", 100), std::pair(weir_status{WEIR_OK}, secret_));
    EXPECT_EQ(get("erp", 3).first, WEIR_E_TOO_LARGE);
    EXPECT_EQ(size_, secret_.size());
    EXPECT_EQ(get("other", 100).first, WEIR_E_NOT_FOUND);
    EXPECT_STREQ(error_.code, "no_secret");
    EXPECT_STREQ(error_.message, "no secret \"other\"");
}

TEST_F(HostServicesTest, what_was_given_out_appears_in_no_text_of_the_plugin) {
    EXPECT_EQ(instance().redact("login hunter2-hunter2 failed"), "login hunter2-hunter2 failed");
    (void)get("erp", 100);
    EXPECT_EQ(instance().redact("login hunter2-hunter2 failed, hunter2-hunter2"), "login *** failed, ***");
    secret_ = "rotated-value";
    (void)get("erp", 100);
    EXPECT_EQ(instance().redact("hunter2-hunter2 rotated-value"), "*** ***");
    const weir_host* host = instance().abi();
    host->report_health(host, WEIR_HEALTH_DOWN, str("AUTH"), str("rotated-value is wrong"));
    EXPECT_EQ(instance().health().message, "*** is wrong");
    const Error error = instance().redact(Error{Errc::invalid, "with rotated-value", "x", {}});
    EXPECT_EQ(error.message, "with ***");
}

TEST_F(HostServicesTest, a_log_line_is_labelled_and_without_secrets) {
    (void)get("erp", 100);
    const weir_host* host = instance().abi();
    const weir_attr fields[] = {{str("token"), str("hunter2-hunter2")}, {{nullptr, 9}, {nullptr, 9}}};
    log::configure(log::Level::info, log::Format::text);
    ::testing::internal::CaptureStderr();
    host->log(host, WEIR_LOG_WARN, str("refused hunter2-hunter2"), fields, 2);
    host->log(host, 99, str("unknown level"), nullptr, 5);
    log::flush();
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(text, HasSubstr("refused ***"));
    EXPECT_THAT(text, HasSubstr("erp/sink"));
    EXPECT_THAT(text, HasSubstr("unknown level"));
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(HostServicesTest, keeps_the_last_health) {
    EXPECT_EQ(instance().health().state, std::uint32_t{WEIR_HEALTH_UNKNOWN});
    const weir_host* host = instance().abi();
    host->report_health(host, WEIR_HEALTH_DEGRADED, str("QUOTA"), str("90 % used"));
    EXPECT_EQ(instance().health().state, std::uint32_t{WEIR_HEALTH_DEGRADED});
    EXPECT_EQ(instance().health().code, "QUOTA");
    host->report_health(host, 99, {}, {});
    EXPECT_EQ(instance().health().state, std::uint32_t{WEIR_HEALTH_UNKNOWN});
}

class FakeMetrics final : public MetricSink {
  public:
    std::uint64_t define(std::string_view instance, std::uint32_t kind, std::string_view name, std::string_view unit,
                         std::string_view) override {
        defined =
            std::string(instance) + " " + std::to_string(kind) + " " + std::string(name) + " " + std::string(unit);
        return 7;
    }
    void observe(std::uint64_t metric, double value, std::span<const weir_attr> labels) override {
        observed = {metric, value, labels.size()};
    }
    std::string defined;
    std::tuple<std::uint64_t, double, std::size_t> observed;
};

TEST_F(HostServicesTest, passes_measurements_on) {
    const weir_host* host = instance().abi();
    EXPECT_EQ(host->metric(host, WEIR_METRIC_COUNTER, str("n"), {}, {}), 0U) << "nobody takes them";
    host->observe(host, 0, 1.0, nullptr, 0);
    FakeMetrics metrics;
    host_.context->metrics = &metrics;
    EXPECT_EQ(host->metric(host, WEIR_METRIC_GAUGE, str("queue"), str("records"), {}), 7U);
    EXPECT_EQ(host->metric(host, 99, str("queue"), {}, {}), 0U);
    EXPECT_EQ(metrics.defined, "erp/sink 1 queue records");
    const weir_attr label{str("a"), str("b")};
    host->observe(host, 7, 2.5, &label, 1);
    EXPECT_EQ(metrics.observed, std::tuple(std::uint64_t{7}, 2.5, std::size_t{1}));
}

TEST_F(HostServicesTest, does_nothing_for_an_abandoned_instance) {
    const weir_host* host = instance().abi();
    (void)get("erp", 100);
    const auto& secrets = *static_cast<const weir_svc_secrets*>(service(WEIR_SVC_SECRETS));
    instance().cut();
    std::size_t size = 0;
    EXPECT_EQ(secrets.get(&secrets, host, str("erp"), nullptr, &size, nullptr), WEIR_E_CANCELLED);
    EXPECT_EQ(service(WEIR_SVC_TIMER), nullptr);
    EXPECT_GT(host->mono_ns(host), 0);
    EXPECT_EQ(host->metric(host, 0, str("n"), {}, {}), 0U);
}

TEST_F(HostServicesTest, tells_who_waits_that_a_timer_was_armed) {
    std::string told;
    int hooks = 0;
    host_.context->timer_armed = [&](std::string_view name) { told = std::string(name); };
    instance().on_timer_armed([&] { ++hooks; });
    const auto& timers = *static_cast<const weir_svc_timer*>(service(WEIR_SVC_TIMER));
    EXPECT_NE(timers.arm(
                  &timers, instance().abi(), 10, 0, [](void*, const weir_call*) noexcept {}, nullptr),
              0U);
    EXPECT_EQ(told, "erp/sink");
    EXPECT_EQ(hooks, 1);
}

}  // namespace
}  // namespace weir::plugin
