// The host's HTTP as C++: a client for sinks, a listener for sources.
#pragma once

#include <weir/http.h>
#include <weir/http_listener.h>
#include <weir/call.hpp>
#include <weir/services.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
inline namespace sdk_1 {

// Views only: they must live until exchange() returns.
struct HttpHeader {
    std::string_view name;
    std::string_view value;
};
struct HttpRequest {
    std::string_view method = "POST";
    std::string_view url{};
    std::vector<HttpHeader> headers{};
    std::string_view body{};
    std::chrono::nanoseconds timeout{0};  // for the whole exchange; 0: the call's deadline
    std::uint64_t response_max = 0;       // bytes of response body; 0: 1 MiB
};

namespace detail {
[[nodiscard]] inline std::string_view find_header(const weir_attr* headers, std::uint32_t count,
                                                  std::string_view lower_name) noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
        if (view(headers[i].key) == lower_name) return view(headers[i].value);
    }
    return {};
}
}  // namespace detail

// What one request came to. A view into its HttpExchange.
class HttpResponse {
  public:
    explicit HttpResponse(const weir_http_result* raw) noexcept : raw_(raw) {}

    [[nodiscard]] std::int32_t status() const noexcept { return raw_->status; }  // 0: no response
    [[nodiscard]] bool ok() const noexcept { return raw_->status >= 200 && raw_->status < 300; }
    // No byte of the request left this machine: surely not applied.
    [[nodiscard]] bool not_sent() const noexcept { return raw_->sent == WEIR_HTTP_SENT_NOTHING; }
    // `lower_name` in lower case; a null view when absent.
    [[nodiscard]] std::string_view header(std::string_view lower_name) const noexcept {
        return detail::find_header(raw_->headers, raw_->header_count, lower_name);
    }
    [[nodiscard]] std::string_view body() const noexcept { return view(raw_->body); }
    [[nodiscard]] std::string_view error_code() const noexcept { return view(raw_->error_code); }
    [[nodiscard]] std::string_view error_message() const noexcept { return view(raw_->error_message); }
    [[nodiscard]] const weir_http_result& raw() const noexcept { return *raw_; }

  private:
    const weir_http_result* raw_;
};

// Owns the results of one exchange() call.
class HttpExchange {
  public:
    HttpExchange(const weir_svc_http* table, weir_http_exchange* raw, std::size_t size) noexcept
        : table_(table), raw_(raw), size_(size) {}
    HttpExchange(HttpExchange&& other) noexcept
        : table_(other.table_), raw_(std::exchange(other.raw_, nullptr)), size_(other.size_) {}
    HttpExchange& operator=(HttpExchange&& other) noexcept {
        std::swap(table_, other.table_);
        std::swap(raw_, other.raw_);
        std::swap(size_, other.size_);
        return *this;
    }
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;
    ~HttpExchange() {
        if (raw_ != nullptr) table_->release(raw_);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // In the order of the requests.
    [[nodiscard]] HttpResponse operator[](std::size_t index) const noexcept {
        return HttpResponse(table_->result(raw_, static_cast<std::uint32_t>(index)));
    }

  private:
    const weir_svc_http* table_;
    weir_http_exchange* raw_;
    std::size_t size_;
};

// [any] Requests made by the host for this instance.
class HttpClient {
  public:
    // Throws ConfigError when the host does not offer HTTP.
    explicit HttpClient(const Host& host) : host_(host), table_(&host.require<weir_svc_http>(WEIR_SVC_HTTP)) {}

    // Blocks until all ended. The error is about the call as a whole; each request's fate is in its response.
    [[nodiscard]] Result<HttpExchange> exchange(const Call& call, std::span<const HttpRequest> requests,
                                                std::uint32_t max_parallel = 1) const {
        std::vector<weir_attr> headers;
        std::vector<weir_http_request> raw;
        std::size_t header_count = 0;
        for (const HttpRequest& request : requests) header_count += request.headers.size();
        headers.reserve(header_count);  // pointers into it are kept
        raw.reserve(requests.size());
        for (const HttpRequest& request : requests) raw.push_back(to_raw(request, headers));

        weir_http_exchange* out = nullptr;
        weir_error error = detail::empty_error();
        const weir_status status =
            table_->exchange(table_, host_.raw(), call.raw(), raw.data(), sizeof(weir_http_request),
                             static_cast<std::uint32_t>(raw.size()), max_parallel, &out, &error);
        if (status < 0) return detail::service_error(status, "http", &error);
        return HttpExchange(table_, out, requests.size());
    }
    [[nodiscard]] Result<HttpExchange> exchange(const Call& call, const HttpRequest& request) const {
        return exchange(call, std::span(&request, 1));
    }

