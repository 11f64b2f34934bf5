// Component `sink`: one HTTP request per record, and what the response makes of it.
#pragma once

#include <weir/sdk.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "status_rules.hpp"

namespace http_plugin {

enum class SinkMode { plain, cloudevents };
WEIR_CONFIG_ENUM(SinkMode, plain, cloudevents)

struct SinkConfig {
    std::string url;
    std::string method = "POST";
    SinkMode mode = SinkMode::plain;
    std::map<std::string, std::string> headers;
    std::map<std::string, weir::SecretRef> secret_headers;
    std::optional<weir::SecretRef> bearer;
    std::string key_header = "Idempotency-Key";  // "": none
    std::string external_ref_header;             // "": none
    std::chrono::milliseconds timeout{30'000};
    std::uint32_t concurrency = 1;
    std::uint64_t max_response_bytes = 1u << 20;
    bool conflict_is_delivered = false;
    std::map<std::string, std::string> statuses;
    bool idempotent = false;
    std::string probe_url;
    std::chrono::nanoseconds settle{std::chrono::seconds{1}};
    std::string remote_id;
};
WEIR_CONFIG(SinkConfig, url, method, mode, headers, secret_headers, bearer, key_header, external_ref_header, timeout,
            concurrency, max_response_bytes, conflict_is_delivered, statuses, idempotent, probe_url, settle, remote_id)

class HttpSink final : public weir::Sink<SinkConfig> {
  public:
    HttpSink(weir::Host host, SinkConfig config);

    void limits(weir_sink_limits& limits) override;
    void deliver(weir::Call& call, weir::Delivery& delivery) override;
    void resolve(weir::Call& call, weir::Delivery& delivery) override;

  private:
    struct Message;  // one request and the text its views point to

    [[nodiscard]] std::vector<weir::HttpHeader> fixed_headers(std::deque<std::string>& text) const;
    [[nodiscard]] Message make_message(const weir::Item& item, const std::vector<weir::HttpHeader>& fixed) const;
    void deliver_in_order(weir::Call& call, weir::Delivery& delivery, const std::vector<weir::HttpHeader>& fixed);
    void deliver_at_once(weir::Call& call, weir::Delivery& delivery, const std::vector<weir::HttpHeader>& fixed);
    // True: the record is settled and one of the same key may follow it.
    bool judge(const weir::Item& item, const weir::HttpResponse& response) const;
    void judge_status(const weir::Item& item, const weir::HttpResponse& response, Judgement judgement) const;
    void judge_probe(const weir::Item& item, const weir::HttpResponse& response) const;
    [[nodiscard]] std::string remote_id_of(const weir::HttpResponse& response) const;
    [[nodiscard]] std::string probe_url_of(const weir::Item& item) const;

    StatusRules rules_;
    weir::HttpClient client_;
    std::optional<weir::Secrets> secrets_;
    std::string remote_header_;   // lower case; "": not from a header
    std::string remote_pointer_;  // into a JSON response; "": not from the body
};

}  // namespace http_plugin
