#include "runtime/flow/gated_http.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/base/record_batch.hpp"
#include "runtime/base/thread.hpp"

namespace weir::flow {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t kWaitAtMost = 5'000'000'000;
constexpr std::int64_t kLook = 5'000'000;

weir_http_result no_room() {
    static constexpr std::string_view kCode = "HTTP_QUOTA";
    static constexpr std::string_view kMessage = "the connection's quota has no room before the call's deadline";
    weir_http_result result{};
    result.sent = WEIR_HTTP_SENT_NOTHING;
    result.error_code = str(kCode);
    result.error_message = str(kMessage);
    return result;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0) return std::nullopt;
    return value;
}

std::optional<std::string_view> header(const weir_http_result& result, std::string_view name) {
    for (std::uint32_t i = 0; i < result.header_count; ++i) {
        if (view(result.headers[i].key) == name) return view(result.headers[i].value);
    }
    return std::nullopt;
}

std::optional<std::int64_t> number_of(const weir_http_result& result, std::string_view name) {
    const auto text = header(result, name);
    return text ? whole_number(*text) : std::nullopt;
}

// `"minute";r=0;t=12`: a parameter of the structured field.
std::optional<std::int64_t> parameter(std::string_view field, std::string_view name) {
    const std::size_t at = field.find(name);
    return at == std::string_view::npos ? std::nullopt : whole_number(field.substr(at + name.size()));
}

}  // namespace

nanoseconds wish_of(const weir_http_result& result, std::int64_t now_wall_ns) {
    if (result.status == 429 || result.status == 503) {
        if (const auto wait = number_of(result, "retry-after")) return seconds(std::min<std::int64_t>(*wait, 86'400));
    }
    if (const auto field = header(result, "ratelimit")) {
        const auto left = parameter(*field, ";r=");
        const auto reset = parameter(*field, ";t=");
        if (left && reset && *left == 0) return seconds(std::min<std::int64_t>(*reset, 86'400));
    }
    for (const std::string_view prefix : {std::string_view("x-ratelimit-"), std::string_view("ratelimit-")}) {
        const auto left = number_of(result, std::string(prefix) + "remaining");
        auto reset = number_of(result, std::string(prefix) + "reset");
        if (!left || !reset || *left > 0) continue;
        // Some send a moment, some a length; no length is as long as a moment is late.
        constexpr std::int64_t kMoment = 1'000'000'000;
        if (*reset >= kMoment) *reset -= now_wall_ns / 1'000'000'000;
        return seconds(std::clamp<std::int64_t>(*reset, 0, 86'400));
    }
    return nanoseconds{0};
}

struct GatedHttp::Exchange {
    const weir_svc_http* inner = nullptr;
    struct Chunk {
        weir_http_exchange* exchange = nullptr;
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    std::vector<Chunk> chunks;  // ascending by first
    std::uint32_t count = 0;
    weir_http_result missing = no_room();  // of requests that are in no chunk

    ~Exchange() {
        for (const Chunk& chunk : chunks) inner->release(chunk.exchange);
    }
};

GatedHttp::GatedHttp(const weir_svc_http& inner, ConnectionGate& gate, ConnectionGate::Caller caller,
                     const Clock& clock)
    : weir_svc_http{}, inner_(inner), gate_(gate), caller_(caller), clock_(clock) {
    struct_size = sizeof(weir_svc_http);
    exchange = exchange_entry;
    result = result_entry;
    release = release_entry;
}

weir_status GatedHttp::exchange_entry(const void* self, const weir_host* host, const weir_call* call,
                                      const weir_http_request* requests, std::uint32_t stride, std::uint32_t count,
                                      std::uint32_t max_parallel, weir_http_exchange** out,
                                      weir_error* error) noexcept {
    const auto& gated = *static_cast<const GatedHttp*>(static_cast<const weir_svc_http*>(self));
    auto made = std::make_unique<Exchange>();
    made->inner = &gated.inner_;
    made->count = count;
    const weir_status status = gated.run(host, call, requests, stride, count, std::max(1u, max_parallel), *made, error);
    if (status != WEIR_OK) return status;
    *out = reinterpret_cast<weir_http_exchange*>(made.release());
    return WEIR_OK;
}

weir_status GatedHttp::run(const weir_host* host, const weir_call* call, const weir_http_request* requests,
                           std::uint32_t stride, std::uint32_t count, std::uint32_t max_parallel, Exchange& into,
                           weir_error* error) const {
    for (std::uint32_t i = 0; i < count;) {
        // Without limits one exchange takes all; they are counted either way.
        const bool limited = gate_.limits_requests();
        const std::uint32_t wanted = limited ? std::min(count - i, max_parallel) : count - i;
        const std::uint32_t taken = wait_for_room(call, wanted);
        if (taken == 0) return WEIR_OK;
        const auto* first = reinterpret_cast<const weir_http_request*>(reinterpret_cast<const char*>(requests) +
                                                                       std::size_t{i} * stride);
        weir_http_exchange* made = nullptr;
        const weir_status status =
            inner_.exchange(&inner_, host, call, first, stride, taken, limited ? taken : max_parallel, &made, error);
        gate_.done_requests(caller_, taken);
        if (status != WEIR_OK) return status;
        into.chunks.push_back({made, i, taken});
        for (std::uint32_t k = 0; k < taken; ++k) {
            if (const weir_http_result* one = inner_.result(made, k)) hear(*one);
        }
        i += taken;
    }
    return WEIR_OK;
}

std::uint32_t GatedHttp::wait_for_room(const weir_call* call, std::uint32_t wanted) const {
    const std::int64_t start = clock_.mono_ns();
    std::int64_t end = start + kWaitAtMost;
    if (call != nullptr && call->deadline_mono_ns != 0) end = std::min(end, call->deadline_mono_ns);
    for (;;) {
        std::int64_t not_before = 0;
        if (const std::uint32_t taken = gate_.take_requests(caller_, wanted, &not_before)) return taken;
        const bool cancelled = call != nullptr && call->cancelled != nullptr && call->cancelled(call) != 0;
        const std::int64_t now = clock_.mono_ns();
        if (cancelled || not_before > end || now >= end) return 0;
        wait_for_stop(std::stop_token{}, nanoseconds(std::min(kLook, std::max<std::int64_t>(not_before - now, 1))));
    }
}

void GatedHttp::hear(const weir_http_result& answer) const {
    const nanoseconds wish = wish_of(answer, clock_.wall_ns());
    if (wish.count() > 0) gate_.throttle(wish);
}

const weir_http_result* GatedHttp::result_entry(const weir_http_exchange* exchange, std::uint32_t index) noexcept {
    const auto& all = *reinterpret_cast<const Exchange*>(exchange);
    if (index >= all.count) return nullptr;
    for (const Exchange::Chunk& chunk : all.chunks) {
        if (index < chunk.first + chunk.count) return all.inner->result(chunk.exchange, index - chunk.first);
    }
    return &all.missing;
}

void GatedHttp::release_entry(weir_http_exchange* exchange) noexcept {
    const std::unique_ptr<Exchange> owned(reinterpret_cast<Exchange*>(exchange));
}

}  // namespace weir::flow
