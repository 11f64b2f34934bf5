// A text with variables that a record fills: a URL, or the key of a row.
#pragma once

#include <weir/json.hpp>
#include <weir/record.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

class Template {
  public:
    enum class Encoding : std::uint8_t {
        percent,  // RFC 3986, section 2.1: no value reaches beyond its place in the URL
        plain,
    };

    // "https://crm.example/v1/customers/{subject}?by={source}", "{/customer/id}": names of attributes, and JSON
    // pointers into the payload. Throws ConfigError at `pointer`.
    Template(std::string_view text, Encoding encoding, std::string_view pointer);

    // Throws Reject: LOOKUP_KEY_INVALID where a variable is empty, or for a URL "." or "..", which would be that of
    // something else, or where the payload has no text, number or boolean at a pointer; NOT_JSON or DUPLICATE_KEY where
    // it cannot be read. Only a template with pointers reads payloads, with `parser`.
    [[nodiscard]] std::string fill(const Record& record, JsonParser& parser) const;

  private:
    using Getter = std::string_view (Record::*)() const noexcept;
    struct Part {
        std::string text;  // before the variable
        std::string name;
        Getter value;  // null: a pointer into the payload
    };
    void append(std::string& out, std::string_view value, const Part& part) const;

    Encoding encoding_;
    std::vector<Part> parts_;
    std::string rest_;
    bool reads_payload_ = false;
};

// Throws Reject: NOT_JSON, DUPLICATE_KEY.
[[nodiscard]] JsonValue parse_payload(JsonParser& parser, std::string_view payload);

}  // namespace weir::enrich
