// Component `source`: takes events over HTTP and answers 202 once they are durable.
#pragma once

#include <weir/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth.hpp"
#include "idempotency.hpp"
#include "intake_body.hpp"
#include "pending.hpp"
#include "rate_limit.hpp"
#include "source_config.hpp"
#include "webhook.hpp"

namespace http_plugin {

class HttpSource final : public weir::ListeningSource<SourceConfig> {
  public:
    HttpSource(weir::Host host, SourceConfig config);
    ~HttpSource() override;

    void start(weir::Call&) override;
    void resume(std::string_view partition, std::string_view cursor) override;
    void ack(const weir::Ack& ack) noexcept override;

  private:
    struct Workspace;

    void handle(const weir::HttpIncoming& request);
    // True: not answered yet, go on.
    [[nodiscard]] bool admit(const weir::HttpIncoming& request);
    [[nodiscard]] bool admit_sender(const weir::HttpIncoming& request);
    [[nodiscard]] bool admit_webhook(const weir::HttpIncoming& request);
    void handshake(const weir::HttpIncoming& request);
    // False: answered. `text` is the key, empty when there is none; `use` its use, 0 without a key.
    [[nodiscard]] bool claim_key(const weir::HttpIncoming& request, std::string& text, std::uint64_t& use);
    void take(const weir::HttpIncoming& request, BodyFormat format, std::string_view key, std::uint64_t use);
    void submit(const weir::HttpIncoming& request, weir::InletOutlet& out, PendingTable::Lease lease);
    void answer_nothing_emitted(const weir::HttpIncoming& request, const Pending& pending);
    void drop(PendingTable::Lease lease);  // nothing was taken
    // What the request is told; may sort `rejected`.
    [[nodiscard]] static std::string answer_of(Pending& pending, const weir::Ack& ack);
    [[nodiscard]] static std::string answer_of_single(const weir::Ack& ack);
    [[nodiscard]] static std::string answer_of_list(Pending& pending, const weir::Ack& ack);
    // False: what is to be said is being stored with the key; the ack of that follows.
    [[nodiscard]] bool settle(Pending& pending, const weir::Ack& ack);
    [[nodiscard]] bool store_answer(const Pending& pending, std::uint64_t token);
    void refuse(std::uint64_t exchange, int status, std::string_view code, std::string_view detail,
                weir::HttpHeader more = {}) const;
    void ask_to_come_again(std::uint64_t exchange, std::string_view code, std::string_view detail) const;

    Limits limits_;
    std::optional<WebhookGuard> webhook_;
    PlainJson plain_;
    Authenticator auth_;
    RateLimit rate_;
    IdempotencyKeys keys_;
    std::string retry_after_;
    PendingTable pending_;
    weir::HttpListener listener_;
};

}  // namespace http_plugin
