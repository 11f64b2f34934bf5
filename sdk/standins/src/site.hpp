// One running stand-in, apart from its sockets: its service and everything that tests set and ask.
#pragma once

#include <memory>
#include <string>

#include "auth.hpp"
#include "call_log.hpp"
#include "faults.hpp"
#include "idempotency.hpp"
#include "quota.hpp"
#include "service.hpp"

namespace weir::standin {

// The settings every kind has; `more` are the kind's own.
[[nodiscard]] Json common_settings(const Json& more);

// One thread. The parts refer to each other: neither copied nor moved.
class Site {
  public:
    Site(std::string name, const Json& defaults) : kind(std::move(name)), settings(common_settings(defaults)) {}
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    // Adds the endpoints of /_/ and the sessions' to the service's. Once, before the first request.
    void set_service(std::unique_ptr<Service> made);
    // Runs the endpoint of `request`; what it changed is durable when this returns. Throws std::runtime_error when the
    // state file cannot be written: nothing more may be answered.
    [[nodiscard]] Reply dispatch(const Request& request, const std::string& closed_period, CallEntry* entry);
    // A request below /_/. What follows /_/do is carried out directly: no authentication, quota, fault or log, so that
    // a test can look at the books or close a period in the middle of an outage.
    [[nodiscard]] Reply dispatch_control(Request request);
    // The endpoint's answer to its Idempotency-Key is stored with what it changed.
    [[nodiscard]] Reply dispatch_once(const Request& request, const std::string& key, const std::string& closed_period,
                                      CallEntry* entry);
    [[nodiscard]] std::string external_ref_of(const Request& request, const Json& body) const;
    void commit();
    // `what`: "state", "log", "faults", "stats", "settings"; all when empty.
    void reset(const Json& what);

    const std::string kind;
    Settings settings;
    Store store;
    Faults faults;
    Quota quota;
    CallLog log;
    Auth auth{settings};
    Idempotency idempotency{store};
    std::unique_ptr<Service> service;
    std::unique_ptr<Router> router;

  private:
    [[nodiscard]] Reply run(const Request& request, const std::string& closed_period, CallEntry* entry);
};

// The endpoints below /_/, which need no authentication: a stand-in listens on loopback and holds nothing of worth.
[[nodiscard]] std::vector<Endpoint> control_endpoints(Site& site);

}  // namespace weir::standin
