// The pages of docs/reference/canonical, from the schemas and their first examples.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace weir::canonical::testing {

// By file name: "invoice.md", and "README.md" with all of them. `examples` is runtime/canonical/examples.
[[nodiscard]] std::map<std::string, std::string> reference_pages(const std::filesystem::path& examples);

}  // namespace weir::canonical::testing
