// One schema with everything it refers to: what a validator or an editor can use without asking for more.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::canonical {

// The text of the schema that a reference names, or nullopt: "canonical/money@1".
using SchemaSource = std::function<std::optional<std::string>(std::string_view reference)>;

// `schema_text` with every schema that a "$ref" outside of it names, directly or through others, under "$defs", and
// the references pointed there: "canonical/money@1" becomes "#/$defs/canonical.money@1". References with a pointer
// behind them ("canonical/price@1#/$defs/tier") lead there. What is already inside keeps its place.
// `invalid`: not JSON, or a reference to nothing; the message begins with the JSON pointer of the reference.
[[nodiscard]] Result<std::string> bundle(std::string_view schema_text, const SchemaSource& source);

}  // namespace weir::canonical
