// JSON Pointers (RFC 6901).
#pragma once

#include <string>
#include <string_view>

namespace weir {

// A name as one part of a pointer: "a/b" as "a~1b".
[[nodiscard]] inline std::string pointer_token(std::string_view name) {
    std::string token;
    for (const char c : name) {
        if (c == '~') {
            token += "~0";
        } else if (c == '/') {
            token += "~1";
        } else {
            token += c;
        }
    }
    return token;
}

}  // namespace weir
