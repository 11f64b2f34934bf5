// What is wrong with a file a person wrote, and where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::canonical {

struct Problem {
    std::string file;
    int line = 0;  // from 1; 0: the file as a whole
    int column = 0;
    std::string message;                          // lower case, quotes what was found
    [[nodiscard]] std::string to_string() const;  // "file:line:column: message"
};

// A problem at a byte of a file's text.
[[nodiscard]] Problem problem_at(std::string file, std::string_view text, std::size_t offset, std::string message);

// Where the JSON parser's message "at byte 17: ..." points; 0 when it does not.
[[nodiscard]] std::size_t json_error_offset(std::string_view message) noexcept;

}  // namespace weir::canonical
