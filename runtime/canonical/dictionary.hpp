// The fields of a contract as people look them up: name, type, unit, sign, time basis, meaning.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::canonical {

struct Contract;

struct Field {
    std::string pointer;  // into the data; `*` stands for every element: "/lines/*/amount"
    std::string type;     // "string", "decimal", "canonical/money@1", "list of canonical/tax@1", ...
    std::string description;
    std::string unit;       // "min", "percent"; or which member names it: "as in currency"
    std::string sign;       // "positive: owed by the customer"
    std::string time;       // "UTC instant"
    std::string values;     // of an enum: "draft, open, paid"
    bool required = false;  // in the object around it
    bool personal = false;
    bool key = false;  // part of the natural key
};

enum class Depth : std::uint8_t {
    own,         // what other contracts describe is named, not repeated
    everything,  // also what is inside of those
};

// In the order of the schema; of a schema that refers to itself, each once. Takes a bundled schema.
[[nodiscard]] std::vector<Field> fields_of(std::string_view schema_text, Depth depth);

// The page of a contract: fields, rules, and `example` (JSON text) when it is not empty.
[[nodiscard]] std::string contract_markdown(const Contract& contract, std::string_view example);

}  // namespace weir::canonical
