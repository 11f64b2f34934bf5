#include "runtime/flow/gated_http.hpp"

#include <gtest/gtest.h>

#include "runtime/base/record_batch.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::flow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kWall = 1'782'864'000 * kSecond;

// ------------------------------------------------------------------------------------------------ wishes

std::int64_t wish(std::int32_t status, std::vector<std::pair<const char*, const char*>> headers) {
    std::vector<weir_attr> attrs;
    for (const auto& [key, value] : headers) attrs.push_back({str(key), str(value)});
    weir_http_result result{};
    result.status = status;
    result.headers = attrs.data();
    result.header_count = static_cast<std::uint32_t>(attrs.size());
    return wish_of(result, kWall).count() / kSecond;
}

TEST(WishOf, reads_retry_after_of_429_and_503_only) {
    EXPECT_EQ(wish(429, {{"retry-after", "7"}}), 7);
    EXPECT_EQ(wish(503, {{"retry-after", "120"}}), 120);
    EXPECT_EQ(wish(201, {{"retry-after", "7"}}), 0);
    EXPECT_EQ(wish(429, {{"retry-after", "999999999"}}), 86'400);
    EXPECT_EQ(wish(429, {{"retry-after", "-3"}}), 0);
    EXPECT_EQ(wish(429, {{"retry-after", "soon"}}), 0);
}

TEST(WishOf, reads_rate_headers_once_nothing_remains) {
    EXPECT_EQ(wish(200, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "12"}}), 12);
    EXPECT_EQ(wish(200, {{"x-ratelimit-remaining", "1"}, {"x-ratelimit-reset", "12"}}), 0);
    EXPECT_EQ(wish(200, {{"ratelimit-remaining", "0"}, {"ratelimit-reset", "3"}}), 3);
    EXPECT_EQ(wish(200, {{"ratelimit", "\"minute\";r=0;t=9"}}), 9);
    EXPECT_EQ(wish(200, {{"ratelimit", "\"minute\";r=4;t=9"}}), 0);
    EXPECT_EQ(wish(200, {{"x-ratelimit-remaining", "0"}}), 0);
}

TEST(WishOf, takes_a_moment_for_a_moment) {
    const std::string moment = std::to_string(kWall / kSecond + 42);
    EXPECT_EQ(wish(200, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", moment.c_str()}}), 42);
    const std::string gone = std::to_string(kWall / kSecond - 42);
    EXPECT_EQ(wish(200, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", gone.c_str()}}), 0);
}

// ------------------------------------------------------------------------------------------------ the table

// Answers with the request's number; keeps the sizes it was called with.
class Inner : public weir_svc_http {
  public:
    Inner() : weir_svc_http{} {
        struct_size = sizeof(weir_svc_http);
        exchange = [](const void* self, const weir_host*, const weir_call*, const weir_http_request* requests,
                      std::uint32_t, std::uint32_t count, std::uint32_t, weir_http_exchange** out,
                      weir_error*) noexcept -> weir_status {
            auto& inner = *const_cast<Inner*>(static_cast<const Inner*>(static_cast<const weir_svc_http*>(self)));
            auto* made = new std::vector<weir_http_result>(count);
            for (std::uint32_t i = 0; i < count; ++i) {
                (*made)[i].status = inner.status;
                (*made)[i].body = requests[i].url;
                (*made)[i].headers = &inner.retry_after;
                (*made)[i].header_count = 1;
            }
            inner.calls.push_back(count);
            ++inner.live;
            *out = reinterpret_cast<weir_http_exchange*>(made);
            return WEIR_OK;
        };
        result = [](const weir_http_exchange* made, std::uint32_t index) noexcept -> const weir_http_result* {
            const auto& all = *reinterpret_cast<const std::vector<weir_http_result>*>(made);
            return index < all.size() ? &all[index] : nullptr;
        };
        release = [](weir_http_exchange* made) noexcept {
            --live;
            delete reinterpret_cast<std::vector<weir_http_result>*>(made);
        };
    }
    std::int32_t status = 201;
    weir_attr retry_after{str("retry-after"), str("30")};
    std::vector<std::uint32_t> calls;
    static inline int live = 0;
};

class GatedHttpTest : public ::testing::Test {
  protected:
    void open(std::uint64_t per_minute) {
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock_;
        journal_ = *journal::open_journal(options);
        GateSettings settings;
        settings.connection = "erp";
        settings.quota.per_minute = per_minute;
        gate_ = std::make_unique<ConnectionGate>(settings, *journal_, clock_);
        caller_ = gate_->enter(Priority::normal);
        ASSERT_TRUE(gate_->ask(caller_).granted);
    }
    std::vector<std::string> exchange(std::uint32_t count, std::uint32_t parallel) {
        const GatedHttp gated(inner_, *gate_, caller_, clock_);
        std::vector<std::string> urls;
        for (std::uint32_t i = 0; i < count; ++i) urls.push_back("http://erp/" + std::to_string(i));
        std::vector<weir_http_request> requests(count);
        for (std::uint32_t i = 0; i < count; ++i) requests[i].url = str(urls[i]);
        weir_call call{};
        call.deadline_mono_ns = clock_.mono_ns() + kSecond;
        weir_http_exchange* made = nullptr;
        EXPECT_EQ(gated.exchange(&gated, nullptr, &call, requests.data(), sizeof(weir_http_request), count, parallel,
                                 &made, nullptr),
                  WEIR_OK);
        std::vector<std::string> results;
        for (std::uint32_t i = 0; i < count; ++i) {
            const weir_http_result* one = gated.result(made, i);
            results.emplace_back(one->status != 0 ? view(one->body) : view(one->error_code));
            if (one->status == 0) {
                EXPECT_EQ(one->sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});
            }
        }
        EXPECT_EQ(gated.result(made, count), nullptr);
        gated.release(made);
        EXPECT_EQ(Inner::live, 0);
        return results;
    }

    ManualClock clock_{kWall};
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<ConnectionGate> gate_;
    ConnectionGate::Caller caller_ = 0;
    Inner inner_;
};

TEST_F(GatedHttpTest, sends_in_chunks_and_puts_the_results_together) {
    open(100);
    const auto results = exchange(7, 3);
    EXPECT_EQ(inner_.calls, (std::vector<std::uint32_t>{3, 3, 1}));
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], "http://erp/" + std::to_string(i));
    EXPECT_EQ(gate_->view().windows[0].used, 7u);
}

TEST_F(GatedHttpTest, without_limits_sends_all_at_once) {
    open(0);
    EXPECT_EQ(exchange(7, 3).size(), 7u);
    EXPECT_EQ(inner_.calls, (std::vector<std::uint32_t>{7}));
}

TEST_F(GatedHttpTest, sends_nothing_that_finds_no_room_before_the_deadline) {
    open(4);
    const auto results = exchange(6, 2);
    EXPECT_EQ(inner_.calls, (std::vector<std::uint32_t>{2, 2}));
    EXPECT_EQ(results[3], "http://erp/3");
    EXPECT_EQ(results[4], "HTTP_QUOTA");
    EXPECT_EQ(results[5], "HTTP_QUOTA");
}

TEST_F(GatedHttpTest, a_wish_holds_the_rest_of_the_call_back_too) {
    open(100);
    inner_.status = 429;
    const auto results = exchange(4, 2);
    EXPECT_EQ(inner_.calls, (std::vector<std::uint32_t>{2})) << "one window of 429s, and no more";
    EXPECT_EQ(results[2], "HTTP_QUOTA");
    EXPECT_EQ(gate_->view().by, Blocked::throttle);
}

}  // namespace
}  // namespace weir::flow
