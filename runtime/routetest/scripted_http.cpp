#include "runtime/routetest/scripted_http.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/base/record_batch.hpp"

// The ABI's opaque answer.
struct weir_http_exchange {
    struct Kept {
        weir::routetest::HttpScript::Answer answer;
        std::vector<weir_attr> headers;
    };
    std::vector<std::unique_ptr<Kept>> kept;
    std::vector<weir_http_result> results;
};

namespace weir::routetest {

namespace {

// A request the test does not answer; what comes of it does not matter, the case fails.
const HttpScript::Answer& nothing() {
    static const HttpScript::Answer answer{404, "", {}, ""};
    return answer;
}

void add(weir_http_exchange& exchange, const HttpScript::Answer& answer) {
    auto kept = std::make_unique<weir_http_exchange::Kept>();
    kept->answer = answer;
    for (const auto& [name, value] : kept->answer.headers) kept->headers.push_back({str(name), str(value)});
    weir_http_result result{};
    result.status = answer.status;
    result.sent = answer.status != 0 ? WEIR_HTTP_SENT_MAYBE : WEIR_HTTP_SENT_NOTHING;
    result.headers = kept->headers.data();
    result.header_count = static_cast<std::uint32_t>(kept->headers.size());
    result.body = str(kept->answer.body);
    result.error_code = str(kept->answer.error);
    if (answer.status == 0) result.error_message = str("the test says so");
    exchange.results.push_back(result);
    exchange.kept.push_back(std::move(kept));
}

const weir_http_result* result_entry(const weir_http_exchange* exchange, uint32_t index) noexcept {
    return index < exchange->results.size() ? &exchange->results[index] : nullptr;
}

void release_entry(weir_http_exchange* exchange) noexcept { const std::unique_ptr<weir_http_exchange> gone(exchange); }

}  // namespace

ScriptedHttp::ScriptedHttp(std::vector<HttpScript> script)
    : weir_svc_http{sizeof(weir_svc_http), 0, exchange_entry, result_entry, release_entry},
      script_(std::move(script)),
      used_(script_.size(), 0) {}

weir_status ScriptedHttp::exchange_entry(const void* self, const weir_host*, const weir_call*,
                                         const weir_http_request* requests, uint32_t stride, uint32_t count, uint32_t,
                                         weir_http_exchange** out, weir_error*) noexcept {
    // The table is this object; the ABI hands it out as const.
    auto& http = *const_cast<ScriptedHttp*>(static_cast<const ScriptedHttp*>(static_cast<const weir_svc_http*>(self)));
    auto exchange = std::make_unique<weir_http_exchange>();
    for (uint32_t i = 0; i < count; ++i) {
        const auto* at = reinterpret_cast<const char*>(requests) + std::size_t{i} * stride;
        const HttpScript::Answer* answer = http.answer(*reinterpret_cast<const weir_http_request*>(at));
        add(*exchange, answer != nullptr ? *answer : nothing());
    }
    *out = exchange.release();
    return WEIR_OK;
}

const HttpScript::Answer* ScriptedHttp::answer(const weir_http_request& request) {
    for (std::size_t i = 0; i < script_.size(); ++i) {
        const HttpScript& one = script_[i];
        if (one.method != view(request.method) || one.url != view(request.url)) continue;
        return &one.answers[std::min(used_[i]++, one.answers.size() - 1)];
    }
    const std::string asked = std::string(view(request.method)) + " " + std::string(view(request.url));
    if (std::ranges::find(unexpected_, asked) == unexpected_.end()) unexpected_.push_back(asked);
    return nullptr;
}

}  // namespace weir::routetest
