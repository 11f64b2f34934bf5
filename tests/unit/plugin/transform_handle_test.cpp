#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/state.h>

#include <barrier>
#include <map>
#include <thread>

#include "tests/unit/plugin/fake_plugin.hpp"

namespace weir::plugin {
namespace {

using testing::batch_of;
using ::testing::ElementsAre;
using testing::FakeComponent;
using testing::FakeHost;
using ::testing::HasSubstr;
using testing::outcome;

struct FakeTransform : FakeComponent {
    using Body = std::function<weir_status(const weir_call*, const weir_batch*, weir_out*, weir_error*)>;
    FakeTransform() : FakeComponent(WEIR_KIND_TRANSFORM, &kOps) {}
    static weir_status call(weir_instance* self, const weir_call* call, const weir_batch* in, weir_out* out,
                            weir_error* error) noexcept {
        return static_cast<FakeTransform&>(of(self)).body(call, in, out, error);
    }
    static constexpr weir_transform_ops kOps{sizeof(weir_transform_ops), 0, &call};
    Body body;
};

class FakeState final : public StateReader {
  public:
    Result<std::optional<std::string>> get(std::string_view scope, std::string_view key) override {
        const auto found = values.find(std::string(scope) + "/" + std::string(key));
        if (found == values.end()) return std::optional<std::string>();
        return std::optional(found->second);
    }
    std::map<std::string, std::string> values;
};

class TransformHandleTest : public ::testing::Test {
  protected:
    TransformResult run(FakeTransform::Body body, const BatchPtr& in) {
        fake_.body = std::move(body);
        if (!handle_) {
            auto made = make_transform(host_.library, fake_.abi(), host_.context, "route/step", "{}", "scope");
            EXPECT_TRUE(made);
            handle_ = std::move(*made);
        }
        CallContext call;
        call.id = ++calls_;
        return handle_->transform(call, in);
    }
    // Emits one record made by `make` for each input, all OK.
    TransformResult emit_each(const std::function<void(weir_record&, weir_out*)>& make, const BatchPtr& in,
                              std::uint32_t record_size = sizeof(weir_record)) {
        return run(
            [&, record_size](const weir_call*, const weir_batch* batch, weir_out* out, weir_error*) {
                for (std::uint32_t i = 0; i < batch->count; ++i) {
                    weir_record record{};
                    record.origin = i;
                    record.time_unix_ns = WEIR_TIME_UNKNOWN;
                    make(record, out);
                    EXPECT_EQ(out->emit(out, &record, record_size), WEIR_OK);
                    const weir_outcome done = outcome(WEIR_OUT_OK);
                    EXPECT_EQ(out->set_outcome(out, i, &done), WEIR_OK);
                }
                return WEIR_OK;
            },
            in);
    }

