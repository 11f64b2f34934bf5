// From a record to its line in the file.
#pragma once

#include <weir/record.hpp>
#include <weir/result.hpp>

#include <string>
#include <string_view>

namespace weir::file {

// Appends the payload and a newline. Newlines between the tokens of a JSON payload become spaces; inside its strings
// JSON has none. `rejected`: no payload (NO_PAYLOAD), or a payload of several lines that is not JSON
// (MULTILINE_PAYLOAD).
[[nodiscard]] Status append_plain(const Record& record, std::string& out);

// Appends the record as a structured CloudEvent (JSON format 1.0.2) and a newline, with `external_ref` as the
// extension attribute `externalref`.
void append_event(const Record& record, std::string_view external_ref, std::string& out);

}  // namespace weir::file
