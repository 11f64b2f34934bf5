// A URL with variables that a record fills.
#pragma once

#include <weir/record.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

class UrlTemplate {
  public:
    // "https://crm.example/v1/customers/{subject}?by={source}". Throws ConfigError at `pointer`.
    UrlTemplate(std::string_view text, std::string_view pointer);

    // Values are percent-encoded (RFC 3986, section 2.1), so that none of them reaches beyond its place. Throws Reject
    // where a variable is empty, "." or "..": the URL would be that of something else.
    [[nodiscard]] std::string fill(const Record& record) const;

  private:
    using Getter = std::string_view (Record::*)() const noexcept;
    struct Part {
        std::string text;  // before the variable
        std::string_view name;
        Getter value;
    };
    std::vector<Part> parts_;
    std::string rest_;
};

}  // namespace weir::enrich