    FakeHost host_;
    FakeState state_;
    FakeTransform fake_;
    std::uint64_t calls_ = 0;
    std::unique_ptr<TransformHandle> handle_;
};

TEST_F(TransformHandleTest, shares_the_inputs_memory) {
    const BatchPtr in = batch_of(3);
    const TransformResult result = run(
        [](const weir_call*, const weir_batch* batch, weir_out* out, weir_error*) {
            for (std::uint32_t i = 0; i < batch->count; ++i) {
                weir_record record;
                weir_batch_load(batch, i, &record);
                record.origin = i;
                record.key = {record.payload.data + 2, 3};  // cut out of the payload
                EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_OK);
                const weir_outcome done = outcome(WEIR_OUT_OK);
                EXPECT_EQ(out->set_outcome(out, i, &done), WEIR_OK);
            }
            return WEIR_OK;
        },
        in);
    ASSERT_EQ(result.output->size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ((*result.output)[i].payload.data, (*in)[i].payload.data);
        EXPECT_EQ((*result.output)[i].attrs, (*in)[i].attrs);
        EXPECT_EQ((*result.output)[i].key.data, (*in)[i].payload.data + 2);
    }
}

TEST_F(TransformHandleTest, takes_arena_memory_as_it_is_and_copies_what_is_the_plugins) {
    const void* built = nullptr;
    std::string own = "the plugin's own memory";
    TransformResult result = emit_each(
        [&](weir_record& record, weir_out* out) {
            char* memory = static_cast<char*>(out->alloc(out, 5));
            std::memcpy(memory, "built", 5);
            built = memory;
            record.payload = {memory, 5};
            record.subject = str(own);
        },
        batch_of(1));
    own.assign(own.size(), 'x');
    const weir_record& record = (*result.output)[0];
    EXPECT_EQ(record.payload.data, built);
    EXPECT_EQ(view(record.payload), "built");
    EXPECT_EQ(view(record.subject), "the plugin's own memory");
}

TEST_F(TransformHandleTest, output_outlives_handle_and_input) {
    TransformResult result = emit_each(
        [](weir_record& record, weir_out* out) {
            char* memory = static_cast<char*>(out->alloc(out, 100'000));
            std::memset(memory, 'a', 100'000);
            record.payload = {memory, 100'000};
        },
        batch_of(2));
    handle_.reset();
    EXPECT_EQ(view((*result.output)[1].payload), std::string(100'000, 'a'));
    EXPECT_EQ(view((*result.output)[1].id), "r1");
}

TEST_F(TransformHandleTest, inherits_what_was_left_absent) {
    const TransformResult result =
        emit_each([](weir_record& record, weir_out*) { record.type = str("new"); }, batch_of(1));
    const weir_record& record = (*result.output)[0];
    EXPECT_EQ(view(record.type), "new");
    EXPECT_EQ(view(record.id), "r0");
    EXPECT_EQ(view(record.key), "key");
    EXPECT_EQ(view(record.source), "source");
    EXPECT_EQ(view(record.correlation_id), "correlation");
    EXPECT_EQ(view(record.traceparent), "trace");
    EXPECT_EQ(view(record.payload), "payload r0");
    EXPECT_EQ(record.time_unix_ns, 1'000);
    EXPECT_EQ(record.ingest_unix_ns, 2'000);
    ASSERT_EQ(record.attr_count, 1U);
    EXPECT_EQ(view(record.attrs[0].value), "acme");
}

TEST_F(TransformHandleTest, a_fresh_record_inherits_nothing_but_its_identity) {
    const TransformResult result = emit_each(
        [](weir_record& record, weir_out*) {
            record.flags = WEIR_REC_FRESH;
            record.payload = str("{}");
        },
        batch_of(1));
    const weir_record& record = (*result.output)[0];
    EXPECT_EQ(view(record.id), "r0");
    EXPECT_EQ(record.key.data, nullptr);
    EXPECT_EQ(record.traceparent.data, nullptr);
    EXPECT_EQ(record.attr_count, 0U);
    EXPECT_EQ(record.time_unix_ns, WEIR_TIME_UNKNOWN);
    EXPECT_EQ(record.ingest_unix_ns, 2'000);
    EXPECT_EQ(record.flags, 0U);
}

TEST_F(TransformHandleTest, empty_is_not_absent_and_a_tombstone_has_no_payload) {
    TransformResult empty =
        emit_each([](weir_record& record, weir_out*) { record.payload = record.key = str(""); }, batch_of(1));
    EXPECT_EQ((*empty.output)[0].payload.size, 0U);
    EXPECT_EQ((*empty.output)[0].key.size, 0U);
    const TransformResult gone =
        emit_each([](weir_record& record, weir_out*) { record.flags = WEIR_REC_TOMBSTONE; }, batch_of(1));
    EXPECT_EQ((*gone.output)[0].payload.data, nullptr);
    EXPECT_EQ((*gone.output)[0].flags, std::uint32_t{WEIR_REC_TOMBSTONE});
}

TEST_F(TransformHandleTest, an_old_plugins_smaller_record_keeps_newer_fields) {
    // A plugin that knows the record only as far as `key`, and that has rubbish behind it.
    const auto old_size = static_cast<std::uint32_t>(offsetof(weir_record, type));
    const TransformResult result = emit_each(
        [](weir_record& record, weir_out*) {
            record.key = str("changed");
            record.type = {reinterpret_cast<const char*>(0x10), 99};
            record.attrs = reinterpret_cast<const weir_attr*>(0x10);
            record.attr_count = 9;
            record.payload = {reinterpret_cast<const char*>(0x10), 99};
        },
        batch_of(1), old_size);
    const weir_record& record = (*result.output)[0];
    EXPECT_EQ(view(record.key), "changed");
    EXPECT_EQ(view(record.type), "type");
    EXPECT_EQ(view(record.payload), "payload r0");
    EXPECT_EQ(record.attr_count, 1U);
}

TEST_F(TransformHandleTest, sorts_by_origin_and_keeps_the_order_within) {
    const TransformResult result = run(
        [](const weir_call*, const weir_batch*, weir_out* out, weir_error*) {
            for (const auto& [origin, text] : {std::pair{2U, "c1"}, {0U, "a1"}, {2U, "c2"}, {1U, "b1"}, {0U, "a2"}}) {
                weir_record record{};
                record.origin = origin;
                record.payload = str(text);
                EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_OK);
            }
            const weir_outcome done = outcome(WEIR_OUT_OK);
            for (std::uint32_t i = 0; i < 3; ++i) out->set_outcome(out, i, &done);
            return WEIR_OK;
        },
        batch_of(3));
    std::vector<std::string> order;
    for (const weir_record& record : result.output->records()) order.emplace_back(view(record.payload));
    EXPECT_THAT(order, ElementsAre("a1", "a2", "b1", "c1", "c2"));
}

TEST_F(TransformHandleTest, discards_what_was_emitted_for_inputs_that_are_not_ok) {
    const TransformResult result = run(
        [](const weir_call*, const weir_batch* batch, weir_out* out, weir_error*) {
            const std::uint32_t kinds[] = {WEIR_OUT_OK,
                                           WEIR_OUT_REJECTED,
                                           WEIR_OUT_FILTERED,
                                           WEIR_OUT_UNSET,
                                           WEIR_OUT_THROTTLED,
                                           WEIR_OUT_RETRY_UNKNOWN,
                                           4711};
            for (std::uint32_t i = 0; i < batch->count; ++i) {
                weir_record record{};
                record.origin = i;
                EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_OK);
                const weir_outcome said = outcome(kinds[i], "CODE", "why");
                if (kinds[i] == WEIR_OUT_UNSET) continue;
                EXPECT_EQ(out->set_outcome(out, i, &said), WEIR_OK);
            }
            return WEIR_OK;
        },
        batch_of(7));
    ASSERT_EQ(result.output->size(), 1U);
    EXPECT_EQ((*result.output)[0].origin, 0U);
    std::vector<std::uint32_t> kinds;
    for (const Outcome& each : result.outcomes) kinds.push_back(each.kind);
    EXPECT_THAT(kinds, ElementsAre(WEIR_OUT_OK, WEIR_OUT_REJECTED, WEIR_OUT_FILTERED, WEIR_OUT_RETRY,
                                   WEIR_OUT_THROTTLED, WEIR_OUT_RETRY, WEIR_OUT_RETRY));
    EXPECT_EQ(result.outcomes[1].error_class, std::uint32_t{WEIR_CLASS_BUSINESS});
    EXPECT_EQ(result.outcomes[3].code, "outcome_unset");
    EXPECT_EQ(result.outcomes[3].error_class, std::uint32_t{WEIR_CLASS_TECHNICAL});
}

TEST_F(TransformHandleTest, the_first_outcome_stands) {
    const TransformResult result = run(
        [](const weir_call*, const weir_batch*, weir_out* out, weir_error*) {
            const weir_outcome first = outcome(WEIR_OUT_REJECTED, "FIRST");
            const weir_outcome second = outcome(WEIR_OUT_OK);
            EXPECT_EQ(out->set_outcome(out, 0, &first), WEIR_OK);
            EXPECT_EQ(out->set_outcome(out, 0, &second), WEIR_E_PROTOCOL);
            EXPECT_EQ(out->set_outcome(out, 1, &second), WEIR_E_PROTOCOL) << "there is no record 1";
            EXPECT_EQ(out->set_outcome(out, 0, nullptr), WEIR_E_PROTOCOL);
            return WEIR_OK;
        },
        batch_of(1));
    EXPECT_EQ(result.outcomes[0].code, "FIRST");
}

TEST_F(TransformHandleTest, refuses_emits_that_break_the_contract) {
    host_.context->payload_bytes_max = 1'000;
    (void)run(
        [](const weir_call*, const weir_batch*, weir_out* out, weir_error*) {
            weir_record record{};
            record.origin = 1;
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_PROTOCOL) << "no such input";
            record.origin = 0;
            EXPECT_EQ(out->emit(out, nullptr, sizeof record), WEIR_E_PROTOCOL);
            EXPECT_EQ(out->emit(out, &record, 4), WEIR_E_PROTOCOL);
            record.subject = {nullptr, 3};
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_PROTOCOL);
            const std::string longest(65'536, 'x');
            record.subject = str(longest);
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_TOO_LARGE);
            record.subject = {};
            record.payload = {longest.data(), 1'001};
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_TOO_LARGE);
            record.payload = {longest.data(), 1'000};
            record.attr_count = 1;
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_PROTOCOL);
            const std::vector<weir_attr> attrs(65);
            record.attrs = attrs.data();
            record.attr_count = 65;
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_TOO_LARGE);
            record.attr_count = 64;
            EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_OK);
            return WEIR_OK;
        },
        batch_of(1));
}

TEST_F(TransformHandleTest, gives_no_memory_beyond_the_limit) {
    host_.context->out_bytes_max = 100'000;
    const TransformResult result = run(
        [](const weir_call*, const weir_batch*, weir_out* out, weir_error*) {
            EXPECT_EQ(out->alloc(out, 200'000), nullptr);
            EXPECT_EQ(out->alloc(out, ~std::size_t{0}), nullptr);
            EXPECT_NE(out->alloc(out, 90'000), nullptr);
            EXPECT_EQ(out->alloc(out, 20'000), nullptr);
            weir_record record{};
            weir_status status = WEIR_OK;
            int emitted = 0;
            while (status == WEIR_OK && emitted < 1'000) {
                status = out->emit(out, &record, sizeof record);
                ++emitted;
            }
            EXPECT_EQ(status, WEIR_E_TOO_LARGE) << "record tables count, too";
            return status;
        },
        batch_of(1));
    EXPECT_EQ(result.call.end, CallEnd::busy);
    EXPECT_EQ(result.call.error.code, "too_large");
}

TEST_F(TransformHandleTest, nothing_is_taken_outside_the_call_or_from_another_thread) {
    weir_out* kept = nullptr;
    (void)run(
        [&](const weir_call*, const weir_batch*, weir_out* out, weir_error*) {
            kept = out;
            std::thread([&] {
                const weir_record record{};
                EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_E_PROTOCOL);
                EXPECT_EQ(out->alloc(out, 8), nullptr);
            }).join();
            EXPECT_EQ(out->submit(out, {}, {}, 0), WEIR_E_UNSUPPORTED);
            return WEIR_OK;
        },
        batch_of(1));
    const weir_record record{};
    const weir_outcome done = outcome(WEIR_OUT_OK);
    EXPECT_EQ(kept->emit(kept, &record, sizeof record), WEIR_E_PROTOCOL);
    EXPECT_EQ(kept->set_outcome(kept, 0, &done), WEIR_E_PROTOCOL);
    EXPECT_EQ(kept->alloc(kept, 8), nullptr);
}

TEST_F(TransformHandleTest, a_status_below_zero_fails_the_whole_batch) {
    const auto fail_with = [&](weir_status status) {
        return run(
            [status](const weir_call*, const weir_batch*, weir_out* out, weir_error* error) {
                weir_record record{};
                (void)out->emit(out, &record, sizeof record);
                testing::fill(error, "ACME_DOWN", "the rate service is down");
                return status;
            },
            batch_of(1));
    };
    const TransformResult result = fail_with(WEIR_E_RETRY);
    EXPECT_EQ(result.call.end, CallEnd::busy);
    EXPECT_EQ(result.call.error.code, "ACME_DOWN");
    EXPECT_EQ(result.call.error.message, "route/step: the rate service is down");
    EXPECT_FALSE(result.output);
    EXPECT_EQ(fail_with(WEIR_E_DISCONNECTED).call.end, CallEnd::disconnected);
    EXPECT_EQ(fail_with(WEIR_E_FATAL).call.end, CallEnd::broken);
    EXPECT_EQ(fail_with(WEIR_E_INTERNAL).call.end, CallEnd::broken);
    EXPECT_EQ(fail_with(-99).call.end, CallEnd::broken);
    EXPECT_EQ(fail_with(99).call.end, CallEnd::ok);
    // What a failed call had emitted is gone, also for the next one.
    EXPECT_EQ(emit_each([](weir_record&, weir_out*) {}, batch_of(1)).output->size(), 1U);
}

TEST_F(TransformHandleTest, state_reads_its_own_writes_and_gives_them_to_the_engine) {
    host_.context->state = &state_;
    state_.values["scope/stored"] = "7";
    const TransformResult result = run(
        [&](const weir_call* call, const weir_batch*, weir_out* out, weir_error*) {
            const auto& state = fake_.service<weir_svc_state>(WEIR_SVC_STATE);
            const auto get = [&](std::string_view key) {
                char buffer[8];
                std::size_t size = sizeof buffer;
                const weir_status status = state.get(&state, call->id, str(key), buffer, &size);
                return status == WEIR_OK ? std::string(buffer, size) : "status " + std::to_string(status);
            };
            EXPECT_EQ(get("stored"), "7");
            EXPECT_EQ(get("new"), "status -8");
            EXPECT_EQ(state.put(&state, call->id, str("new"), str("1"), 0), WEIR_OK);
            EXPECT_EQ(state.put(&state, call->id, str("new"), str("2"), 0), WEIR_OK);
            EXPECT_EQ(get("new"), "2");
            EXPECT_EQ(state.del(&state, call->id, str("stored")), WEIR_OK);
            EXPECT_EQ(get("stored"), "status -8");
            EXPECT_EQ(state.put(&state, call->id, str("short"), str("x"), 1'000), WEIR_OK);
            EXPECT_EQ(get("short"), "x");
            host_.clock.advance(1'000);
            EXPECT_EQ(get("short"), "status -8") << "its time to live has passed";
            EXPECT_EQ(state.put(&state, call->id, str("long"), str("123456789"), 0), WEIR_OK);
            EXPECT_EQ(get("long"), "status -9") << "the buffer is too small";
            EXPECT_EQ(state.put(&state, call->id + 1, str("k"), str("v"), 0), WEIR_E_PROTOCOL);
            EXPECT_EQ(state.put(&state, call->id, str(std::string(513, 'k')), str("v"), 0), WEIR_E_TOO_LARGE);
            EXPECT_EQ(state.put(&state, call->id, str("k"), str(std::string((1 << 20) + 1, 'v')), 0), WEIR_E_TOO_LARGE);
            EXPECT_EQ(state.put(&state, call->id, {}, str("v"), 0), WEIR_E_PROTOCOL);
            const weir_outcome done = outcome(WEIR_OUT_OK);
            return out->set_outcome(out, 0, &done);
        },
        batch_of(1));
    ASSERT_EQ(result.state.size(), 4U);
    EXPECT_EQ(result.state[0].key, "new");
    EXPECT_EQ(result.state[0].value, "2");
    EXPECT_EQ(result.state[1].key, "stored");
    EXPECT_EQ(result.state[1].value, std::nullopt);
    EXPECT_EQ(result.state[2].ttl_ns, 1'000);
}

TEST_F(TransformHandleTest, state_of_a_failed_call_is_dropped) {
    host_.context->state = &state_;
    const auto write_and = [&](weir_status status) {
        return run(
            [&, status](const weir_call* call, const weir_batch*, weir_out*, weir_error*) {
                const auto& state = fake_.service<weir_svc_state>(WEIR_SVC_STATE);
                if (status >= 0) return status;
                EXPECT_EQ(state.put(&state, call->id, str("k"), str("v"), 0), WEIR_OK);
                return status;
            },
            batch_of(1));
    };
    EXPECT_TRUE(write_and(WEIR_E_RETRY).state.empty());
    EXPECT_TRUE(write_and(WEIR_OK).state.empty());
}

TEST_F(TransformHandleTest, calls_of_a_concurrent_instance_overlap_and_stay_apart) {
    fake_.shell.abi.threading = WEIR_THREADS_CONCURRENT;
    host_.context->state = &state_;
    std::barrier both(2);
    fake_.body = [&](const weir_call* call, const weir_batch*, weir_out* out, weir_error*) {
        both.arrive_and_wait();  // would hang if the calls were one after the other
        weir_record record{};
        record.payload = str(call->id == 1 ? "one" : "two");
        EXPECT_EQ(out->emit(out, &record, sizeof record), WEIR_OK);
        const auto& state = fake_.service<weir_svc_state>(WEIR_SVC_STATE);
        EXPECT_EQ(state.put(&state, call->id, str("k"), record.payload, 0), WEIR_OK);
        const weir_outcome done = outcome(WEIR_OUT_OK);
        return out->set_outcome(out, 0, &done);
    };
    auto made = make_transform(host_.library, fake_.abi(), host_.context, "t", "{}", "scope");
    ASSERT_TRUE(made);
    const auto check = [&](std::uint64_t id, const char* expected) {
        CallContext call;
        call.id = id;
        const TransformResult result = (*made)->transform(call, batch_of(1));
        ASSERT_EQ(result.output->size(), 1U);
        EXPECT_EQ(view((*result.output)[0].payload), expected);
        ASSERT_EQ(result.state.size(), 1U);
        EXPECT_EQ(result.state[0].value, expected);
    };
    std::thread other([&] { check(2, "two"); });
    check(1, "one");
    other.join();
}

TEST_F(TransformHandleTest, create_gets_the_settings_and_its_refusal_says_where) {
    fake_.on_create = [](weir_error* error) {
        testing::fill(error, "BAD_RATE", "expected a decimal, found \"high\"", "/rate");
        return false;
    };
    const auto made = make_transform(host_.library, fake_.abi(), host_.context, "route/step", R"({"rate":"high"})", "");
    ASSERT_FALSE(made);
    EXPECT_EQ(fake_.settings, R"({"rate":"high"})");
    EXPECT_EQ(made.error().errc, Errc::invalid);
    EXPECT_EQ(made.error().code, "BAD_RATE");
    EXPECT_EQ(made.error().message, "route/step: /rate: expected a decimal, found \"high\"");
    EXPECT_EQ(fake_.destroys, 0);
}

TEST_F(TransformHandleTest, keeps_what_it_was_made_with) {
    const std::weak_ptr<const HostContext> context = host_.context;
    const CallResult done =
        run([&](const weir_call*, const weir_batch*, weir_out*, weir_error*) { return WEIR_OK; }, batch_of(1)).call;
    EXPECT_EQ(done.end, CallEnd::ok);
    host_.context = std::make_shared<HostContext>();
    EXPECT_FALSE(context.expired());
    handle_.reset();  // its limit for destroy() is read from the context
    EXPECT_EQ(fake_.destroys, 1);
    EXPECT_TRUE(context.expired());
}

TEST_F(TransformHandleTest, stops_and_destroys_once) {
    (void)run([](const weir_call*, const weir_batch*, weir_out*, weir_error*) { return WEIR_OK; }, batch_of(1));
    handle_.reset();
    EXPECT_EQ(fake_.stops, 1);
    EXPECT_EQ(fake_.destroys, 1);
}

}  // namespace
}  // namespace weir::plugin
