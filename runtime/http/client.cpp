#include "runtime/http/client.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

#include "runtime/http/client_call.hpp"
#include "runtime/http/client_request.hpp"
#include "runtime/http/client_thread.hpp"
#include "runtime/http/tls.hpp"

namespace weir::http {
namespace {

// A request read as its writer filled it: fields beyond the stride are absent.
weir_http_request load(const weir_http_request* requests, std::uint32_t stride, std::uint32_t index) {
    weir_http_request request{};
    const auto* bytes = reinterpret_cast<const char*>(requests) + std::size_t{index} * stride;
    std::memcpy(&request, bytes, std::min<std::size_t>(stride, sizeof request));
    return request;
}

class HttpClient final : public Client {
  public:
    HttpClient(const ClientOptions& options, std::unique_ptr<asio::ssl::context> tls)
        : options_(options), tls_(std::move(tls)) {
        service_.client = this;
        service_.struct_size = sizeof(weir_svc_http);
        service_.exchange = exchange;
        service_.result = result;
        service_.release = release;
        for (std::uint32_t i = 0; i < std::max(1u, options.threads); ++i) {
            threads_.push_back(std::make_unique<ClientThread>(options_, *tls_));
        }
    }
    ~HttpClient() override;

    [[nodiscard]] const weir_svc_http* service() const noexcept override { return &service_; }

  private:
    struct Service : weir_svc_http {
        HttpClient* client = nullptr;
    };
    struct Requests {
        const weir_http_request* first;
        std::uint32_t stride;
        std::uint32_t count;
    };

    static weir_status exchange(const void* self, const weir_host*, const weir_call* call,
                                const weir_http_request* requests, std::uint32_t stride, std::uint32_t count,
                                std::uint32_t max_parallel, weir_http_exchange** out, weir_error*) noexcept;
    static const weir_http_result* result(const weir_http_exchange* exchange, std::uint32_t index) noexcept;
    static void release(weir_http_exchange* exchange) noexcept;

    void run(const weir_call* call, const Requests& requests, std::uint32_t max_parallel,
             std::vector<ExchangeResult>& results);
    [[nodiscard]] std::optional<std::chrono::nanoseconds> time_left(const weir_call* call) const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> time_for(const weir_call* call,
                                                                   const weir_http_request& request) const;
    // "": go on; otherwise the code that ends what has not been started.
    [[nodiscard]] std::string_view why_stop(const weir_call* call) const;
    [[nodiscard]] ClientThread& thread_of(const Url& url) {
        return *threads_[std::hash<std::string>{}(url.origin()) % threads_.size()];
    }

    const ClientOptions options_;
    std::unique_ptr<asio::ssl::context> tls_;
    Service service_{};
    std::atomic<std::uint64_t> next_id_{1};
    std::atomic<bool> stopping_{false};
    std::mutex calls_mutex_;
    std::condition_variable calls_ended_;
    std::uint32_t calls_ = 0;  // guarded by calls_mutex_
    std::vector<std::unique_ptr<ClientThread>> threads_;
};

HttpClient::~HttpClient() {
    stopping_.store(true);
    for (const auto& thread : threads_) thread->cancel_all();
    std::unique_lock lock(calls_mutex_);
    calls_ended_.wait(lock, [&] { return calls_ == 0; });
}

weir_status HttpClient::exchange(const void* self, const weir_host*, const weir_call* call,
                                 const weir_http_request* requests, std::uint32_t stride, std::uint32_t count,
                                 std::uint32_t max_parallel, weir_http_exchange** out, weir_error*) noexcept {
    HttpClient& client = *static_cast<const Service*>(static_cast<const weir_svc_http*>(self))->client;
    {
        const std::lock_guard lock(client.calls_mutex_);
        ++client.calls_;
    }
    auto results = std::make_unique<std::vector<ExchangeResult>>(count);
    client.run(call, {requests, stride, count}, std::max(1u, max_parallel), *results);
    // The exchange is opaque to the plugin; here it is the vector of its results.
    *out = reinterpret_cast<weir_http_exchange*>(results.release());
    const std::lock_guard lock(client.calls_mutex_);
    --client.calls_;
    client.calls_ended_.notify_all();
    return WEIR_OK;
}

const weir_http_result* HttpClient::result(const weir_http_exchange* exchange, std::uint32_t index) noexcept {
    const auto& results = *reinterpret_cast<const std::vector<ExchangeResult>*>(exchange);
    return index < results.size() ? &results[index].view : nullptr;
}

void HttpClient::release(weir_http_exchange* exchange) noexcept {
    const std::unique_ptr<std::vector<ExchangeResult>> owned(reinterpret_cast<std::vector<ExchangeResult>*>(exchange));
}

std::optional<std::chrono::nanoseconds> HttpClient::time_left(const weir_call* call) const {
    if (call == nullptr || call->deadline_mono_ns == 0) return std::nullopt;
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, call->deadline_mono_ns - options_.clock->mono_ns()));
}

