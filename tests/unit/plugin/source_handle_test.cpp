#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "tests/unit/plugin/fake_plugin.hpp"

namespace weir::plugin {
namespace {

using ::testing::ElementsAre;
using testing::FakeComponent;
using testing::FakeHost;
using testing::outcome;

struct Acked {
    std::uint64_t token = 0;
    std::uint32_t kind = 0;
    std::vector<std::pair<std::uint32_t, std::string>> items;
};

struct FakeSource : FakeComponent {
    using Poll = std::function<weir_status(const weir_call*, weir_out*, weir_error*)>;
    explicit FakeSource(bool self_driven) : FakeComponent(WEIR_KIND_SOURCE, &ops) {
        if (!self_driven) ops.poll = &call_poll;
    }
    static FakeSource& source(weir_instance* self) { return static_cast<FakeSource&>(of(self)); }
    static weir_status call_poll(weir_instance* self, const weir_call* call, weir_out* out, std::uint32_t,
                                 std::uint64_t, weir_error* error) noexcept {
        return source(self).on_poll(call, out, error);
    }
    static void call_ack(weir_instance* self, std::uint64_t token, const weir_outcome* whole, const weir_outcome* items,
                         std::uint32_t count, std::uint32_t stride) noexcept {
        Acked acked{token, whole->kind, {}};
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto* item = reinterpret_cast<const weir_outcome*>(reinterpret_cast<const char*>(items) +
                                                                     static_cast<std::size_t>(i) * stride);
            acked.items.emplace_back(item->kind, view(item->code));
        }
        FakeSource& self_source = source(self);
        const std::lock_guard lock(self_source.mutex);
        self_source.acks.push_back(std::move(acked));
        self_source.changed.notify_all();
    }
    std::vector<Acked> wait_acks(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return acks.size() >= count; });
        return acks;
    }
    std::vector<std::uint64_t> tokens() {
        const std::lock_guard lock(mutex);
        std::vector<std::uint64_t> all;
        for (const Acked& ack : acks) all.push_back(ack.token);
        return all;
    }

    weir_source_ops ops{sizeof(weir_source_ops),
                        0,
                        nullptr,
                        &call_ack,
                        [](weir_instance* self, weir_str partition, weir_str cursor, weir_error*) noexcept {
                            source(self).resumed = std::string(view(partition)) + "=" + std::string(view(cursor));
                            return weir_status{WEIR_OK};
                        },
                        [](weir_instance* self, weir_inlet* given) noexcept { source(self).inlet = given; },
                        [](weir_instance* self, std::uint64_t, std::uint64_t) noexcept {
                            FakeSource& starved = source(self);
                            const std::lock_guard lock(starved.mutex);
                            ++starved.credits;
                            starved.changed.notify_all();
                        }};
    Poll on_poll;
    std::string resumed;
    weir_inlet* inlet = nullptr;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Acked> acks;
    int credits = 0;
};

class FakeIntake final : public Intake {
  public:
    struct Taken {
        std::vector<std::string> ids;
        std::vector<std::string> payloads;
        std::vector<Hold> holds;
        std::int64_t ingest = 0;
        std::string partition;
        std::optional<std::string> cursor;
        SubmitDone done;
    };
    Status submit(EncodedBatch&& records, std::string_view partition, std::optional<std::string_view> cursor,
                  SubmitDone done) override {
        const std::lock_guard lock(mutex);
        if (refuse) return *refuse;
        const EncodedBatch mine = std::move(records);
        const auto decoded = decode_records(mine.frames, mine.count(), nullptr);
        EXPECT_TRUE(decoded);
        Taken& one = taken.emplace_back();
        for (const weir_record& record : decoded->batch->records()) {
            one.ids.emplace_back(view(record.id));
            one.payloads.emplace_back(view(record.payload));
            one.ingest = record.ingest_unix_ns;
        }
        one.holds = decoded->holds;
        one.partition = partition;
        if (cursor) one.cursor = std::string(*cursor);
        one.done = std::move(done);
        return ok();
    }
    [[nodiscard]] bool has_room() const noexcept override { return room; }
    void finish(std::size_t index, const SubmitResult& result = {}) {
        SubmitDone done;
        {
            const std::lock_guard lock(mutex);
            done = std::exchange(taken.at(index).done, nullptr);
        }
        done(result);
    }
    // What a journal does at its end: every submit gets its answer.
    void finish_the_rest() {
        for (Taken& one : taken) {
            if (one.done) one.done({Error{Errc::unavailable, "closing", "closing", {}}, {}});
        }
    }

