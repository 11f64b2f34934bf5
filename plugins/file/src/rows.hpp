// From the bytes of one row to a record: validation, envelope, and the attributes the configuration asks for.
#pragma once

#include "csv.hpp"
#include "source_config.hpp"

#include <weir/json.hpp>
#include <weir/record.hpp>
#include <weir/result.hpp>
#include <weir/source.hpp>

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::file {

// Bytes that must be readable behind every row given to RowParser: simdjson reads ahead.
inline constexpr std::size_t kRowPadding = simdjson::SIMDJSON_PADDING;

// A good row. The views live until the next parse().
struct ParsedRow {
    std::string_view payload;
    Meta meta;
};

// Not thread-safe; its buffers grow to the longest row and stay.
class RowParser {
  public:
    explicit RowParser(const SourceConfig& config) : config_(config) {}

    // `row` is without its newline and may end with a CR. For CSV `header` names the columns. The payload points into
    // `row`, into `out`'s arena, or into this object.
    // `invalid`: the row is bad and the message says why.
    [[nodiscard]] Result<ParsedRow> parse(std::string_view row, const CsvHeader* header, Outlet& out);

  private:
    [[nodiscard]] Result<ParsedRow> parse_json(std::string_view row);
    [[nodiscard]] Result<ParsedRow> parse_csv(std::string_view row, const CsvHeader& header, Outlet& out);
    [[nodiscard]] Result<ParsedRow> parse_event(std::string_view row);
    [[nodiscard]] Status take_attribute(std::string_view name, const JsonValue& value, Meta& meta);
    [[nodiscard]] Status take_data(const JsonValue& event, ParsedRow& row);

    [[nodiscard]] Status select_json(const JsonValue& document, Meta& meta) const;
    [[nodiscard]] Status select_csv(const CsvHeader& header, Meta& meta) const;
    [[nodiscard]] Status set_time(std::string_view text, Meta& meta) const;

    const SourceConfig& config_;
    simdjson::dom::parser checker_;  // proves that a row is JSON, faster than parser_ but no more than that
    JsonParser parser_;
    CsvFields fields_;
    std::vector<weir_attr> attrs_;  // extension attributes of an event
    std::string decoded_;           // data_base64, decoded
};

}  // namespace weir::file
