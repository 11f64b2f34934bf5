// What a configuration says, after everything in it was checked. Immutable; any thread may read it.
#pragma once

#include <weir/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

// Where something stands in the files, for messages: "config/demo/weir.yaml:12:7". line and column from 1.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
    [[nodiscard]] std::string to_string() const;
};

// One thing that is wrong. Printed as "file:line:column: message (hint)".
struct Problem {
    Location where;
    std::string code;       // stable: "unknown_key", "wrong_type", "missing_key", "unknown_plugin", ...
    std::string message;    // what was found and what was expected: `unknown key "quotaa"`
    std::string hint;       // "did you mean "quota"?", or ""
    std::string excerpt{};  // lines to show below it: an expression and a caret under the place; or ""
    [[nodiscard]] std::string to_string() const;
};

struct PluginUse {
    std::string id;             // "http"
    std::string version_range;  // "", "^1.2", "1.4.0"
    bool required = true;
    Location where;
};

// Requests; 0 is no limit.
struct QuotaSettings {
    std::uint32_t concurrency = 0;
    std::uint32_t per_second = 0;
    std::uint32_t per_minute = 0;
    std::uint32_t per_day = 0;
    std::uint32_t batch = 0;  // records in one call
    double critical_reserve = 0.0;
    std::uint32_t bulk_at_least = 10;
    friend bool operator==(const QuotaSettings&, const QuotaSettings&) = default;
};

