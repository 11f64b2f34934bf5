#include <weir/sdk.hpp>
#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace {

using weir::testing::Harness;

// Does with a record what its payload says.
class Obedient final : public weir::Transform<> {
  public:
    using Transform::Transform;

    void each(weir::Call& call, const weir::Record& in, weir::Emit& emit) override {
        const std::string_view order = in.payload();
        if (order == "pass") return emit.pass();
        if (order == "two") return emit("first", {.id = "a"}), emit("second", {.id = "b", .inherit = false});
        if (order == "filter") return emit.filter("TOO_SMALL", "nothing to do");
        if (order == "wait") return emit("half done"), emit.wait("DOWN", "no answer", std::chrono::seconds(7));
        if (order == "nothing") return;
        if (order == "headers") return emit.pass({.schema = "s@2", .subject = "other"});
        if (order == "arena") return build_in_place(emit);
        emit("half done");
        if (order == "reject") throw weir::Reject("NEGATIVE", "quantity \"-1\"", weir::ErrorClass::policy);
        if (order == "retry") throw weir::Retry("LATER", "not now", std::chrono::seconds(3));
        if (order == "std") throw std::runtime_error("a bug");
        if (order == "number") throw 42;
        if (order == "memory") throw std::bad_alloc();
        if (order == "fatal") throw weir::Fatal("BROKEN", "cannot go on");
        if (order == "cancel") call.throw_if_cancelled();
    }

  private:
    static void build_in_place(weir::Emit& emit) {
        const auto space = emit.buffer(3);
        std::copy_n("abc", 3, space.data());
        emit({space.data(), space.size()});
    }
};
WEIR_COMPONENT(obedient, Obedient, WEIR_TRAIT_PURE, WEIR_THREADS_CONCURRENT)

TEST(Transform, pass_keeps_payload_and_headers) {
    Harness h(obedient);
    const auto verdicts = h.transform({{.payload = "pass", .id = "i", .type = "t", .subject = "s", .time_unix_ns = 5}});
    EXPECT_TRUE(verdicts.at(0).ok());
    ASSERT_EQ(h.sent.size(), 1U);
    EXPECT_EQ(h.sent[0].payload, "pass");
    EXPECT_EQ(h.sent[0].type, "t");
    EXPECT_EQ(h.sent[0].time_unix_ns, 5);
}

