// Settings of the file source; plugin.json documents and checks them, README.md explains them.
#pragma once

#include <weir/config.hpp>

#include <cstdint>
#include <string>

namespace weir::file {

enum class Format : std::uint8_t { ndjson, csv };
enum class Envelope : std::uint8_t { none, cloudevents };
enum class OnEnd : std::uint8_t { wait, stop };
enum class Identity : std::uint8_t { name, content };
WEIR_CONFIG_ENUM(Format, ndjson, csv)
WEIR_CONFIG_ENUM(Envelope, none, cloudevents)
WEIR_CONFIG_ENUM(OnEnd, wait, stop)
WEIR_CONFIG_ENUM(Identity, name, content)

struct SourceConfig {
    std::string path;  // a file, or a directory and a pattern: "in/*.csv"
    Format format = Format::ndjson;
    Envelope envelope = Envelope::none;
    std::string delimiter = ",";
    OnEnd on_end = OnEnd::wait;
    Identity identity = Identity::name;
    std::uint32_t max_row_bytes = 8u << 20;
    std::string source;  // CloudEvents source; empty: the file's URL
    std::string type;    // CloudEvents type of every record
    std::string schema;
    std::string id;  // the rest: a JSON pointer (ndjson) or a column (csv); empty: none
    std::string key;
    std::string subject;
    std::string time;
};
WEIR_CONFIG(SourceConfig, path, format, envelope, delimiter, on_end, identity, max_row_bytes, source, type, schema, id,
            key, subject, time)

}  // namespace weir::file
