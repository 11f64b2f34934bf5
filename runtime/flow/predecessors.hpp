// Which business objects a target is known to have: an invoice waits until its customer is there, a payment until its
// invoice is, across routes.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/flow/stages.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::flow {

// "What this route delivers is the invoice <key>."
struct Provides {
    std::string object;  // "invoice"; "" : nothing
    KeySelector key;
};

// "A record of this route is not delivered before the customer <key> is there." A record without the key does not wait.
struct Predecessor {
    std::string object;
    KeySelector key;
    std::chrono::milliseconds wait{0};  // since the record was accepted; then it is an exception
};

// One per connection: an object is there, or not, at one target. Any thread. Durable as state of the scope
// "posted/<connection>/<object>", written with the outcome of the delivery that made it so.
class PostedObjects {
  public:
    PostedObjects(std::string connection, journal::Journal& journal)
        : connection_(std::move(connection)), journal_(journal) {}

    // False also when the journal cannot be asked now: it is asked again.
    [[nodiscard]] bool has(std::string_view object, std::string_view key);
    // What to commit with the outcome; counts for has() at once.
    [[nodiscard]] journal::StateWrite add(std::string_view object, std::string_view key, std::string_view reference,
                                          std::int64_t expires_wall_ns);

  private:
    [[nodiscard]] std::string scope(std::string_view object) const;

    std::string connection_;
    journal::Journal& journal_;
    std::mutex mutex_;                       // guards known_
    std::unordered_set<std::string> known_;  // of the journal's, those asked for; bounded
};

}  // namespace weir::flow