    std::mutex mutex;
    std::deque<Taken> taken;
    std::optional<Error> refuse;
    std::atomic<bool> room{true};
};

weir_status emit(weir_out* out, std::string_view payload, std::string_view id = {}) {
    weir_record record{};
    record.payload = str(payload);
    if (!id.empty()) record.id = str(id);
    return out->emit(out, &record, sizeof record);
}

class SourceHandleTest : public ::testing::Test {
  protected:
    ~SourceHandleTest() override {
        handle_.reset();
        intake_.finish_the_rest();
    }
    SourceHandle& make(bool self_driven) {
        fake_ = std::make_unique<FakeSource>(self_driven);
        auto made = make_source(host_.library, fake_->abi(), host_.context, "in", "{}", intake_);
        EXPECT_TRUE(made);
        handle_ = std::move(*made);
        return *handle_;
    }
    Result<weir_status> poll(FakeSource::Poll body) {
        fake_->on_poll = std::move(body);
        return handle_->poll({}, 100, 1 << 20);
    }
    // Submits one record under `token`.
    void poll_one(std::uint64_t token) {
        const auto polled = poll([token](const weir_call*, weir_out* out, weir_error*) {
            EXPECT_EQ(emit(out, "x"), WEIR_OK);
            return out->submit(out, {}, {}, token);
        });
        ASSERT_TRUE(polled);
    }
    void poll_nothing() {
        (void)poll([](const weir_call*, weir_out*, weir_error*) { return WEIR_IDLE; });
    }

    FakeHost host_;
    FakeIntake intake_;
    std::unique_ptr<FakeSource> fake_;
    std::unique_ptr<SourceHandle> handle_;
};

TEST_F(SourceHandleTest, submits_what_was_emitted_as_one_batch) {
    make(false);
    const auto polled = poll([](const weir_call*, weir_out* out, weir_error*) {
        EXPECT_EQ(emit(out, "a", "1"), WEIR_OK);
        EXPECT_EQ(emit(out, "b"), WEIR_OK);
        return out->submit(out, str("p0"), str("offset 7"), 42);
    });
    ASSERT_TRUE(polled);
    EXPECT_EQ(*polled, WEIR_OK);
    ASSERT_EQ(intake_.taken.size(), 1U);
    const FakeIntake::Taken& taken = intake_.taken[0];
    EXPECT_THAT(taken.payloads, ElementsAre("a", "b"));
    EXPECT_EQ(taken.ids[0], "1");
    EXPECT_EQ(taken.ids[1].size(), 36U) << "an absent id becomes a UUID";
    EXPECT_EQ(taken.ids[1][14], '7');
    EXPECT_EQ(taken.ingest, host_.clock.wall_ns());
    EXPECT_EQ(taken.partition, "p0");
    EXPECT_EQ(taken.cursor, "offset 7");
}

TEST_F(SourceHandleTest, an_absent_cursor_leaves_the_stored_one) {
    make(false);
    (void)poll([](const weir_call*, weir_out* out, weir_error*) {
        EXPECT_EQ(out->submit(out, {}, {}, 1), WEIR_OK);
        EXPECT_EQ(out->submit(out, {}, str(""), 2), WEIR_OK);
        return WEIR_OK;
    });
    EXPECT_EQ(intake_.taken.at(0).cursor, std::nullopt);
    EXPECT_EQ(intake_.taken.at(1).cursor, "");
}

