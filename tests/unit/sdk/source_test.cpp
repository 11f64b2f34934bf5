#include <weir/sdk.hpp>
#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using weir::testing::Harness;

// Counts from where it was resumed; number 3 is bad.
class Counter final : public weir::PolledSource<> {
  public:
    using PolledSource::PolledSource;
    void resume(std::string_view, std::string_view cursor) override {
        if (cursor == "garbage") throw weir::Fatal("BAD_CURSOR", "cannot read the cursor");
        next_ = std::stoi(std::string(cursor)) + 1;
    }
    weir::Polled poll(weir::Call&, weir::Outlet& out, const weir::PollLimits& limits) override {
        if (next_ > 5) return weir::Polled::end;
        int last = next_;
        for (std::uint32_t i = 0; i < limits.max_records && last <= 5; ++i, ++last) {
            const std::string text = std::to_string(last);
            if (last == 3)
                out.emit_held(text, "BAD_ROW", "three is bad", {.id = text});
            else
                out(text, {.id = text});
        }
        if (!out.submit(static_cast<std::uint64_t>(last), "p", std::to_string(last - 1))) return weir::Polled::idle;
        next_ = last;
        return weir::Polled::more;
    }
    void ack(const weir::Ack& ack) noexcept override {
        if (ack.durable()) ++durable;
        if (ack.rejected()) ++rejected;
    }
    int durable = 0;
    int rejected = 0;

  private:
    int next_ = 1;
};
WEIR_COMPONENT(counter, Counter, WEIR_TRAIT_REPLAYABLE | WEIR_TRAIT_STABLE_IDS)

TEST(PolledSource, submits_records_and_cursor_together) {
    Harness h(counter);
    EXPECT_EQ(h.poll(2), WEIR_OK);
    EXPECT_EQ(h.poll(2), WEIR_OK);
    ASSERT_EQ(h.submits.size(), 2U);
    EXPECT_EQ(h.submits[0].cursor, "2");
    EXPECT_EQ(h.submits[0].partition, "p");
    EXPECT_EQ(h.submits[1].records.at(0).payload, "3");
    EXPECT_EQ(h.submits[1].records[0].held, "BAD_ROW") << "a bad row is kept and held";
    EXPECT_EQ(h.submits[1].records.at(1).held, "");
}

TEST(PolledSource, keeps_what_the_host_had_no_room_for) {
    Harness h(counter);
    h.busy_submits = 1;
    EXPECT_EQ(h.poll(2), WEIR_IDLE);
    EXPECT_TRUE(h.submits.empty());
    EXPECT_EQ(h.poll(2), WEIR_OK);
    EXPECT_EQ(h.submits.at(0).records.at(0).payload, "1") << "nothing was lost";
}

TEST(PolledSource, resumes_behind_the_stored_cursor_and_ends) {
    Harness h(counter);
    EXPECT_EQ(h.resume("p", "4"), WEIR_OK);
    EXPECT_EQ(h.poll(), WEIR_OK);
    EXPECT_EQ(h.submits.at(0).records.size(), 1U);
    EXPECT_EQ(h.poll(), WEIR_END);
    EXPECT_EQ(h.resume("p", "garbage"), WEIR_E_FATAL);
}

TEST(PolledSource, learns_what_became_of_its_tokens) {
    Harness h(counter);
    h.poll(2);
    h.ack_all();
    h.ack(99, WEIR_OUT_REJECTED, "TOO_LARGE");
    const auto& source = weir::detail::self<Counter>(h.instance());
    EXPECT_EQ(source.durable, 1);
    EXPECT_EQ(source.rejected, 1);
}

// Answers a request when its record is durable.
class Hook final : public weir::ListeningSource<> {
  public:
    using ListeningSource::ListeningSource;
    void start(weir::Call&) override { listener_.listen("/hook", 1024); }
    void ack(const weir::Ack& ack) noexcept override { listener_.respond(ack.token(), ack.durable() ? 202 : 503); }

  private:
    void handle(const weir::HttpIncoming& request) {
        if (request.body() == "bug") throw std::runtime_error("a bug");
        auto out = begin();
        if (!out) return static_cast<void>(listener_.respond(request.id(), 503, "full", {{"retry-after", "1"}}));
        (*out)(request.body(), {.subject = request.header("x-customer")});
        if (!out->submit(request.id())) listener_.respond(request.id(), 503);
    }
    weir::HttpListener listener_{host(), [this](const weir::HttpIncoming& request) { handle(request); }};
};
WEIR_COMPONENT(hook, Hook, WEIR_TRAIT_STABLE_IDS)

TEST(ListeningSource, answers_only_when_the_record_is_durable) {
    Harness h(hook);
    ASSERT_EQ(h.start(), WEIR_OK);
    const auto id = h.host.listener.send({.path = "/hook", .body = "{}", .headers = {{"x-customer", "c1"}}});
    EXPECT_EQ(h.submits.at(0).records.at(0).subject, "c1");
    EXPECT_FALSE(h.host.listener.reply(id).has_value());
    h.ack_all();
    EXPECT_EQ(h.host.listener.reply(id).value().status, 202);
}

TEST(ListeningSource, passes_back_pressure_and_bugs_to_the_sender) {
    Harness h(hook);
    ASSERT_EQ(h.start(), WEIR_OK);
    h.inlet_full = true;
    const auto full = h.host.listener.send({.path = "/hook", .body = "{}"});
    EXPECT_EQ(h.host.listener.reply(full).value().status, 503);
    EXPECT_EQ(h.host.listener.reply(full).value().headers.at(0).second, "1");
    h.inlet_full = false;
    h.busy_submits = 1;
    EXPECT_EQ(h.host.listener.reply(h.host.listener.send({.path = "/hook", .body = "{}"})).value().status, 503);
    EXPECT_EQ(h.host.listener.reply(h.host.listener.send({.path = "/hook", .body = "bug"})).value().status, 500);
    EXPECT_TRUE(h.submits.empty());
}

TEST(ListeningSource, stops_listening_when_destroyed) {
    weir::testing::FakeHost host;
    {
        Harness h(host, hook);
        h.start();
        EXPECT_TRUE(host.listener.listening("/hook"));
    }
    EXPECT_FALSE(host.listener.listening("/hook"));
}

TEST(ListeningSource, has_no_poll_in_its_table_and_a_polled_one_no_attach) {
    const auto* listening = static_cast<const weir_source_ops*>(hook.ops);
    const auto* polled = static_cast<const weir_source_ops*>(counter.ops);
    EXPECT_EQ(listening->poll, nullptr);
    EXPECT_NE(listening->attach, nullptr);
    EXPECT_EQ(listening->credit, nullptr) << "not overridden";
    EXPECT_NE(polled->poll, nullptr);
    EXPECT_EQ(polled->attach, nullptr);
}

}  // namespace
