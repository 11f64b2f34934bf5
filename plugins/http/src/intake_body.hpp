// From a request's content type and body to records.
#pragma once

#include <weir/plugin.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "item.hpp"
#include "text_arena.hpp"

namespace http_plugin {

enum class BodyFormat : std::uint8_t { structured, batch, binary, json, ndjson_events, ndjson_json, unsupported };

// What plain JSON, which carries no attributes, is given.
struct PlainJson {
    std::string type;  // "": plain JSON is not taken
    std::string source;
    std::string id_header;        // lower case
    std::string id_pointer;       // into the payload; goes before the header
    bool digest_id = false;       // without another id: the payload's SHA-256
    std::string type_pointer;     // "": the type is `type`; else `type`, a dot, and the text there
    std::string subject_pointer;  // "": none
    bool ndjson_is_events = true;
};

[[nodiscard]] BodyFormat format_of(std::span<const weir_attr> headers, const PlainJson& plain) noexcept;
// For the Accept field of a 415.
[[nodiscard]] std::string_view accepted_types(const PlainJson& plain) noexcept;
// The answer is about one event, not about a list of them.
[[nodiscard]] constexpr bool is_single(BodyFormat format) noexcept {
    return format == BodyFormat::structured || format == BodyFormat::binary || format == BodyFormat::json;
}

struct BodyInput {
    BodyFormat format = BodyFormat::unsupported;
    std::span<const weir_attr> headers;
    std::string_view body;
    std::string_view key = {};  // what the Idempotency-Key says, for a source that reads it
};

// Why the body as a whole is refused; `code` nullptr: it is not.
struct BodyError {
    const char* code = nullptr;
    std::string detail;
};

// Gives each item, good or not, to `take` in order; its views are valid inside that call. Stops at a BodyError: what
// was taken before must be dropped.
class BodyReader {
  public:
    using Take = std::function<void(Item&)>;
    BodyReader(TextArena& arena, Item& item, const Limits& limits, const PlainJson& plain)
        : arena_(arena), item_(item), limits_(limits), plain_(plain) {}

    [[nodiscard]] BodyError read(const BodyInput& input, const Take& take);

  private:
    void begin_item();
    [[nodiscard]] BodyError structured(std::string_view body, const Take& take);
    [[nodiscard]] BodyError batch(std::string_view body, const Take& take);
    [[nodiscard]] BodyError lines(const BodyInput& input, const Take& take);
    [[nodiscard]] BodyError json(const BodyInput& input, const Take& take);
    [[nodiscard]] std::string_view request_id(const BodyInput& input) const;
    void event_line(std::string_view line);
    void plain_record(std::string_view text, std::string_view request_id, std::uint32_t line);

    TextArena& arena_;
    Item& item_;
    const Limits& limits_;
    const PlainJson& plain_;
};

}  // namespace http_plugin
