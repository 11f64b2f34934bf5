// Where values come from.
#pragma once

#include <weir/call.hpp>
#include <weir/config.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::enrich {

enum class Missing { reject, null, drop };
WEIR_CONFIG_ENUM(Missing, reject, null, drop)

enum class To { canonical, external };
WEIR_CONFIG_ENUM(To, canonical, external)

struct Xref {
    std::string system;
    std::string type;
    std::string id;  // a template
    To to = To::canonical;
};
WEIR_CONFIG(Xref, system, type, id, to)

// Exactly one of `url`, `table` and `xref`.
struct Config {
    std::optional<std::string> url;
    std::optional<std::string> table;
    std::optional<std::string> key;  // of the table's row: a template
    std::optional<Xref> xref;
    std::map<std::string, std::string> headers;
    std::optional<SecretRef> bearer;
    std::string pointer;  // into the answer; "": all of it
    std::string into;
    bool replace = false;
    std::chrono::milliseconds timeout{5'000};
    std::chrono::nanoseconds fresh_for{std::chrono::seconds{60}};
    std::chrono::nanoseconds stale_for{0};
    Missing missing = Missing::reject;
    std::uint32_t concurrency = 4;
};
WEIR_CONFIG(Config, url, table, key, xref, headers, bearer, pointer, into, replace, timeout, fresh_for, stale_for,
            missing, concurrency)

// What is known of one key.
struct Answer {
    enum class Kind : std::uint8_t {
        value,        // `text` is JSON
        missing,      // the source says that there is nothing, or nothing at the pointer
        refused,      // the source will never answer this; `text` says why
        unavailable,  // neither an answer nor a value that may still be used; `text` says why
    };
    Kind kind = Kind::unavailable;
    std::string text;
    bool stale = false;       // used although its time is over, because nobody answers
    std::int64_t age_ns = 0;  // of a value
};

// One call at a time.
class Finder {
  public:
    Finder() = default;
    Finder(const Finder&) = delete;
    Finder& operator=(const Finder&) = delete;
    virtual ~Finder() = default;

    // One answer per key, in their order.
    [[nodiscard]] virtual std::vector<Answer> find(const Call& call, std::span<const std::string> keys) = 0;
    // [any] find() asks nobody any more; what is under way ends by itself.
    virtual void stop() noexcept {}
    // How long the source wishes not to be asked again; 0: it has no wish.
    [[nodiscard]] virtual std::chrono::nanoseconds wish() const noexcept { return {}; }
};

}  // namespace weir::enrich