struct BreakerSettings {
    std::uint32_t failures = 5;  // 0: none
    std::chrono::milliseconds open_for{30'000};
    std::chrono::milliseconds open_for_max{600'000};
    friend bool operator==(const BreakerSettings&, const BreakerSettings&) = default;
};

// One configured account at one system.
struct Connection {
    std::string name;
    std::string role;           // what kind of system it is: "usage", "billing", "support", "erp", "other"
    std::string plugin;         // id, without a version
    std::string plugin_range;   // semver range, or ""
    std::string component;      // name in the manifest; "" when the plugin has one of the kind that is used
    std::string settings_json;  // the plugin's own keys as JSON, defaults filled in, ${env:} resolved
    QuotaSettings quota;
    BreakerSettings breaker;
    Location where;
    std::map<std::string, Location> literals{};  // JSON Pointer -> place, of settings that stand there as they are
};

// A run of a text that stands in its file as it is: YAML folds lines and escapes characters.
struct TextPart {
    std::uint32_t line = 0;  // in the text, from 1; 0: where it stands is not known
    std::uint32_t column = 0;
    Location where;
};
using TextParts = std::map<std::string, std::vector<TextPart>>;  // by JSON Pointer; of texts of several parts

struct Step {
    std::string transform;  // component name: "validate"
    std::string plugin;     // id; resolved from the manifests when the file does not name it
    std::string plugin_range;
    std::string settings_json;
    std::string branch;    // "": every record; "invoices/late": only those that switches sent there
    std::string mapping;   // "usage-to-entry@1.2.0" when the settings are a mapping's
    bool implied = false;  // not written as a step: follows from something else, and has no number
    Location where;
    std::map<std::string, Location> places;  // JSON Pointer into the settings -> where that value stands
    TextParts parts;
    std::map<std::string, Location> literals{};  // the places of those that stand there as they are
};

struct RetrySettings {
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds max_delay{std::chrono::minutes{10}};
    double multiplier = 2.0;
    double jitter = 1.0;
    std::uint32_t max_attempts = 12;
    std::uint32_t max_probes = 10;          // resolve() calls before an unknown outcome is parked for a person
    std::chrono::milliseconds deadline{0};  // 0: none
    friend bool operator==(const RetrySettings&, const RetrySettings&) = default;
};

struct RetryRule {
    std::vector<std::string> codes;
    RetrySettings retry;
    friend bool operator==(const RetryRule&, const RetryRule&) = default;
};

// A business object, and which record attribute says which one.
struct ObjectKey {
    std::string object;  // "" : none
    std::string key;     // "record.subject"
    friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
};
struct Predecessor {
    ObjectKey object;
    std::chrono::milliseconds wait{std::chrono::hours{24 * 7}};
    friend bool operator==(const Predecessor&, const Predecessor&) = default;
};

struct Destination {
    std::string name;  // of the lane: the connection's, or "tap.<name>" of a wire tap
    std::string connection;
    std::string contract;          // what it takes: "canonical/journal_entry@1", or ""
    std::string branch;            // "": every record; else only those of this branch
    std::size_t steps = SIZE_MAX;  // so many of the route's steps come before it: a wire tap's own place
    RetrySettings retry;
    std::uint32_t batch_records = 0;             // 0: as the sink says
    std::chrono::milliseconds deadline{30'000};  // of one call to the sink
    std::chrono::milliseconds linger{2};
    bool optional = false;
    std::vector<RetryRule> retry_rules;
    Location where;
    bool retry_declared = false;  // somebody wrote `retry`
    // It reads what is accepted by itself, and runs the steps that stand before it.
    [[nodiscard]] bool is_tap() const noexcept { return steps != SIZE_MAX; }
};

// A finding of the lint that somebody looked at and lets stand.
struct Waiver {
    std::string code;
    std::string why;
    Location where;
};

struct Route {
    std::string name;
    std::string owner;
    std::string from;            // connection
    std::string contract;        // what comes in: "canonical/usage_event@1", or ""
    std::string reconciliation;  // what compares its postings with the source; "" is nothing
    std::vector<Waiver> waivers;
    bool from_begin = false;          // a new route starts at the oldest retained record
    std::string key;                  // "record.subject", "record.key", ...; "" is record.key, else record.subject
    std::string priority = "normal";  // "critical", "normal", "bulk"
    ObjectKey provides;
    std::vector<Predecessor> after;
    std::chrono::milliseconds exception_service_level{0};  // 0: none
    std::string exception_assignee;                        // "": the owner
    std::vector<Step> steps;
    std::vector<Destination> to;
    Location where;
};

// A map step's settings in a file of their own, with a version.
struct Mapping {
    std::string name;
    std::string version;  // "1.2.0"
    std::string owner;
    std::string deprecated;  // the day from which it is to be left, "2026-10-01", or ""
    std::string sunset;      // the first day on which it may no longer be used, or ""
    std::string successor;   // "name@2", or ""
    std::string settings_json;
    Location where;
    std::map<std::string, Location> places;
    TextParts parts;
    std::map<std::string, Location> literals{};  // the places of settings that stand there as they are
    [[nodiscard]] std::string id() const { return name + "@" + version; }
};

// Rows that lookup() and enrich find by a key.
struct TableSettings {
    std::string name;
    std::string file;  // absolute; its ending says what it is: ".csv", ".json"
    std::string key;   // column; "" for a JSON object by key
    Location where;
};

// Which system's word counts for a kind of business object, and for single members of it.
struct Ownership {
    std::string object;  // "customer"
    std::string system;
    std::map<std::string, std::string> members;  // JSON Pointer -> system
    Location where;
};

struct HttpSettings {
    std::string listen;         // "127.0.0.1:8080"; "" when no connection needs it
    std::uint32_t threads = 0;  // 0: from the number of cores
    std::uint64_t body_max = 8ull << 20;
    std::uint32_t connections_max = 1024;
    std::chrono::milliseconds idle_timeout{60'000};
    std::string tls_certificate;  // PEM file; "" is plain HTTP
    std::string tls_key;
};

struct JournalSettings {
    std::string backend = "sqlite";
    std::uint64_t segment_bytes = 1ull << 30;
    std::uint64_t identity_memory_bytes = 64ull << 20;
    std::chrono::hours retention_age{24 * 400};
    std::uint64_t retention_bytes = 0;
    std::uint64_t disk_reserve_bytes = 64ull << 20;
};

struct LogSettings {
    std::string level = "info";   // trace, debug, info, warn, error
    std::string format = "text";  // text, json
};

struct Config {
    std::filesystem::path file;
    std::filesystem::path data_dir;  // absolute, or relative to the file's folder made absolute
    std::vector<std::filesystem::path> plugin_dirs;
    std::vector<PluginUse> plugins;
    HttpSettings http;
    std::string admin_listen = "127.0.0.1:0";  // "" when the administration API is off
    bool admin_open_metrics = false;
    JournalSettings journal;
    LogSettings log;
    std::chrono::milliseconds stop_deadline{30'000};
    // name -> absolute path, from ${secret:file:...}: {"file:/run/secrets/x", "/run/secrets/x"}. Values are never here.
    // ${env:X} in a secret field is a secret too, of name "env:X"; it is not in this map.
    std::map<std::string, std::string> secret_files;
    std::map<std::string, Connection> connections;
    std::vector<Route> routes;
    std::vector<Mapping> mappings;
    std::map<std::string, TableSettings> tables;
    std::vector<std::filesystem::path> contract_dirs;
    std::map<std::string, Ownership> ownership;  // by object
};

// What the checker must know of a plugin: filled by the caller from manifests, no plugin code involved.
struct ComponentSchema {
    std::string plugin;  // id
    std::string version;
    std::string component;
    std::string kind;                // "source", "transform", "sink"
    std::string config_schema_json;  // JSON Schema of `settings`
};

struct LoadResult {
    std::optional<Config> config;   // only when problems is empty
    std::vector<Problem> problems;  // by file, line, column
    // With problems: what is sound all the same, without the routes that have one, to look for more. Never to be run.
    std::optional<Config> draft;
};

// Value of an environment variable, or nullopt. Called on the loading thread only.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
// The process's own; what load() uses when nothing else is given.
[[nodiscard]] Environment process_environment();

// Reads `file` (YAML or JSON) and what it includes. Two passes, because manifests are found through the file:
// load_plugin_dirs() first, then load() with what the manifests say.
// Nothing is written, no plugin code runs, no secret is read. Never throws for what stands in a file.
// load_plugin_dirs() sets `file`, plugin_dirs and plugins only, and reports what is wrong on the way there.
[[nodiscard]] LoadResult load_plugin_dirs(const std::filesystem::path& file,
                                          const Environment& environment = process_environment());
[[nodiscard]] LoadResult load(const std::filesystem::path& file, const std::vector<ComponentSchema>& components,
                              const Environment& environment = process_environment());
// Where the data of `file` lies, whatever else is wrong in it: enough to find the host that runs with it. nullopt: it
// does not say.
[[nodiscard]] std::optional<std::filesystem::path> find_data_dir(
    const std::filesystem::path& file, const Environment& environment = process_environment());

// JSON Schema 2020-12 of a configuration file with these components: what `weir schema` prints for editors.
[[nodiscard]] std::string schema_json(const std::vector<ComponentSchema>& components);

}  // namespace weir::config