TEST_F(SourceHandleTest, acks_come_in_submit_order_around_poll) {
    make(false);
    for (const std::uint64_t token : {1U, 2U, 3U}) poll_one(token);
    EXPECT_EQ(handle_->unacknowledged(), 3U);
    intake_.finish(2);
    intake_.finish(1);
    poll_nothing();
    EXPECT_THAT(fake_->tokens(), ElementsAre()) << "the first is not durable yet";
    intake_.finish(0);
    EXPECT_THAT(fake_->tokens(), ElementsAre()) << "the journal's thread runs no plugin code";
    handle_->give_acks();
    EXPECT_THAT(fake_->tokens(), ElementsAre(1, 2, 3));
    EXPECT_EQ(handle_->unacknowledged(), 0U);
}

TEST_F(SourceHandleTest, acks_say_what_became_of_the_batch) {
    make(false);
    for (std::uint64_t token = 0; token < 5; ++token) poll_one(token);
    const SubmitItem mixed[] = {{WEIR_OUT_OK, {}}, {WEIR_OUT_REJECTED, "ID_CONFLICT"}};
    const SubmitItem duplicates[] = {{WEIR_OUT_DUPLICATE, {}}, {WEIR_OUT_DUPLICATE, {}}};
    intake_.finish(0);
    intake_.finish(1, {ok(), mixed});
    intake_.finish(2, {ok(), duplicates});
    intake_.finish(3, {Error{Errc::unavailable, "disk full", "disk_full", {}}, {}});
    intake_.finish(4, {Error{Errc::invalid, "no", "no", {}}, {}});
    poll_nothing();
    const std::vector<Acked> acks = fake_->wait_acks(5);
    EXPECT_EQ(acks[0].kind, std::uint32_t{WEIR_OUT_OK});
    EXPECT_TRUE(acks[0].items.empty());
    EXPECT_EQ(acks[1].kind, std::uint32_t{WEIR_OUT_OK});
    ASSERT_EQ(acks[1].items.size(), 2U);
    EXPECT_EQ(acks[1].items[1].second, "ID_CONFLICT");
    EXPECT_EQ(acks[2].kind, std::uint32_t{WEIR_OUT_DUPLICATE});
    EXPECT_EQ(acks[3].kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_EQ(acks[4].kind, std::uint32_t{WEIR_OUT_REJECTED});
}

TEST_F(SourceHandleTest, a_bad_row_is_held_and_not_lost) {
    make(false);
    (void)poll([](const weir_call*, weir_out* out, weir_error*) {
        EXPECT_EQ(emit(out, "good"), WEIR_OK);
        EXPECT_EQ(emit(out, "bad"), WEIR_OK);
        weir_outcome bad = outcome(WEIR_OUT_REJECTED, "BAD_DATE", "not a date");
        EXPECT_EQ(out->set_outcome(out, 1, &bad), WEIR_OK);
        EXPECT_EQ(out->set_outcome(out, 1, &bad), WEIR_E_PROTOCOL);
        EXPECT_EQ(out->set_outcome(out, 2, &bad), WEIR_E_PROTOCOL);
        return out->submit(out, {}, {}, 1);
    });
    const FakeIntake::Taken& taken = intake_.taken.at(0);
    EXPECT_THAT(taken.payloads, ElementsAre("good", "bad"));
    ASSERT_EQ(taken.holds.size(), 1U);
    EXPECT_EQ(taken.holds[0].index, 1U);
    EXPECT_EQ(taken.holds[0].code, "BAD_DATE");
    EXPECT_EQ(taken.holds[0].message, "not a date");
    EXPECT_EQ(taken.holds[0].error_class, std::uint32_t{WEIR_CLASS_BUSINESS});
}

TEST_F(SourceHandleTest, a_busy_submit_keeps_the_records_and_gives_no_ack) {
    make(false);
    (void)poll([&](const weir_call*, weir_out* out, weir_error*) {
        EXPECT_EQ(emit(out, "a"), WEIR_OK);
        const weir_outcome bad = outcome(WEIR_OUT_REJECTED, "BAD");
        EXPECT_EQ(out->set_outcome(out, 0, &bad), WEIR_OK);
        intake_.refuse = Error{Errc::unavailable, "full", "full", {}};
        EXPECT_EQ(out->submit(out, {}, {}, 1), WEIR_E_BUSY);
        intake_.refuse.reset();
        EXPECT_EQ(emit(out, "b"), WEIR_OK);
        EXPECT_EQ(out->set_outcome(out, 1, &bad), WEIR_OK);
        return out->submit(out, {}, {}, 2);
    });
    EXPECT_THAT(intake_.taken.at(0).payloads, ElementsAre("a", "b"));
    EXPECT_EQ(intake_.taken.at(0).holds.size(), 2U);
    EXPECT_EQ(handle_->unacknowledged(), 1U);
    intake_.finish(0);
    poll_nothing();
    EXPECT_THAT(fake_->tokens(), ElementsAre(2));
}

TEST_F(SourceHandleTest, what_is_too_large_is_refused) {
    host_.context->payload_bytes_max = 1'000;
    host_.context->out_bytes_max = 3'000;
    make(false);
    (void)poll([&](const weir_call*, weir_out* out, weir_error*) {
        EXPECT_EQ(emit(out, std::string(1'001, 'x')), WEIR_E_TOO_LARGE);
        EXPECT_EQ(emit(out, "x", std::string(65'536, 'i')), WEIR_E_TOO_LARGE);
        EXPECT_EQ(out->submit(out, {}, str(std::string(65'537, 'c')), 1), WEIR_E_TOO_LARGE);
        EXPECT_EQ(out->submit(out, str(std::string(1'025, 'p')), {}, 1), WEIR_E_TOO_LARGE);
        EXPECT_EQ(out->alloc(out, 3'001), nullptr);
        weir_status status = WEIR_OK;
        for (int i = 0; i < 10 && status == WEIR_OK; ++i) status = emit(out, std::string(1'000, 'x'));
        EXPECT_EQ(status, WEIR_E_TOO_LARGE);
        return WEIR_OK;
    });
    EXPECT_TRUE(intake_.taken.empty());
    EXPECT_EQ(handle_->unacknowledged(), 0U);
}

TEST_F(SourceHandleTest, nothing_is_taken_outside_poll_or_from_another_thread) {
    make(false);
    weir_out* kept = nullptr;
    (void)poll([&](const weir_call*, weir_out* out, weir_error*) {
        kept = out;
        std::thread([&] { EXPECT_EQ(emit(out, "x"), WEIR_E_PROTOCOL); }).join();
        EXPECT_EQ(emit(out, "never submitted"), WEIR_OK);
        return WEIR_OK;
    });
    EXPECT_EQ(emit(kept, "x"), WEIR_E_PROTOCOL);
    EXPECT_EQ(kept->submit(kept, {}, {}, 1), WEIR_E_PROTOCOL);
    (void)poll([](const weir_call*, weir_out* out, weir_error*) { return out->submit(out, {}, {}, 1); });
    EXPECT_TRUE(intake_.taken.at(0).payloads.empty()) << "what was not submitted is dropped";
}

TEST_F(SourceHandleTest, poll_tells_idle_end_and_errors_apart) {
    make(false);
    const auto poll_with = [&](weir_status status) {
        return poll([status](const weir_call*, weir_out*, weir_error* error) {
            testing::fill(error, "ACME_GONE", "the file is gone");
            return status;
        });
    };
    EXPECT_EQ(*poll_with(WEIR_IDLE), WEIR_IDLE);
    EXPECT_EQ(*poll_with(WEIR_END), WEIR_END);
    EXPECT_EQ(*poll_with(99), WEIR_OK);
    EXPECT_EQ(poll_with(WEIR_E_DISCONNECTED).error().code, "disconnected");
    EXPECT_EQ(poll_with(WEIR_E_DISCONNECTED).error().message, "in: ACME_GONE: the file is gone");
    EXPECT_EQ(poll_with(WEIR_E_RETRY).error().code, "ACME_GONE");
    EXPECT_EQ(poll_with(WEIR_E_RETRY).error().errc, Errc::unavailable);
    EXPECT_EQ(poll_with(WEIR_E_CONFIG).error().errc, Errc::invalid);
    EXPECT_TRUE(handle_->resume("p", "9"));
    EXPECT_EQ(fake_->resumed, "p=9");
}

TEST_F(SourceHandleTest, results_that_come_after_the_source_is_gone_are_dropped) {
    make(false);
    poll_one(1);
    poll_one(2);
    intake_.finish(0);
    handle_.reset();
    EXPECT_THAT(fake_->tokens(), ElementsAre(1)) << "durable already: told before destroy";
    EXPECT_EQ(fake_->destroys, 1);
    intake_.finish(1);
    EXPECT_THAT(fake_->tokens(), ElementsAre(1));
}

TEST_F(SourceHandleTest, a_self_driven_source_is_told_on_a_thread_of_its_own) {
    make(true);
    ASSERT_NE(fake_->inlet, nullptr);
    weir_out* out = fake_->inlet->begin(fake_->inlet);
    ASSERT_NE(out, nullptr);
    EXPECT_EQ(emit(out, "a"), WEIR_OK);
    EXPECT_EQ(out->submit(out, {}, {}, 5), WEIR_OK);
    EXPECT_EQ(emit(out, "dropped"), WEIR_OK);
    fake_->inlet->end(fake_->inlet, out);
    EXPECT_EQ(emit(out, "x"), WEIR_E_PROTOCOL);
    intake_.finish(0);
    EXPECT_EQ(fake_->wait_acks(1)[0].token, 5U);
    EXPECT_EQ(intake_.taken.size(), 1U);
}

TEST_F(SourceHandleTest, a_self_driven_source_submits_from_many_threads) {
    make(true);
    constexpr std::uint64_t kThreads = 4;
    constexpr std::uint64_t kEach = 250;
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < kEach; ++i) {
                weir_out* out = fake_->inlet->begin(fake_->inlet);
                ASSERT_NE(out, nullptr);
                EXPECT_EQ(emit(out, "x"), WEIR_OK);
                EXPECT_EQ(out->submit(out, {}, {}, t * kEach + i), WEIR_OK);
                fake_->inlet->end(fake_->inlet, out);
            }
        });
    }
    std::thread journal([&] {
        for (std::size_t i = 0; i < kThreads * kEach;) {
            std::unique_lock lock(intake_.mutex);
            const bool there = intake_.taken.size() > i;
            lock.unlock();
            if (there)
                intake_.finish(i++);
            else
                std::this_thread::yield();
        }
    });
    for (std::thread& thread : threads) thread.join();
    journal.join();
    const auto acks = fake_->wait_acks(kThreads * kEach);
    std::set<std::uint64_t> tokens;
    for (const Acked& ack : acks) tokens.insert(ack.token);
    EXPECT_EQ(tokens.size(), kThreads * kEach);
    handle_.reset();
}

TEST_F(SourceHandleTest, a_source_without_room_is_given_credit_when_there_is_some) {
    make(true);
    intake_.room = false;
    EXPECT_EQ(fake_->inlet->begin(fake_->inlet), nullptr);
    {
        const std::lock_guard lock(fake_->mutex);
        EXPECT_EQ(fake_->credits, 0);
    }
    intake_.room = true;
    std::unique_lock lock(fake_->mutex);
    fake_->changed.wait(lock, [&] { return fake_->credits > 0; });
}

TEST_F(SourceHandleTest, no_ack_comes_once_destroy_has_begun) {
    make(true);
    weir_out* out = fake_->inlet->begin(fake_->inlet);
    EXPECT_EQ(emit(out, "a"), WEIR_OK);
    EXPECT_EQ(out->submit(out, {}, {}, 1), WEIR_OK);
    fake_->on_destroy = [&] {
        // A thread that is still ending: refused, and the intake is not touched.
        EXPECT_EQ(emit(out, "b"), WEIR_E_CANCELLED);
        EXPECT_EQ(out->submit(out, {}, {}, 2), WEIR_E_CANCELLED);
        EXPECT_EQ(fake_->inlet->begin(fake_->inlet), nullptr);
        intake_.finish(0);
        fake_->inlet->end(fake_->inlet, out);
    };
    handle_.reset();
    EXPECT_THAT(fake_->tokens(), ElementsAre());
    EXPECT_EQ(intake_.taken.size(), 1U);
}

}  // namespace
}  // namespace weir::plugin
