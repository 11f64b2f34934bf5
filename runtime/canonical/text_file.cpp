#include "runtime/canonical/text_file.hpp"

#include <fstream>
#include <system_error>

namespace weir::canonical {

Result<std::string> read_text_file(const std::filesystem::path& file, std::uintmax_t bytes_max) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error) return Error{Errc::not_found, "cannot be read: " + error.message(), "file", {}};
    if (size > bytes_max) {
        return Error{
            Errc::invalid, "has " + std::to_string(size) + " bytes, at most " + std::to_string(bytes_max), "", {}};
    }
    std::string text(size, '\0');
    std::ifstream in(file, std::ios::binary);
    if (!in.read(text.data(), static_cast<std::streamsize>(size))) {
        return Error{Errc::unavailable, "cannot be read", "file", {}};
    }
    return text;
}

}  // namespace weir::canonical
