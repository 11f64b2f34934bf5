// Reads checked values of one section, with the defaults of keys.def.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "runtime/config/keys.hpp"
#include "runtime/config/node.hpp"

namespace weir::config {

// Refers to the tree. A value that is absent, or that the check refused, reads as its default; asking for a key that is
// not in keys.def is a mistake of the caller's.
class Values {
  public:
    // `map` may be null: everything is absent. `folder` is what relative paths start from.
    Values(const Node* map, SectionId section, const std::filesystem::path& folder)
        : map_(map), section_(section), folder_(folder) {}

    [[nodiscard]] const Node* node(std::string_view name) const;  // nullptr when absent
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::uint32_t count(std::string_view name) const;
    [[nodiscard]] double ratio(std::string_view name) const;
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view name) const;
    [[nodiscard]] std::uint64_t size(std::string_view name) const;
    [[nodiscard]] std::string path(std::string_view name) const;  // absolute, or "" when absent
    [[nodiscard]] Values section(std::string_view name) const;

  private:
    [[nodiscard]] std::string raw(std::string_view name) const;

    const Node* map_;
    SectionId section_;
    const std::filesystem::path& folder_;
};

}  // namespace weir::config