TEST(Transform, a_record_waits_as_long_as_it_says) {
    Harness h(obedient);
    const auto verdicts = h.transform({{.payload = "pass"}, {.payload = "wait"}});
    EXPECT_TRUE(verdicts.at(0).ok());
    EXPECT_EQ(verdicts.at(1).kind, static_cast<std::uint32_t>(WEIR_OUT_THROTTLED));
    EXPECT_EQ(verdicts.at(1).code, "DOWN");
    EXPECT_EQ(verdicts.at(1).retry_after_ns, 7'000'000'000);
    EXPECT_EQ(h.sent.size(), 1U) << "what it emitted is dropped";
}

TEST(Transform, emitted_records_inherit_only_what_they_leave_out) {
    Harness h(obedient);
    ASSERT_TRUE(h.transform({{.payload = "two", .id = "in", .type = "t"}}).at(0).ok());
    ASSERT_EQ(h.sent.size(), 2U);
    EXPECT_EQ(h.sent[0].id, "a");
    EXPECT_EQ(h.sent[0].type, "t");
    EXPECT_EQ(h.sent[1].payload, "second");
    EXPECT_EQ(h.sent[1].type, "") << "inherit = false: nothing comes from the input";
}

TEST(Transform, headers_can_change_without_touching_the_payload) {
    Harness h(obedient);
    ASSERT_TRUE(h.transform({{.payload = "headers", .schema = "s@1", .subject = "s"}}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).schema, "s@2");
    EXPECT_EQ(h.sent.at(0).subject, "other");
    EXPECT_EQ(h.sent.at(0).payload, "headers");
}

TEST(Transform, payloads_can_be_built_in_the_hosts_memory) {
    Harness h(obedient);
    ASSERT_TRUE(h.transform({{.payload = "arena"}}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).payload, "abc");
}

TEST(Transform, filtering_says_why_and_emits_nothing) {
    Harness h(obedient);
    const auto verdicts = h.transform({{.payload = "filter"}});
    EXPECT_EQ(verdicts.at(0).kind, std::uint32_t{WEIR_OUT_FILTERED});
    EXPECT_EQ(verdicts[0].code, "TOO_SMALL");
    EXPECT_TRUE(h.sent.empty());
}

TEST(Transform, one_bad_record_leaves_the_others_of_its_batch_alone) {
    Harness h(obedient);
    const auto verdicts = h.transform({{.payload = "pass"},
                                       {.payload = "reject"},
                                       {.payload = "std"},
                                       {.payload = "number"},
                                       {.payload = "retry"},
                                       {.payload = "pass"}});
    ASSERT_EQ(verdicts.size(), 6U);
    EXPECT_EQ(h.sent.size(), 2U) << "what a failed record had emitted is gone";
    EXPECT_EQ(verdicts[1].kind, std::uint32_t{WEIR_OUT_REJECTED});
    EXPECT_EQ(verdicts[1].code, "NEGATIVE");
    EXPECT_EQ(verdicts[1].message, "quantity \"-1\"");
    EXPECT_EQ(verdicts[1].error_class, std::uint32_t{WEIR_CLASS_POLICY});
    EXPECT_EQ(verdicts[2].kind, std::uint32_t{WEIR_OUT_REJECTED});
    EXPECT_EQ(verdicts[2].code, "PLUGIN_EXCEPTION");
    EXPECT_EQ(verdicts[2].message, "a bug");
    EXPECT_EQ(verdicts[2].error_class, std::uint32_t{WEIR_CLASS_TECHNICAL});
    EXPECT_EQ(verdicts[3].code, "PLUGIN_EXCEPTION");
    EXPECT_EQ(verdicts[4].kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_EQ(verdicts[4].retry_after_ns, 3'000'000'000);
    EXPECT_TRUE(verdicts[5].ok());
    EXPECT_EQ(h.breaches, 0) << "exactly one outcome per record";
}

TEST(Transform, what_says_nothing_about_the_record_fails_the_whole_batch) {
    Harness h(obedient);
    EXPECT_TRUE(h.transform({{.payload = "pass"}, {.payload = "memory"}}).empty());
    EXPECT_EQ(h.status, WEIR_E_RETRY);
    EXPECT_STREQ(h.error.code, "OUT_OF_MEMORY");
    h.transform({{.payload = "fatal"}});
    EXPECT_EQ(h.status, WEIR_E_FATAL);
    EXPECT_STREQ(h.error.code, "BROKEN");
    h.cancelled = true;
    h.transform({{.payload = "cancel"}});
    EXPECT_EQ(h.status, WEIR_E_CANCELLED);
    EXPECT_TRUE(h.sent.empty());
}

TEST(Transform, a_record_may_become_nothing) {
    Harness h(obedient);
    EXPECT_TRUE(h.transform({{.payload = "nothing"}}).at(0).ok());
    EXPECT_TRUE(h.sent.empty());
}

TEST(Transform, the_component_says_what_it_is) {
    EXPECT_EQ(obedient.kind, std::uint32_t{WEIR_KIND_TRANSFORM});
    EXPECT_EQ(weir::view(obedient.name), "obedient");
    EXPECT_EQ(obedient.threading, std::uint32_t{WEIR_THREADS_CONCURRENT});
    EXPECT_EQ(obedient.traits, std::uint32_t{WEIR_TRAIT_PURE});
    EXPECT_EQ(obedient.probe, nullptr) << "not overridden, so not in the table";
}

TEST(Record, reads_headers_and_attributes) {
    struct Check final : weir::Transform<> {
        using Transform::Transform;
        void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
            emit(std::string(in.attr("region")) + "|" + std::string(in.content_type()) + "|" +
                 (in.time_unix_ns() ? "timed" : "untimed") + "|" + (in.attr("none").data() == nullptr ? "no" : "yes"));
        }
    };
    static constexpr weir_component kCheck = weir::detail::make_component<Check>("check", 0);
    Harness h(kCheck);
    ASSERT_TRUE(h.transform({{.payload = "x", .attrs = {{"region", "eu"}}}}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).payload, "eu|application/json|untimed|no");
}

}  // namespace
