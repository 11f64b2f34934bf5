// CloudEvents 1.0.2: JSON format and HTTP binding, from the wire to a record.
#pragma once

#include <weir/plugin.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "item.hpp"
#include "json_scan.hpp"
#include "text_arena.hpp"

namespace http_plugin {

// Reads events one after the other. What is wrong with one event is told in the item and the next one can be read;
// only text that is not JSON ends it all.
class CloudEventReader {
  public:
    CloudEventReader(TextArena& arena, const Limits& limits) : arena_(arena), limits_(limits) {}

    // One event in the JSON format. False: not JSON at scanner.position().
    [[nodiscard]] bool structured(JsonScanner& scanner, Item& item);
    // An event whose attributes are ce-* header fields; `body` is its data.
    void binary(std::span<const weir_attr> headers, std::string_view body, Item& item);

  private:
    struct Seen;
    [[nodiscard]] bool member(JsonScanner& scanner, Item& item, Seen& seen);
    void attribute(std::string_view name, std::string_view value, Item& item, Seen& seen);
    void data(const JsonValue& value, Item& item, Seen& seen) const;
    void finish(Item& item, Seen& seen);
    [[nodiscard]] std::string_view text_of(const JsonValue& string, Item& item);

    TextArena& arena_;
    const Limits& limits_;
};

// Whether a media type's data is JSON (RFC 6838: the subtype json or the suffix +json); an absent one is.
[[nodiscard]] bool is_json_media_type(std::string_view content_type) noexcept;
// "application/json" of "Application/JSON; charset=utf-8".
[[nodiscard]] bool media_type_is(std::string_view content_type, std::string_view lower_type) noexcept;

}  // namespace http_plugin
