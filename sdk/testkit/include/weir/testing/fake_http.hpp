// HTTP both ways without a network: the test answers a sink's requests, and sends requests to a source.
#pragma once

#include <weir/http.h>
#include <weir/http_listener.h>
#include <weir/testing/records.hpp>

#include <map>
#include <optional>

namespace weir::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A request a component made.
struct SeenRequest {
    std::string method;
    std::string url;
    Headers headers;
    std::string body;
    std::int64_t timeout_ns = 0;

    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }
};

// What the test answers: a response, or (status 0) a failure with `error_code`.
struct Reply {
    std::int32_t status = 200;
    std::string body{};
    Headers headers{};
    bool sent = true;  // had request bytes left?
    std::string error_code{};
    std::string error_message{};

    [[nodiscard]] static Reply failure(std::string code, bool sent) {
        return {.status = 0, .sent = sent, .error_code = std::move(code), .error_message = "made by the test"};
    }
};

class FakeHttp : public weir_svc_http {
  public:
    FakeHttp() : weir_svc_http{} {
        struct_size = sizeof(weir_svc_http);
        exchange = [](const void* self, const weir_host*, const weir_call*, const weir_http_request* raw,
                      std::uint32_t stride, std::uint32_t count, std::uint32_t, weir_http_exchange** out,
                      weir_error*) noexcept -> weir_status {
            *out = static_cast<const FakeHttp*>(self)->run(raw, stride, count);
            return WEIR_OK;
        };
        result = [](const weir_http_exchange* raw, std::uint32_t index) noexcept -> const weir_http_result* {
            const auto& results = reinterpret_cast<const Exchange*>(raw)->results;
            return index < results.size() ? &results[index] : nullptr;
        };
        release = [](weir_http_exchange* raw) noexcept {
            const std::unique_ptr<Exchange> owned(reinterpret_cast<Exchange*>(raw));
            --*owned->open;
        };
    }

    std::function<Reply(const SeenRequest&)> answer = [](const SeenRequest&) { return Reply{}; };
    mutable std::vector<SeenRequest> requests{};
    mutable int open_exchanges = 0;  // not released yet

  private:
    struct Exchange {
        std::deque<Reply> replies;
        std::deque<std::vector<weir_attr>> headers;
        std::vector<weir_http_result> results;
        int* open = nullptr;
    };
    [[nodiscard]] weir_http_exchange* run(const weir_http_request* raw, std::uint32_t stride,
                                          std::uint32_t count) const {
        auto made = std::make_unique<Exchange>();
        made->open = &open_exchanges;
        ++open_exchanges;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto* bytes = reinterpret_cast<const char*>(raw) + std::size_t{i} * stride;
            requests.push_back(see(*reinterpret_cast<const weir_http_request*>(bytes)));
            add(*made, answer(requests.back()));
        }
        return reinterpret_cast<weir_http_exchange*>(made.release());
    }
    [[nodiscard]] static SeenRequest see(const weir_http_request& raw) {
        SeenRequest seen{detail::text(raw.method), detail::text(raw.url), {}, detail::text(raw.body), raw.timeout_ns};
        for (std::uint32_t i = 0; i < raw.header_count; ++i) {
            seen.headers.emplace_back(detail::text(raw.headers[i].key), detail::text(raw.headers[i].value));
        }
        return seen;
    }
    static void add(Exchange& exchange, Reply answered) {
        const Reply& reply = exchange.replies.emplace_back(std::move(answered));
        std::vector<weir_attr>& headers = exchange.headers.emplace_back();
        for (const auto& [name, value] : reply.headers) headers.push_back({str(name), str(value)});
        exchange.results.push_back({reply.status, reply.sent ? std::uint32_t{WEIR_HTTP_SENT_MAYBE} : 0U, headers.data(),
                                    static_cast<std::uint32_t>(headers.size()), 0, str(reply.body),
                                    str(reply.error_code), str(reply.error_message)});
    }
};