  private:
    [[nodiscard]] static weir_http_request to_raw(const HttpRequest& request, std::vector<weir_attr>& headers) {
        weir_http_request raw{};
        raw.method = str(request.method);
        raw.url = str(request.url);
        raw.headers = headers.data() + headers.size();
        raw.header_count = static_cast<std::uint32_t>(request.headers.size());
        for (const HttpHeader& header : request.headers) headers.push_back({str(header.name), str(header.value)});
        raw.body = str(request.body);
        raw.timeout_ns = request.timeout.count();
        raw.response_max = request.response_max;
        return raw;
    }
    Host host_;
    const weir_svc_http* table_;
};

// A request that came in. Its views are valid until it is answered.
class HttpIncoming {
  public:
    explicit HttpIncoming(const weir_http_incoming* raw) noexcept : raw_(raw) {}

    [[nodiscard]] std::uint64_t id() const noexcept { return raw_->id; }  // for HttpListener::respond
    [[nodiscard]] std::string_view method() const noexcept { return view(raw_->method); }
    [[nodiscard]] std::string_view path() const noexcept { return view(raw_->path); }
    [[nodiscard]] std::string_view query() const noexcept { return view(raw_->query); }
    [[nodiscard]] std::string_view remote() const noexcept { return view(raw_->remote); }
    [[nodiscard]] std::string_view header(std::string_view lower_name) const noexcept {
        return detail::find_header(raw_->headers, raw_->header_count, lower_name);
    }
    [[nodiscard]] std::span<const weir_attr> headers() const noexcept { return {raw_->headers, raw_->header_count}; }
    [[nodiscard]] std::string_view body() const noexcept { return view(raw_->body); }  // as received

  private:
    const weir_http_incoming* raw_;
};

// A path this instance answers. Destroy it (or stop_listening()) before the instance goes.
class HttpListener {
  public:
    // Called concurrently on the server's threads; must not block. It owes exactly one respond() per request, from
    // any thread, at any later time. If it throws, the request is answered 500.
    using Handler = std::function<void(const HttpIncoming&)>;

    HttpListener(const Host& host, Handler handler)
        : host_(host),
          table_(&host.require<weir_svc_http_listener>(WEIR_SVC_HTTP_LISTENER)),
          handler_(std::move(handler)) {}
    HttpListener(const HttpListener&) = delete;
    HttpListener& operator=(const HttpListener&) = delete;
    ~HttpListener() { stop_listening(); }

    // [io] `body_max` in bytes, 0: the host's default. Throws ConfigError when the path is malformed or taken.
    void listen(std::string_view path, std::uint64_t body_max = 0) {
        if (listening_) return;
        const weir_http_endpoint endpoint{sizeof endpoint, 0, str(path), body_max, &handle, this};
        weir_error error = detail::empty_error();
        const weir_status status = table_->listen(table_, host_.raw(), &endpoint, &endpoint_, &error);
        if (status == WEIR_E_CONFIG) throw ConfigError(error.pointer, error.message, error.code);
        if (status < 0) throw Retry(error.code, error.message);
        listening_ = true;
    }
    // After it returns the handler is not running and will not run. Open requests may still be answered.
    void stop_listening() noexcept {
        if (std::exchange(listening_, false)) table_->unlisten(table_, endpoint_);
    }
    // [any] Everything is copied. False: answered before, or the peer is gone.
    bool respond(std::uint64_t id, std::int32_t status, std::string_view body = {},
                 std::initializer_list<HttpHeader> headers = {}) const noexcept {
        constexpr std::size_t kHeadersMax = 16;
        weir_attr raw[kHeadersMax];
        std::uint32_t count = 0;
        for (const HttpHeader& header : headers) {
            if (count < kHeadersMax) raw[count++] = {str(header.name), str(header.value)};
        }
        const weir_http_reply reply{sizeof reply, status, raw, count, 0, str(body)};
        return table_->respond(table_, id, &reply) >= 0;
    }

  private:
    static void handle(void* arg, const weir_http_incoming* raw) noexcept {
        auto& listener = *static_cast<HttpListener*>(arg);
        const std::uint64_t id = raw->id;  // the views may be gone once the handler has answered
        detail::Fault fault;
        if (detail::guard(fault, [&] { listener.handler_(HttpIncoming(raw)); })) return;
        listener.host_.error("request handler failed", {{"code", fault.error.code}, {"error", fault.error.message}});
        listener.respond(id, 500);
    }

    Host host_;
    const weir_svc_http_listener* table_;
    Handler handler_;
    std::uint64_t endpoint_ = 0;
    bool listening_ = false;
};

}  // namespace sdk_1
}  // namespace weir