std::optional<std::chrono::nanoseconds> HttpClient::time_for(const weir_call* call,
                                                             const weir_http_request& request) const {
    const auto left = time_left(call);
    if (request.timeout_ns <= 0) return left;
    const std::chrono::nanoseconds own(request.timeout_ns);
    return left ? std::min(*left, own) : own;
}

std::string_view HttpClient::why_stop(const weir_call* call) const {
    if (stopping_.load()) return "HTTP_CANCELLED";
    if (call == nullptr) return {};
    if (call->cancelled != nullptr && call->cancelled(call) != 0) return "HTTP_CANCELLED";
    const auto left = time_left(call);
    return left && left->count() == 0 ? "HTTP_TIMEOUT" : std::string_view{};
}

// The calling thread hands out the requests and waits; results are written by the client's threads.
void HttpClient::run(const weir_call* call, const Requests& requests, std::uint32_t max_parallel,
                     std::vector<ExchangeResult>& results) {
    const std::string_view traceparent = call != nullptr && call->traceparent.data != nullptr
                                             ? std::string_view{call->traceparent.data, call->traceparent.size}
                                             : std::string_view{};
    CallState state;
    std::vector<Job> jobs(requests.count);
    std::string_view stop;
    const auto cancel_started = [&] {
        for (const Job& job : jobs) {
            if (job.id != 0) thread_of(job.url).cancel(job.id, stop);
        }
    };
    // Waits for fewer than `limit` running, and passes a cancellation on when it comes.
    const auto wait = [&](std::uint32_t limit) {
        while (!state.wait_for_room(limit)) {
            if (!stop.empty()) continue;
            stop = why_stop(call);
            if (!stop.empty()) cancel_started();
        }
    };
    for (std::uint32_t i = 0; i < requests.count; ++i) {
        ExchangeResult& result = results[i];
        result.view = weir_http_result{};
        if (stop.empty()) wait(max_parallel);
        if (stop.empty()) stop = why_stop(call);
        const weir_http_request request = load(requests.first, requests.stride, i);
        auto made = make_job(request, traceparent, options_);
        if (!stop.empty() || !made) {
            if (made)
                result.fail(stop, "the call ended before this request was sent", false);
            else
                result.fail(made.error().code, made.error().message, false);
            result.publish();
            continue;
        }
        jobs[i] = std::move(*made);
        jobs[i].id = next_id_.fetch_add(1);
        jobs[i].timeout = time_for(call, request);
        jobs[i].result = &result;
        jobs[i].call = &state;
        state.started();
        thread_of(jobs[i].url).start(jobs[i]);
    }
    wait(1);
}

}  // namespace

Result<std::unique_ptr<Client>> Client::start(const ClientOptions& options) {
    if (options.clock == nullptr || options.connections_per_host_max == 0) {
        return Error{Errc::invalid, "http client: expected a clock and at least one connection per host", "", {}};
    }
    WEIR_TRY(auto tls, client_tls(options.ca_file));
    return std::unique_ptr<Client>(std::make_unique<HttpClient>(options, std::move(tls)));
}

}  // namespace weir::http