// The server's side of a listening source.
class FakeListener : public weir_svc_http_listener {
  public:
    FakeListener() : weir_svc_http_listener{} {
        struct_size = sizeof(weir_svc_http_listener);
        listen = [](const void* self, const weir_host*, const weir_http_endpoint* endpoint, std::uint64_t* id,
                    weir_error* error) noexcept -> weir_status {
            return static_cast<const FakeListener*>(self)->add(*endpoint, id, error);
        };
        respond = [](const void* self, std::uint64_t id, const weir_http_reply* reply) noexcept -> weir_status {
            return static_cast<const FakeListener*>(self)->take(id, *reply);
        };
        unlisten = [](const void* self, std::uint64_t endpoint) noexcept {
            static_cast<const FakeListener*>(self)->endpoints_.erase(endpoint);
        };
    }

    struct Incoming {
        std::string path{};
        std::string body{};
        std::string method = "POST";
        Headers headers{};  // names in lower case
        std::string query{};
        std::string remote = "127.0.0.1:50000";
    };
    // Hands a request to the component; 0: nobody listens there. The reply is found by the returned id.
    std::uint64_t send(Incoming incoming) {
        for (const auto& [endpoint, where] : endpoints_) {
            if (where.path == incoming.path) return dispatch(where, std::move(incoming));
        }
        return 0;
    }
    // nullopt while it is not answered.
    [[nodiscard]] std::optional<Reply> reply(std::uint64_t id) const {
        const std::lock_guard lock(mutex_);
        const auto found = replies_.find(id);
        return found == replies_.end() ? std::nullopt : std::optional<Reply>(found->second);
    }
    [[nodiscard]] bool listening(std::string_view path) const {
        for (const auto& [id, where] : endpoints_) {
            if (where.path == path) return true;
        }
        return false;
    }
    // Respond called twice, or for an unknown id.
    [[nodiscard]] int breaches() const noexcept { return breaches_; }

  private:
    struct Endpoint {
        std::string path;
        void (*handle)(void*, const weir_http_incoming*) WEIR_NX;
        void* arg;
    };
    struct Open {
        Incoming incoming;
        std::vector<weir_attr> headers;
        weir_http_incoming raw;
    };
    [[nodiscard]] weir_status add(const weir_http_endpoint& endpoint, std::uint64_t* id, weir_error* error) const {
        const std::string path = detail::text(endpoint.path);
        if (path.empty() || path.front() != '/' || listening(path)) {
            weir::detail::fill_error(error, "HTTP_PATH", "", "path \"" + path + "\" is malformed or taken");
            return WEIR_E_CONFIG;
        }
        endpoints_[*id = ++last_] = {path, endpoint.handle, endpoint.arg};
        return WEIR_OK;
    }
    [[nodiscard]] std::uint64_t dispatch(const Endpoint& where, Incoming incoming) {
        const std::uint64_t id = ++last_;
        auto open = std::make_unique<Open>();
        open->incoming = std::move(incoming);
        for (const auto& [name, value] : open->incoming.headers) open->headers.push_back({str(name), str(value)});
        const Incoming& in = open->incoming;
        open->raw = {sizeof(weir_http_incoming),
                     static_cast<std::uint32_t>(open->headers.size()),
                     id,
                     str(in.method),
                     str(in.path),
                     detail::absent_if_empty(in.query),
                     str(in.remote),
                     open->headers.data(),
                     str(in.body)};
        const weir_http_incoming* raw = &open->raw;
        {
            const std::lock_guard lock(mutex_);
            open_[id] = std::move(open);
        }
        where.handle(where.arg, raw);
        return id;
    }
    [[nodiscard]] weir_status take(std::uint64_t id, const weir_http_reply& raw) const {
        const std::lock_guard lock(mutex_);
        if (open_.erase(id) == 0) return ++breaches_, WEIR_E_NOT_FOUND;
        Reply reply{.status = raw.status, .body = detail::text(raw.body)};
        for (std::uint32_t i = 0; i < raw.header_count; ++i) {
            reply.headers.emplace_back(detail::text(raw.headers[i].key), detail::text(raw.headers[i].value));
        }
        replies_[id] = std::move(reply);
        return WEIR_OK;
    }
    mutable std::mutex mutex_{};
    mutable std::uint64_t last_ = 0;
    mutable std::map<std::uint64_t, Endpoint> endpoints_{};
    mutable std::map<std::uint64_t, std::unique_ptr<Open>> open_{};
    mutable std::map<std::uint64_t, Reply> replies_{};
    mutable int breaches_ = 0;
};

}  // namespace weir::testing
