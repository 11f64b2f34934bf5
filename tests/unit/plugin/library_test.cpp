// Real libraries: the fixtures of tests/abi/plugins, copied to a directory of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/clock.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/unit/plugin/files.hpp"

namespace weir::plugin {
namespace {

using testing::fixture;
using ::testing::HasSubstr;
using testing::TempDir;

class LibraryTest : public ::testing::Test {
  protected:
    Result<std::shared_ptr<const Library>> load(const std::string& name) {
        dir_.write(name + ".so", fixture(name));
        const Registry registry = Registry::scan({dir_.path()});
        for (const Candidate& candidate : registry.candidates()) {
            if (candidate.file.filename() == name + ".so") return registry.load(candidate);
        }
        return Error{Errc::not_found, name, "not_listed", {}};
    }
    std::string code(const std::string& name) {
        const auto library = load(name);
        return library ? "loaded" : library.error().code;
    }
    std::string message(const std::string& name) {
        const auto library = load(name);
        return library ? "loaded" : library.error().message;
    }

    [[nodiscard]] std::shared_ptr<const HostContext> context() const {
        auto context = std::make_shared<HostContext>();
        context->clock = &clock_;
        return context;
    }

    TempDir dir_;
    ManualClock clock_{1'000'000};
};

BatchPtr batch_of(std::initializer_list<std::string_view> payloads) {
    BatchBuilder builder;
    for (const std::string_view payload : payloads) {
        weir_record record{};
        record.id = str("id");
        record.payload = str(payload);
        builder.add_copy(record);
    }
    return builder.seal();
}

std::vector<std::string> payloads(const TransformResult& result) {
    std::vector<std::string> all;
    if (!result.output) return all;
    for (const weir_record& record : result.output->records()) all.emplace_back(view(record.payload));
    return all;
}

TEST_F(LibraryTest, loads_a_plugin_and_finds_its_components) {
    const auto library = load("throws_everywhere");
    ASSERT_TRUE(library) << library.error().message;
    EXPECT_EQ((*library)->manifest().id, "test.throws_everywhere");
    EXPECT_NE((*library)->component(WEIR_KIND_SINK, "sink"), nullptr);
    EXPECT_EQ((*library)->component(WEIR_KIND_SINK, ""), (*library)->component(WEIR_KIND_SINK, "sink"));
    EXPECT_EQ((*library)->component(WEIR_KIND_SINK, "transform"), nullptr);
    EXPECT_EQ((*library)->component(77, ""), nullptr);
}

TEST_F(LibraryTest, the_same_bytes_are_loaded_once) {
    const auto first = load("vendor_a");
    const TempDir elsewhere;
    elsewhere.write("copy.so", fixture("vendor_a"));
    const Registry other = Registry::scan({elsewhere.path()});
    const auto second = other.load(other.candidates().at(0));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->get(), second->get());
}

TEST_F(LibraryTest, refusals_have_stable_codes_and_leave_the_host_alive) {
    EXPECT_EQ(code("no_note"), "no_manifest");
    EXPECT_EQ(code("other_major"), "abi_major");
    EXPECT_EQ(code("missing_symbol"), "missing_symbol");
    EXPECT_EQ(code("undefined_symbol"), "load_failed");
    EXPECT_EQ(code("entry_null"), "entry_null");
    EXPECT_EQ(code("wrong_size"), "wrong_size");
    EXPECT_EQ(code("wrong_abi_major"), "abi_major");
    EXPECT_EQ(code("manifest_mismatch"), "manifest_mismatch");
    EXPECT_EQ(code("component_mismatch"), "manifest_mismatch");
    EXPECT_EQ(code("init_fails"), "init_failed");
}

TEST_F(LibraryTest, refusals_say_what_was_found_and_expected) {
    EXPECT_THAT(message("undefined_symbol"), HasSubstr("undefined symbol"));
    EXPECT_THAT(message("wrong_size"), HasSubstr("weir_plugin says it has 16 bytes, expected at least 104"));
    EXPECT_THAT(message("missing_symbol"), HasSubstr("exports no weir_plugin_entry_v1"));
    EXPECT_THAT(message("init_fails"), HasSubstr("NO_LICENCE_SERVER: the licence server does not answer"));
    EXPECT_THAT(message("component_mismatch"), HasSubstr("component \"echo\""));
    EXPECT_THAT(message("no_note"), HasSubstr(dir_.path().string() + "/no_note.so"));
}

TEST_F(LibraryTest, refuses_bytes_that_are_not_those_that_were_listed) {
    const auto file = dir_.write("vendor_b.so", fixture("vendor_b"));
    const Registry registry = Registry::scan({dir_.path()});
    std::string bytes = fixture("vendor_b");
    bytes.back() ^= 1;
    dir_.write("vendor_b.so", bytes);
    const auto library = registry.load(registry.candidates().at(0));
    ASSERT_FALSE(library);
    EXPECT_EQ(library.error().code, "changed_on_disk");
}

TEST_F(LibraryTest, a_loaded_plugin_survives_its_file_being_overwritten) {
    const auto library = load("vendor_b");
    ASSERT_TRUE(library) << library.error().message;
    dir_.write("vendor_b.so", "");
    const auto host = context();
    const auto transform =
        make_transform(*library, *(*library)->component(WEIR_KIND_TRANSFORM, ""), host, "t", "{}", "");
    ASSERT_TRUE(transform) << transform.error().message;
    EXPECT_EQ((*transform)->transform({}, batch_of({"x"})).call.end, CallEnd::ok);
}

TEST_F(LibraryTest, two_plugins_with_the_same_vendor_code_do_not_meet) {
    const auto a = load("vendor_a");
    const auto b = load("vendor_b");
    ASSERT_TRUE(a && b);
    const auto host = context();
    const auto of_a = make_transform(*a, *(*a)->component(WEIR_KIND_TRANSFORM, ""), host, "a", "{}", "");
    const auto of_b = make_transform(*b, *(*b)->component(WEIR_KIND_TRANSFORM, ""), host, "b", "{}", "");
    ASSERT_TRUE(of_a) << of_a.error().message;
    ASSERT_TRUE(of_b) << of_b.error().message;
    const auto first_a = payloads((*of_a)->transform({}, batch_of({"x"})));
    const auto first_b = payloads((*of_b)->transform({}, batch_of({"x"})));
    const auto second_a = payloads((*of_a)->transform({}, batch_of({"x"})));
    ASSERT_EQ(first_a.size(), 1U);
    ASSERT_EQ(first_b.size(), 1U);
    EXPECT_THAT(first_a[0], HasSubstr(R"("level":"debug")"));
    EXPECT_THAT(first_b[0], Not(HasSubstr(R"("level":"debug")")));
    const auto number = [](const std::string& json) { return std::stoi(json.substr(json.find(':') + 1)); };
    EXPECT_EQ(number(second_a.at(0)), number(first_a[0]) + 1) << "the other plugin's call counted here";
    EXPECT_NE(number(first_b[0]), number(first_a[0]) + 1);
}

TEST_F(LibraryTest, a_create_that_hangs_is_abandoned) {
    const auto library = load("hangs_in_create");
    ASSERT_TRUE(library) << library.error().message;
    static const SystemClock clock;  // outlives the abandoned instance: its thread stays until the process ends
    const auto host = std::make_shared<HostContext>();
    host->clock = &clock;
    host->create_limit = std::chrono::milliseconds{30};
    const auto made =
        make_transform(*library, *(*library)->component(WEIR_KIND_TRANSFORM, ""), host, "route/hanging", "{}", "");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "create_hung");
    EXPECT_THAT(made.error().message, HasSubstr("route/hanging: create() did not return within 30 ms"));
}

