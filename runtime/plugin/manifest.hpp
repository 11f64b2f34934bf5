// A plugin's manifest, read from the ELF note of its file. No plugin code runs here.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::plugin {

struct ComponentManifest {
    std::string name;
    std::string kind;  // "source", "transform", "sink"
    std::string summary;
    std::string config_schema_json;     // JSON Schema 2020-12 of the component's settings
    std::vector<std::string> examples;  // settings that are valid, as JSON; conformance tests create each of them
};

struct CatalogueEntry {  // one code the plugin may report
    std::string code;
    std::string error_class;  // "technical", "business", "policy"
    std::string meaning;
    std::string action;  // what a person should do
};

struct Manifest {
    std::string id;       // "ledger", "com.acme.erp"
    std::string version;  // semver
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::uint16_t min_host_minor = 0;
    std::string licence;
    std::string summary;
    std::vector<ComponentManifest> components;
    std::vector<CatalogueEntry> errors;
    std::string limits_json;  // the "limits" object as JSON, "{}" when absent; for people and tools
    std::string json;         // the note's bytes
};

// Longest manifest that is read.
inline constexpr std::size_t kManifestBytesMax = 1u << 20;

// Parses plugin.json. `invalid` with code bad_manifest: says at which JSON pointer and what was expected. Unknown keys
// are ignored, keys that stand twice are not. docs/formats/manifest.md is the description.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view json);
// Fills `out` as far as it gets, so that a refused plugin can still be named.
[[nodiscard]] Status parse_manifest(std::string_view json, Manifest& out);

// Finds the note in an ELF64 little-endian shared library for this machine. `invalid` with code not_elf,
// wrong_architecture, not_shared, no_manifest, or truncated.
[[nodiscard]] Result<std::string> read_manifest_note(std::span<const std::byte> file);

}  // namespace weir::plugin
