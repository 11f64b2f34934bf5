// A target system for tests: it keeps books that survive every restart of weir, follows a script of misfortunes, and
// notices what must never happen: the same thing booked twice, or a key's records out of order.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/plugin/handles.hpp"

namespace weir::test {

struct TargetOptions {
    bool atomic = false;      // WEIR_TRAIT_ATOMIC_BATCH
    bool resolves = true;     // can answer "did this happen?"
    bool idempotent = false;  // honours the idempotency key
    std::uint32_t order = WEIR_ORDER_PER_KEY;
    std::uint32_t max_batch = 1000;
};

// Thread-safe: the threaded engine calls it from its own thread.
class Target {
  public:
    // What happens to the attempts on one record, by id, in turn; when the script ends: "ok". Words:
    //   ok, duplicate, retry, retry:CODE, throttled, unset, rejected:CODE, policy:CODE, refused:CODE (technical
    //   rejection) lost (RETRY_UNKNOWN, not booked), booked (RETRY_UNKNOWN, but booked) disconnect (the call ends
    //   DISCONNECTED before anything happened), broken (the call ends, instance unusable)
    // And to resolve calls: found and absent are what the books say; "cannot-tell" says so that often.
    std::map<std::string, std::vector<std::string>> script;
    std::map<std::string, int> cannot_tell;
    TargetOptions options;

    struct Booking {
        std::string id;
        std::string key;
        std::string payload;
        std::string external_ref;
    };
    [[nodiscard]] std::vector<Booking> bookings() const;
    [[nodiscard]] std::vector<std::string> violations() const;
    [[nodiscard]] int attempts(const std::string& id) const;
    [[nodiscard]] int probes() const;
    [[nodiscard]] int instances() const;

    [[nodiscard]] std::unique_ptr<plugin::SinkHandle> make_sink();

  private:
    friend class ScriptedSink;
    std::string next_word(const std::string& id);
    void book(const weir_record& record, std::string_view external_ref);

    mutable std::mutex mutex_;
    std::vector<Booking> bookings_;
    std::map<std::string, std::size_t> booked_refs_;
    std::map<std::string, std::size_t> used_words_;
    std::map<std::string, int> attempts_;
    std::vector<std::string> violations_;
    int probes_ = 0;
    int instances_ = 0;
};

}  // namespace weir::test
