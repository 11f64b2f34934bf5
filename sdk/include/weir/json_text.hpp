// A setting of any form, as the configuration has it.
//
//   struct Config {
//       std::optional<weir::JsonText> schema;   // {"maximum": 99999999999999.99}
//   };
//
// weir::json takes any form as well, and makes doubles of its numbers: 99999999999999.98.
#pragma once

#include <weir/config.hpp>
#include <weir/json.hpp>

#include <string>

namespace weir {
inline namespace sdk_1 {

struct JsonText {
    std::string text;
};

// The parsed value has lost digits: the text is read once more.
inline void decode_config(const json&, JsonText& out, const detail::ConfigPath& path) {
    JsonParser parser;
    const auto document = parser.parse(path.document());
    if (!document.ok()) path.fail("the configuration is not JSON: " + document.error().message);
    out.text = document->pointer(path.pointer()).raw();
}

}  // namespace sdk_1
}  // namespace weir
