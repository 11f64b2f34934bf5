// The plugin in C does what its components say, called through the ABI only.
#include <weir/plugin.h>
#include <weir/testing.hpp>

#include <gtest/gtest.h>

namespace {

using weir::testing::Harness;

const weir_plugin& plugin() { return *weir_plugin_entry_v1(WEIR_ABI_MINOR); }

TEST(CPlugin, describes_itself) {
    EXPECT_EQ(&plugin(), weir_plugin_entry_v1(WEIR_ABI_MINOR)) << "the same pointer each time";
    EXPECT_EQ(weir::view(plugin().id), "test.c_plugin");
    const auto manifest = nlohmann::json::parse(weir::view(plugin().manifest));
    EXPECT_EQ(manifest["id"], "test.c_plugin");
    ASSERT_EQ(plugin().component_count, manifest["components"].size());
    for (std::uint32_t i = 0; i < plugin().component_count; ++i) {
        EXPECT_EQ(weir::view(plugin().components[i]->name), manifest["components"][i]["name"].get<std::string>());
    }
}

TEST(CPlugin, source_emits_resumes_and_ends) {
    Harness h(*plugin().components[0]);
    ASSERT_TRUE(h);
    EXPECT_EQ(h.resume("", "2"), WEIR_OK);
    h.busy_submits = 1;
    EXPECT_EQ(h.poll(2), WEIR_IDLE);
    EXPECT_EQ(h.poll(2), WEIR_OK);
    EXPECT_EQ(h.poll(2), WEIR_OK);
    EXPECT_EQ(h.poll(2), WEIR_END);
    ASSERT_EQ(h.submits.size(), 2U);
    EXPECT_EQ(h.submits[0].records.at(0).payload, "3");
    EXPECT_EQ(h.submits[0].cursor, "4");
    EXPECT_EQ(h.submits[1].records.at(0).id, "5");
    h.ack_all();
    EXPECT_EQ(h.resume("", "nine"), WEIR_E_FATAL);
}

TEST(CPlugin, transform_emits_and_rejects) {
    Harness h(*plugin().components[1]);
    const auto verdicts = h.transform({{.payload = "ab", .subject = "kept"}, {.payload = ""}});
    EXPECT_TRUE(verdicts.at(0).ok());
    EXPECT_EQ(verdicts.at(1).code, "EMPTY");
    ASSERT_EQ(h.sent.size(), 1U);
    EXPECT_EQ(h.sent[0].payload, "abab");
    EXPECT_EQ(h.sent[0].subject, "kept");
    EXPECT_EQ(h.breaches, 0);
}

TEST(CPlugin, sink_delivers_and_resolves) {
    Harness h(*plugin().components[2]);
    const auto verdicts = h.deliver({{.payload = "x", .external_ref = "WR-1"}, {.payload = std::string(100, 'y')}});
    EXPECT_EQ(verdicts.at(0).remote_id, "WR-1");
    EXPECT_EQ(verdicts.at(1).error_class, std::uint32_t{WEIR_CLASS_TECHNICAL});
    const auto resolved = h.resolve({{.payload = "x"}, {.payload = "z"}});
    EXPECT_TRUE(resolved.at(0).ok());
    EXPECT_EQ(resolved.at(1).kind, std::uint32_t{WEIR_OUT_RETRY}) << "surely absent";
}

TEST(CPlugin, refuses_a_configuration_that_is_no_object) {
    Harness h(*plugin().components[2], nlohmann::json::array());
    EXPECT_FALSE(h);
    EXPECT_STREQ(h.error.message, "expected an object");
}

}  // namespace
