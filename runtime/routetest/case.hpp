// A route test as data: what comes in, what the systems around do, what must be true in the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/routetest/json.hpp"

namespace weir::routetest {

struct GivenRecord {
    std::string connection;  // it comes from; "": the route's own
    std::string id;
    std::string source;
    std::string type;
    std::string subject;
    std::string key;
    std::string schema;
    std::string content_type;
    std::string correlation_id;
    std::string causation_id;
    std::optional<std::int64_t> time_ns;  // nullopt: when it is handed in
    std::map<std::string, std::string> attributes;
    std::string payload;
    std::string hold;  // a code: held by its source
};
using Wait = std::chrono::milliseconds;
using Given = std::variant<GivenRecord, Wait>;

// How a destination answers, one word an attempt; the last one stays.
//   ok                    it is booked
//   duplicate             it was there already
//   retry:CODE            surely not done, for a technical reason
//   throttled:5s          come back later
//   rejected:CODE         refused for a business reason; policy:CODE: by a rule; refused:CODE: for a technical one
//   unknown               no answer, and it was not done; unknown_applied: no answer, and it was done
//   disconnected, broken  the connection, or the instance, is gone; the record was not done
struct Word {
    enum class Kind : std::uint8_t {
        ok,
        duplicate,
        retry,
        throttled,
        rejected,
        policy,
        refused,
        unknown,
        unknown_applied,
        disconnected,
        broken
    };
    Kind kind = Kind::ok;
    std::string code;
    std::chrono::milliseconds after{0};
};
// Nothing when `text` is none of them.
[[nodiscard]] std::optional<Word> parse_word(const std::string& text);

struct DestinationScript {
    std::map<std::string, std::vector<Word>> replies;  // by id; "*": every other record
    std::map<std::string, std::uint32_t> cannot_tell;  // by id: so often it cannot say whether it happened
    std::optional<bool> resolves;                      // can be asked "did this happen?"; default: it can
    std::optional<bool> idempotent;                    // honours the idempotency key; default: as the connector
    std::optional<bool> atomic;                        // takes a batch whole or not at all; default: as the connector
    std::optional<std::uint32_t> order;                // WEIR_ORDER_*; default: by key
    std::uint32_t batch = 0;                           // records in one call; 0: 1000
};

struct HttpScript {
    std::string method;
    std::string url;
    struct Answer {
        std::int32_t status = 200;  // 0: no answer, for the reason `error`
        std::string error;          // "HTTP_TIMEOUT"
        std::map<std::string, std::string> headers;
        std::string body;
    };
    std::vector<Answer> answers;  // in turn; the last one stays
    config::Location where;
};

struct CrossReference {
    std::string system;
    std::string environment;
    std::string type;
    std::string id;
    std::string canonical;
    config::Location where;
};

struct ExpectedDelivery {
    Json envelope;             // what of it is stated, by name
    std::optional<Json> data;  // exactly
    std::optional<Json> data_contains;
    std::optional<std::string> text;  // a payload that is no JSON
    config::Location where;
};

// How a record ended that was not delivered.
struct ExpectedEnd {
    std::string place;  // a destination, a step's label, or "intake"; "": wherever
    std::string code;
    [[nodiscard]] auto operator<=>(const ExpectedEnd&) const = default;
};

// What is not stated is not looked at; but a record that is held, dead or pending and not named is a failure always.
struct Expectation {
    std::map<std::string, std::vector<ExpectedDelivery>> deliveries;  // by destination, in order
    std::optional<std::map<std::string, std::string>> filtered;       // id -> code, "" is any
    std::map<std::string, std::vector<ExpectedEnd>> held;             // by id
    std::map<std::string, std::vector<ExpectedEnd>> dead;             // by id
    std::map<std::string, std::string> messages;                      // id -> text its message contains
    std::map<std::string, std::uint32_t> attempts;                    // id -> at all destinations
    std::map<std::string, std::uint32_t> probes;                      // id -> "did this happen?"
    std::optional<std::uint64_t> suppressed;
    std::vector<std::string> pending;                       // ids
    std::map<std::string, std::vector<std::string>> trace;  // id -> steps, see Trace
    bool exact_numbers = false;
    config::Location where;
};

enum class Profile : std::uint8_t { plain, restart, capacity_one, duplicated, shuffled };
[[nodiscard]] std::string_view to_string(Profile profile) noexcept;
[[nodiscard]] std::optional<Profile> parse_profile(std::string_view name) noexcept;

struct Case {
    std::string name;
    std::string why;
    std::int64_t clock_ns = 0;
    std::vector<std::string> routes;  // the tested one first
    std::vector<Given> given;
    std::map<std::string, DestinationScript> destinations;
    std::vector<HttpScript> http;
    std::vector<CrossReference> cross_references;
    std::map<std::string, std::map<std::string, std::string>> tables;  // table -> key -> row as JSON
    std::optional<std::chrono::milliseconds> run_for;  // after the last record; nullopt: until nothing is to do
    std::vector<Profile> not_under;
    Expectation expect;
    bool golden = false;                // `expect: golden`: it stands in the file beside
    bool unknown = false;               // and does not stand there yet
    std::optional<Json> golden_stated;  // as it stands there
    config::Location where;
};

struct TestFile {
    std::filesystem::path file;
    std::string route;
    std::string title;
    std::vector<Case> cases;
};

}  // namespace weir::routetest
