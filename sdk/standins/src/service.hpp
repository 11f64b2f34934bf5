// What an ERP, a billing service and a support desk have in common: endpoints in a table, settings, documents.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "message.hpp"
#include "settings.hpp"
#include "store.hpp"

namespace weir::standin {

// A request on its way to an endpoint.
struct Call {
    const Request& request;
    std::vector<std::string> parameters;  // what the pattern's {names} stand for, decoded
    Json body;                            // null: none, or not JSON
    std::string external_ref;             // of the header, else of the body's "external_ref"
    std::string closed_period;            // of a fault: closed for this request, "*": every period
};

enum class Access : std::uint8_t { anyone, session };
enum class Effect : std::uint8_t { reads, writes };  // what writes takes part in Idempotency-Key

struct Endpoint {
    std::string method;
    std::string pattern;  // "/v1/entries/{id}/post"
    std::string summary;
    Effect effect = Effect::reads;
    std::function<Reply(Call&)> handler;
    Access access = Access::session;
};

// One thread. Lives as long as its site.
class Service {
  public:
    Service() = default;
    virtual ~Service() = default;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] virtual std::vector<Endpoint> endpoints() = 0;
    // Tests ended with it: forget what is not in the store.
    virtual void reset() {}
};

// Finds the endpoint of a request. Immutable once built.
class Router {
  public:
    explicit Router(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {}

    struct Match {
        const Endpoint* endpoint = nullptr;  // nullptr: none has this method and path
        std::vector<std::string> parameters;
        std::string allowed;  // methods of the path, for 405; empty: no such path
    };
    [[nodiscard]] Match find(const Request& request) const;
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }

  private:
    std::vector<Endpoint> endpoints_;
};

}  // namespace weir::standin
