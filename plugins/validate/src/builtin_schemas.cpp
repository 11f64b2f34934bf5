#include "builtin_schemas.hpp"

#include <utility>

namespace weir::validate {
namespace {

// The data of a usage event; source, id, subject and time are attributes of its envelope.
constexpr std::string_view kUsageEvent = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "usage event, version 1",
  "type": "object",
  "required": ["metric", "quantity"],
  "properties": {
    "metric": { "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.:-]{0,63}$" },
    "quantity": { "type": "string", "maxLength": 40, "pattern": "^-?[0-9]+(\\.[0-9]+)?$" },
    "unit": { "type": "string", "minLength": 1, "maxLength": 32 },
    "dims": { "type": "object", "maxProperties": 32, "additionalProperties": { "type": "string", "maxLength": 256 } },
    "corrects": { "type": "string", "minLength": 1, "maxLength": 256 },
    "void": { "type": "boolean" }
  }
})json";

constexpr std::string_view kJournalEntry = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "journal entry, version 1",
  "type": "object",
  "required": ["company", "posting_date", "currency", "lines"],
  "properties": {
    "company": { "type": "string", "minLength": 1, "maxLength": 64 },
    "external_ref": { "type": "string", "minLength": 1, "maxLength": 64 },
    "document_type": { "type": "string", "maxLength": 64 },
    "document_date": { "type": "string", "format": "date" },
    "posting_date": { "type": "string", "format": "date" },
    "currency": { "$ref": "#/$defs/currency" },
    "memo": { "type": "string", "maxLength": 1024 },
    "lines": {
      "type": "array", "minItems": 2, "maxItems": 5000,
      "items": {
        "type": "object",
        "required": ["account", "side", "amount"],
        "properties": {
          "account": { "type": "string", "minLength": 1, "maxLength": 64 },
          "side": { "enum": ["debit", "credit"] },
          "amount": { "anyOf": [ { "$ref": "#/$defs/amount" }, { "$ref": "#/$defs/money" } ] },
          "currency": { "$ref": "#/$defs/currency" },
          "memo": { "type": "string", "maxLength": 1024 }
        }
      }
    }
  },
  "$defs": {
    "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
    "amount": { "type": "string", "maxLength": 40, "pattern": "^[0-9]+(\\.[0-9]+)?$" },
    "money": {
      "type": "object", "required": ["amount", "currency"], "additionalProperties": false,
      "properties": { "amount": { "$ref": "#/$defs/amount" }, "currency": { "$ref": "#/$defs/currency" } }
    }
  }
})json";

constexpr std::pair<std::string_view, std::string_view> kSchemas[] = {
    {"canonical/usage_event@1", kUsageEvent},
    {"canonical/journal_entry@1", kJournalEntry},
};

}  // namespace

std::string_view builtin_schema(std::string_view name) noexcept {
    for (const auto& [known, text] : kSchemas) {
        if (known == name) return text;
    }
    return {};
}

std::string_view builtin_schema_names() noexcept { return "canonical/usage_event@1, canonical/journal_entry@1"; }

}  // namespace weir::validate