// ---------------------------------------------------------------------- nothing that is thrown reaches the host

class ThrowingTest : public LibraryTest, public ::testing::WithParamInterface<const char*> {
  protected:
    void SetUp() override {
        auto loaded = load("throws_everywhere");
        ASSERT_TRUE(loaded) << loaded.error().message;
        library_ = *loaded;
    }
    [[nodiscard]] static std::string settings(const std::string& at) {
        return R"({"at":")" + at + R"(","what":")" + GetParam() + "\"}";
    }
    [[nodiscard]] const weir_component& component(std::uint32_t kind) const { return *library_->component(kind, ""); }

    std::shared_ptr<const HostContext> host_ = context();
    std::shared_ptr<const Library> library_;
};

TEST_P(ThrowingTest, from_create) {
    const auto made = make_sink(library_, component(WEIR_KIND_SINK), host_, "s", settings("create"));
    ASSERT_FALSE(made);
    EXPECT_FALSE(made.error().code.empty());
}

TEST_P(ThrowingTest, from_every_call_of_a_sink) {
    const std::array<Item, 1> items{Item{"0123", "WR-1", 1}};
    for (const std::string at : {"never", "start", "probe", "limits", "call", "flush", "resolve"}) {
        const auto made = make_sink(library_, component(WEIR_KIND_SINK), host_, "s", settings(at));
        ASSERT_TRUE(made) << at << ": " << made.error().message;
        SinkHandle& sink = **made;
        EXPECT_EQ(sink.start({}).ok(), at != "start");
        EXPECT_EQ(sink.probe({}).ok(), at != "probe");
        EXPECT_EQ(sink.flush({}).ok(), at != "flush");
        EXPECT_GE(sink.limits().max_batch_records, 1U);
        std::vector<Outcome> outcomes;
        const CallResult delivered = sink.deliver({}, batch_of({"x"}), items, outcomes);
        ASSERT_EQ(outcomes.size(), 1U);
        EXPECT_EQ(outcomes[0].kind, at == "call" ? WEIR_OUT_RETRY_UNKNOWN : WEIR_OUT_OK) << at;
        EXPECT_EQ(delivered.end == CallEnd::ok, at != "call");
        if (!sink.can_resolve()) continue;
        (void)sink.resolve({}, batch_of({"x"}), items, outcomes);
        EXPECT_EQ(outcomes.at(0).kind, WEIR_OUT_RETRY_UNKNOWN) << "nobody said that it was found";
    }
}

