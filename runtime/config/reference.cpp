#include "runtime/config/reference.hpp"

#include "runtime/config/keys.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kHead = R"(# Configuration keys
<!-- Generated from runtime/config/keys.def by the target config_reference; a test fails when it is stale. -->

Every key of the core. The keys of connections and steps that belong to a plugin stand on the plugin's page, and
`weir schema` gives all of them to an editor. How to write a configuration: [howto/configure.md](../howto/configure.md).

- A file is YAML 1.2 or JSON, at most 4 MiB. An unknown key is an error.
- Durations are a whole number and one of `ms s m h d`; sizes one of `B KiB MiB GiB TiB`.
- Paths are relative to the folder of the file they stand in.
- A name is made of `a-z 0-9 . _ -`, at most 64 characters, the first a letter or digit.
)";

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string range(const Key& key) {
    const auto [low, high] = bounds_of(key);
    if (!low.empty() && low == high) return ", " + std::string(low);
    if (low.empty() && high.empty()) return "";
    if (high.empty()) return ", from " + std::string(low);
    return ", " + std::string(low) + " to " + std::string(high);
}

std::string nested_title(const Key& key) {
    const Section& section = section_of(nested_section(key));
    return "_" + std::string(section.title) + "_";
}

std::string type_cell(const Key& key) {
    switch (key.type) {
        case Type::text:
            return "text";
        case Type::name:
            return "name";
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return "whole number" + range(key);
        case Type::ratio:
            return "number" + range(key);
        case Type::duration:
            return "duration" + range(key);
        case Type::size:
            return "size" + range(key);
        case Type::path:
            return "path";
        case Type::listen:
            return "address:port";
        case Type::plugin_id:
            return "plugin id";
        case Type::plugin_reference:
            return "plugin id[@range]";
        case Type::version_range:
            return "version or range";
        case Type::version:
            return "version";
        case Type::date:
            return "date";
        case Type::settings:
            return "map";
        case Type::record_key:
            return "record.attribute";
        case Type::paths:
            return "list of paths";
        case Type::strings:
            return "list of texts";
        case Type::steps:
            return "list of steps";
        case Type::section:
            return "map: " + nested_title(key);
        case Type::sections:
            return "list of maps: " + nested_title(key);
        case Type::section_or_sections:
            return "map or list of maps: " + nested_title(key);
        case Type::sections_by_name:
            return "map, name to " + nested_title(key);
        case Type::choice:
            break;
    }
    std::string choices;
    for (const std::string_view choice : choices_of(key)) {
        choices += (choices.empty() ? "`" : ", `") + std::string(choice) + "`";
    }
    return choices;
}

std::string default_cell(const Key& key) {
    if (key.required) return "**required**";
    return key.fallback.empty() ? "" : "`" + std::string(key.fallback) + "`";
}

void append_section(std::string& out, const Section& section) {
    out += "\n## " + std::string(section.title) + "\n" + std::string(section.about) + "\n\n";
    out += "| key | value | default | meaning |\n|---|---|---|---|\n";
    for (const Key& key : keys_of(section.id)) {
        out += "| `" + std::string(key.name) + "` | " + cell(type_cell(key)) + " | " + default_cell(key) + " | " +
               cell(key.about) + " |\n";
    }
}

}  // namespace

std::string reference_markdown() {
    std::string out(kHead);
    for (const Section& section : sections()) append_section(out, section);
    return out;
}

}  // namespace weir::config
