// Events of a stand-in: kept for listing, and sent to the endpoints that were registered, signed, well or badly.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service.hpp"

namespace weir::standin {

// What is sent once, to one endpoint.
struct Delivery {
    std::string event_id;
    std::string endpoint_id;
    std::string url;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    int attempt = 1;
};

// The headers of one delivery under a scheme: "stripe", "standard" or "zendesk".
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> sign_webhook(const std::string& scheme,
                                                                                    const std::string& secret,
                                                                                    const std::string& event_id,
                                                                                    std::int64_t seconds,
                                                                                    const std::string& body);

// The io_context's thread; lives as long as it. Events and endpoints are in the store, deliveries are not: what was not
// delivered when the process ended is never sent, and a poller finds it in the list.
class Webhooks {
  public:
    Webhooks(boost::asio::io_context& io, Settings& settings, Store& store, std::string scheme)
        : io_(io), settings_(settings), store_(store), scheme_(std::move(scheme)) {}

    // Keeps the event and sends it once the current request's changes are durable. `id` is new.
    void emit(const std::string& id, const std::string& type, Json event);
    // Registration of endpoints, the list of deliveries, holding and sending again.
    [[nodiscard]] std::vector<Endpoint> endpoints(const std::string& base_path);
    void reset();

    // Setting `webhooks`.
    [[nodiscard]] static Json defaults();

  private:
    void send_event(const std::string& event_id, std::int64_t copies, std::int64_t delay_ms);
    void send_after(const Delivery& delivery, std::int64_t delay_ms);
    void deliver(const Delivery& delivery);
    // `status` 0: no answer.
    void delivered(const Delivery& delivery, int status);
    void note(const Delivery& delivery, int status, const char* outcome);
    [[nodiscard]] Reply add_endpoint(Call& call);
    [[nodiscard]] Reply remove_endpoint(Call& call);
    [[nodiscard]] Reply resend(Call& call);
    [[nodiscard]] Reply release(Call& call);

    boost::asio::io_context& io_;
    Settings& settings_;
    Store& store_;
    const std::string scheme_;  // of endpoints that name none
    std::int64_t emitted_ = 0;
    std::vector<std::string> held_;
    Json deliveries_ = Json::array();
};

}  // namespace weir::standin
