// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): which keys were used, with what, and what was
// answered.
//
// A key is stored as a cursor, in the transaction that makes its records durable: so it is known after a crash exactly
// when they are. The last `kept` keys are known; each has a slot of its own, which a later one takes over.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <weir/plugin.h>

namespace http_plugin {

// The field's value, an RFC 9651 String ("..." with \" and \\ escaped) or a bare token, which many senders use.
// nullopt: neither, empty, or longer than 255 characters.
[[nodiscard]] std::optional<std::string> parse_idempotency_key(std::string_view field);

// What tells whether a request is the same: SHA-256 over content type, ce- fields and body.
[[nodiscard]] std::string request_fingerprint(std::span<const weir_attr> headers, std::string_view body);

enum class KeyUse : std::uint8_t {
    fresh,        // or known without its answer: take the request; what it repeats is recognised record by record
    in_progress,  // the same key is being worked on
    reused,       // with another request
    answered,     // the same request: `answer` is what it was told
};

// [any thread]
class IdempotencyKeys {
  public:
    struct Claim {
        KeyUse use = KeyUse::fresh;
        std::uint64_t sequence = 0;  // fresh: names the use until done() or forget()
        std::string answer;
    };
    // One key's cursor.
    struct Place {
        std::string partition;
        std::string cursor;
    };
    static constexpr std::size_t kAnswerMax = 4096;  // a longer answer is not kept: it is found again

    explicit IdempotencyKeys(std::uint32_t kept) : kept_(kept) {}

    // fresh: the key is in progress from now on. `in_progress` is answered whatever the request is.
    [[nodiscard]] Claim claim(std::string_view key, std::string fingerprint);
    // What to store together with the records of a fresh use; `answer` empty: not known yet.
    [[nodiscard]] Place place(std::uint64_t sequence, std::string_view answer) const;
    // The records are durable. `answer` empty or too long: the next request finds it again.
    void done(std::uint64_t sequence, std::string answer);
    // Nothing was taken: the key is as if it had never been used.
    void forget(std::uint64_t sequence);
    // A stored cursor, before anything is claimed. What is no key of ours is left alone.
    void load(std::string_view partition, std::string_view cursor);

  private:
    struct Entry {
        std::string fingerprint;
        std::string answer;
        std::uint64_t sequence = 0;
        bool in_progress = false;
        bool stored = false;  // was durable before this use
    };
    void drop_oldest();

    const std::uint32_t kept_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;  // by SHA-256 of the key
    std::map<std::uint64_t, std::string> keys_;       // by sequence
    std::uint64_t next_sequence_ = 1;
};

}  // namespace http_plugin
