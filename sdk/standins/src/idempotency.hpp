// Idempotency-Key as draft-ietf-httpapi-idempotency-key-header-07 has it: 422 for another payload, 409 while the first
// request is in progress, afterwards the stored answer.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "message.hpp"
#include "store.hpp"

namespace weir::standin {

// One thread. Only 2xx answers are stored: a request that was refused may be sent again with its key once the reason
// is gone (a customer that is mapped now), as with most vendors. Stored answers survive a restart with the documents.
class Idempotency {
  public:
    explicit Idempotency(Store& store) : store_(store) {}

    // A request arrived. Nothing: it is the first of its key, which is in progress from now on until end().
    [[nodiscard]] std::optional<Reply> begin(const std::string& key, const Request& request);
    // `reply` is the endpoint's; nullptr: it never ran.
    void end(const std::string& key, const Request& request, const Reply* reply);
    void reset() { in_progress_.clear(); }

  private:
    Store& store_;
    std::set<std::string> in_progress_;
};

}  // namespace weir::standin
