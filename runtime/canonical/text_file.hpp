// A whole file as text, up to a size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <weir/result.hpp>

namespace weir::canonical {

// `not_found`: cannot be opened; `invalid`: larger than `bytes_max`, or a directory; `unavailable`: reading failed.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file, std::uintmax_t bytes_max);

}  // namespace weir::canonical
