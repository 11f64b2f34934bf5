// Contracts by name and version: those weir brings, and those of a configuration.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/canonical/problem.hpp"

namespace weir::canonical {

// https://semver.org: a new major may break readers and writers, a new minor adds, a patch only says it better.
struct Version {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
    [[nodiscard]] std::string to_string() const;
};
// "1.0.0"; nullopt for anything else.
[[nodiscard]] std::optional<Version> parse_version(std::string_view text) noexcept;

enum class ContractState : std::uint8_t {
    active,
    deprecated,   // still good, going away
    past_sunset,  // must not be used any more
};
[[nodiscard]] std::string_view to_string(ContractState state) noexcept;

struct Contract {
    std::string name;  // "canonical/invoice"
    Version version;
    std::string title;
    std::string description;
    std::string owner;        // who answers for the contract: a team
    std::string owner_kind;   // whose word counts about such objects: "erp", "billing", "crm", ...; "": not said
    std::string schema_text;  // JSON Schema 2020-12 without references to anything outside of it
    std::string source_text;  // as the file has it
    std::vector<std::string> includes;  // contracts that are a part of it, directly or through others, as it names them
    std::optional<std::chrono::sys_days> deprecated_on;  // from this day on
    std::optional<std::chrono::sys_days> sunset_on;      // from this day on
    std::string successor;                               // what to use instead: "acme/order@2"; "": not said
    std::vector<std::string>
        personal;      // JSON pointers of personal data; `*` stands for every element: "/tax_ids/*/value"
    std::string file;  // "" for what weir brings
    [[nodiscard]] std::string reference() const;  // "canonical/invoice@1.0.0"
    [[nodiscard]] ContractState state_on(std::chrono::sys_days day) const noexcept;
};

// Filled at the start, then immutable: any number of threads may read. Contracts stay where they are until it is
// destroyed; it may be moved.
class Contracts {
  public:
    // What weir brings: "canonical/...".
    [[nodiscard]] static Contracts builtin();

    // Adds the contracts of a directory: `<name>/<version>.json`, where name may have several parts. All or nothing of
    // a file; what is wrong with others does not keep good ones out. Found: what is not JSON Schema, keywords the
    // `validate` step does not know, references to nothing, "x-weir-contract" that differs from the file's name, names
    // of weir's own, and versions of one major that break their readers or writers.
    [[nodiscard]] std::vector<Problem> add_dir(const std::filesystem::path& dir);

    // "canonical/invoice@1": the highest version of the major; "canonical/invoice@1.0.0": that one. Null: there is
    // none.
    [[nodiscard]] const Contract* find(std::string_view reference) const;
    // The highest version of all.
    [[nodiscard]] const Contract* latest(std::string_view name) const;
    // "canonical/invoice@1": one for each name and major, sorted.
    [[nodiscard]] std::vector<std::string> names() const;
    // Every version, by name and version.
    [[nodiscard]] std::vector<const Contract*> all() const;
    // The schema texts by reference, for whoever reads schemas. Valid while this is, and stays where it is.
    [[nodiscard]] std::function<std::optional<std::string>(std::string_view)> resolver() const;

  private:
    friend class ContractReader;
    std::map<std::string, std::map<Version, Contract>, std::less<>> contracts_;
};

// "2026-12-31".
[[nodiscard]] std::string format_date(std::chrono::sys_days day);
[[nodiscard]] std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept;

}  // namespace weir::canonical
