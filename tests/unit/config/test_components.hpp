// What the configuration tests share: components that exist, an environment, files in a folder of their own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"

namespace weir::config::testing {

// From tests/configs/components.json.
[[nodiscard]] std::vector<ComponentSchema> test_components();
// WEIR_TEST_PORT=8080, WEIR_TEST_TOKEN=hunter2, WEIR_TEST_WORD=many, WEIR_TEST_EMPTY=, and nothing else.
[[nodiscard]] Environment test_environment();
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
// Every problem as a line.
[[nodiscard]] std::string lines(const std::vector<Problem>& problems);

// A directory that is gone when the object is.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    // Gives the path of the written file.
    std::filesystem::path write(const std::string& name, std::string_view text) const;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace weir::config::testing
