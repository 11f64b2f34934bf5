// Every request a stand-in saw, for tests to assert on.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "message.hpp"

namespace weir::standin {

struct CallEntry {
    std::int64_t number = 0;    // from 1
    std::int64_t at_ms = 0;     // when its header was read
    std::int64_t done_ms = -1;  // when the answer was sent; -1: not yet
    std::string method;
    std::string target;
    std::string ref;  // external reference, of the header, the body or the path
    std::string key;  // Idempotency-Key
    int status = 0;   // 0: none was sent
    std::vector<std::string> faults;
    bool replayed = false;   // answered from the stored answer of the same Idempotency-Key
    bool committed = false;  // the endpoint ran and answered 2xx to a request that writes
};

// One thread. Keeps the newest 100,000.
class CallLog {
  public:
    // The entry's number, by which find() gets at it.
    std::int64_t begin(CallEntry entry);
    // nullptr: forgotten.
    [[nodiscard]] CallEntry* find(std::int64_t number);
    // Entries with a number above `after`.
    [[nodiscard]] Json list(std::int64_t after) const;
    void clear() { entries_.clear(); }

  private:
    std::deque<CallEntry> entries_;
    std::int64_t last_ = 0;
};

}  // namespace weir::standin
