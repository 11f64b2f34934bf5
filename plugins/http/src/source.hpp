// Component `source`: takes events over HTTP and answers 202 once they are durable.
#pragma once

#include <weir/sdk.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "auth.hpp"
#include "intake_body.hpp"
#include "pending.hpp"
#include "rate_limit.hpp"
#include "source_config.hpp"

namespace http_plugin {

class HttpSource final : public weir::ListeningSource<SourceConfig> {
  public:
    HttpSource(weir::Host host, SourceConfig config);
    ~HttpSource() override;

    void start(weir::Call&) override;
    void ack(const weir::Ack& ack) noexcept override;

  private:
    struct Workspace;

    void handle(const weir::HttpIncoming& request);
    // True: not answered yet, go on.
    [[nodiscard]] bool admit(const weir::HttpIncoming& request);
    void handshake(const weir::HttpIncoming& request);
    void take(const weir::HttpIncoming& request, BodyFormat format);
    void submit(const weir::HttpIncoming& request, weir::InletOutlet& out, PendingTable::Lease lease);
    void answer_nothing_emitted(const weir::HttpIncoming& request, const Pending& pending);
    void answer_single(const Pending& pending, const weir::Ack& ack);
    void answer_list(Pending& pending, const weir::Ack& ack);
    void refuse(std::uint64_t exchange, int status, std::string_view code, std::string_view detail,
                weir::HttpHeader more = {}) const;
    void ask_to_come_again(std::uint64_t exchange, std::string_view code, std::string_view detail) const;

    Limits limits_;
    PlainJson plain_;
    Authenticator auth_;
    RateLimit rate_;
    std::string retry_after_;
    PendingTable pending_;
    weir::HttpListener listener_;
};

}  // namespace http_plugin
