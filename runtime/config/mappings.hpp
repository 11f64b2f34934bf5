// Mapping files: settings of map steps that routes name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"

namespace weir::config {

// "m@1.2.0" and "m@2.0.0-rc.1" are exactly that one; "m@1", "m@1.2" and "m@^1.2" the highest release in that range, "m"
// the highest there is. A pre-release is nobody's by accident. False for what has another form.
[[nodiscard]] bool is_mapping_reference(std::string_view reference);
// The one that a reference means, or nullptr.
[[nodiscard]] const Mapping* find_mapping(std::span<const Mapping> all, std::string_view reference);

class Mappings {
  public:
    // Reads and checks every mapping file of `sources`. A name and version that stand twice are a problem.
    Mappings(Sources& sources, const Components& components, Problems& problems);

    // nullptr after adding wrong_value or unknown_mapping at `where`.
    [[nodiscard]] const Mapping* find(std::string_view reference, const Location& where, Problems& problems) const;
    [[nodiscard]] std::vector<Mapping> take() && { return std::move(all_); }

  private:
    void read(Node& node, const std::filesystem::path& folder, const Components& components, Problems& problems);

    std::vector<Mapping> all_;
    bool complete_;
};

// JSON Pointer -> where the text of that value stands, for every value in `node`.
[[nodiscard]] std::map<std::string, Location> places_of(const Node& node);
[[nodiscard]] TextParts parts_of(const Node& node);
// The same of the scalars that stand in the file as they are: neither secrets nor made of references.
[[nodiscard]] std::map<std::string, Location> literals_of(const Node& node);

}  // namespace weir::config
