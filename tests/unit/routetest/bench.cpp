#include "tests/unit/routetest/bench.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "runtime/routetest/suite.hpp"

namespace weir::routetest {

namespace {

class FakeStep final : public plugin::TransformHandle {
  public:
    FakeStep(std::string kind, const weir_svc_http* http) : kind_(std::move(kind)), http_(http) {}
    Status start(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    std::uint32_t traits() const noexcept override { return WEIR_TRAIT_PURE; }
    plugin::TransformResult transform(const plugin::CallContext&, const BatchPtr& in) override {
        plugin::TransformResult result;
        BatchBuilder builder;
        builder.keep(in);
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            weir_record record = (*in)[i];
            record.origin = i;
            plugin::Outcome& outcome = result.outcomes.emplace_back();
            outcome.kind = WEIR_OUT_OK;
            const std::string subject(view(record.subject));
            if (kind_ == "sort" && subject == "drop") {
                outcome.kind = WEIR_OUT_FILTERED;
                outcome.code = "DROPPED";
            } else if (kind_ == "sort" && subject == "bad") {
                outcome.kind = WEIR_OUT_REJECTED;
                outcome.code = "BAD";
                outcome.message = "subject \"bad\" is not wanted";
            }
            if (outcome.kind != WEIR_OUT_OK) continue;
            if (kind_ == "shout") record.payload = shout(builder, record);
            if (kind_ == "shout" && view(record.type) == "rename") record.id = builder.copy(str("same"));
            builder.add(record);
        }
        result.output = builder.seal();
        return result;
    }

  private:
    weir_str shout(BatchBuilder& builder, const weir_record& record) const {
        std::string text(view(record.payload));
        if (view(record.type) == "ask") return builder.copy(str(ask(view(record.subject))));
        if (const std::size_t quote = text.rfind('"'); quote != std::string::npos) text.insert(quote, "!");
        return builder.copy(str(text));
    }
    std::string ask(std::string_view subject) const {
        const std::string url = "http://names/" + std::string(subject);
        weir_http_request request{};
        request.method = str("GET");
        request.url = str(url);
        weir_http_exchange* exchange = nullptr;
        (void)http_->exchange(http_, nullptr, nullptr, &request, sizeof request, 1, 1, &exchange, nullptr);
        std::string body(view(http_->result(exchange, 0)->body));
        http_->release(exchange);
        return body.empty() ? "null" : body;
    }

    std::string kind_;
    const weir_svc_http* http_;
};

class FakeWorkbench final : public Workbench {
  public:
    explicit FakeWorkbench(const PlayedServices& services) : services_(services) {}
    Result<std::vector<flow::Step>> make_steps(const config::Route& route, std::size_t most) const override {
        std::vector<flow::Step> steps;
        for (const config::Step& one : route.steps) {
            if (steps.size() == most) break;
            flow::Step step;
            step.label = "step (" + one.transform + ")";
            step.transform = std::make_unique<FakeStep>(one.transform, services_.http);
            steps.push_back(std::move(step));
        }
        return steps;
    }
    Result<bool> keeps_state(const config::Route&) const override { return false; }
    Result<std::uint32_t> sink_traits(const config::Connection&) const override { return 0u; }
    Result<std::uint32_t> source_traits(const config::Connection&) const override {
        return std::uint32_t{WEIR_TRAIT_STABLE_IDS};
    }

  private:
    PlayedServices services_;
};

}  // namespace

FakeBench::FakeBench() {
    for (const char* name : {"shop", "erp", "crm"}) {
        config::Connection connection;
        connection.name = name;
        config_.connections.emplace(name, connection);
    }
    config::Route route;
    route.name = "orders";
    route.from = "shop";
    for (const char* transform : {"sort", "shout"}) {
        config::Step step;
        step.transform = transform;
        route.steps.push_back(step);
    }
    for (const char* name : {"erp", "crm"}) {
        config::Destination to;
        to.name = name;
        to.connection = name;
        to.retry.max_attempts = 3;
        route.to.push_back(to);
    }
    config_.routes.push_back(route);
}

Result<std::unique_ptr<Workbench>> FakeBench::open(const Case&, const PlayedServices& services) const {
    return std::unique_ptr<Workbench>(std::make_unique<FakeWorkbench>(services));
}

Written::Written(const std::string& text) {
    static std::atomic<int> count{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("weir-routetest-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(folder_);
    file_ = folder_ / "orders.test.yaml";
    std::ofstream(file_, std::ios::binary) << text;
}

Written::~Written() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

TestFile read(const FakeBench& bench, const std::string& text) {
    const Written written(text);
    config::Problems problems;
    auto tests = read_tests(written.file(), bench.config(), problems);
    for (const config::Problem& problem : std::move(problems).take_sorted()) ADD_FAILURE() << problem.to_string();
    return tests ? std::move(*tests) : TestFile{};
}

std::string problems_of(const FakeBench& bench, const std::string& text) {
    const Written written(text);
    config::Problems problems;
    (void)read_tests(written.file(), bench.config(), problems);
    std::string all;
    for (const config::Problem& problem : std::move(problems).take_sorted()) {
        const std::string line = problem.to_string();
        const std::size_t name = line.find("orders.test.yaml");
        all += (name == std::string::npos ? line : line.substr(name)) + "\n";
    }
    return all;
}

std::string failures_of(const FakeBench& bench, const std::string& text, Profile profile) {
    const std::vector<TestFile> files{read(bench, text)};
    SuiteSettings settings;
    if (profile != Profile::plain) settings.profiles = {profile};
    std::string all;
    for (const CaseResult& result : run_suite(bench, files, settings, nullptr).results) {
        if (!result.skipped.empty()) all += "skipped: " + result.skipped + "\n";
        for (const Failure& failure : result.failures) all += failure.message + "\n" + failure.diff;
    }
    return all;
}

}  // namespace weir::routetest