TEST_P(ThrowingTest, from_a_transform_costs_only_the_record_it_threw_at) {
    const auto made = make_transform(library_, component(WEIR_KIND_TRANSFORM), host_, "t", settings("call"), "");
    ASSERT_TRUE(made) << made.error().message;
    const TransformResult result = (*made)->transform({}, batch_of({"good", "bad", "fine"}));
    ASSERT_EQ(result.call.end, CallEnd::ok);
    EXPECT_EQ(payloads(result), (std::vector<std::string>{"good", "fine"}));
    EXPECT_EQ(result.outcomes[0].kind, std::uint32_t{WEIR_OUT_OK});
    EXPECT_NE(result.outcomes[1].kind, std::uint32_t{WEIR_OUT_OK});
}

class NoIntake final : public Intake {
  public:
    Status submit(EncodedBatch&&, std::string_view, std::optional<std::string_view>, SubmitDone) override {
        return Error{Errc::unavailable, "full", "full", {}};
    }
    [[nodiscard]] bool has_room() const noexcept override { return false; }
};

TEST_P(ThrowingTest, from_every_call_of_a_source) {
    NoIntake intake;
    for (const std::string at : {"never", "start", "resume", "call"}) {
        const auto made = make_source(library_, component(WEIR_KIND_SOURCE), host_, "s", settings(at), intake);
        ASSERT_TRUE(made) << at << ": " << made.error().message;
        EXPECT_EQ((*made)->resume("p", "7").ok(), at != "resume");
        EXPECT_EQ((*made)->start({}).ok(), at != "start");
        EXPECT_EQ((*made)->poll({}, 10, 1000).ok(), at != "call");
    }
}

INSTANTIATE_TEST_SUITE_P(Exceptions, ThrowingTest, ::testing::Values("exception", "number"),
                         [](const auto& thrown) { return std::string(thrown.param); });

}  // namespace
}  // namespace weir::plugin
