// Mapping files: settings of map steps that routes name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"

namespace weir::config {

class Mappings {
  public:
    // Reads and checks every mapping file of `sources`. A name and version that stand twice are a problem.
    Mappings(Sources& sources, const Components& components, Problems& problems);

    // "usage-to-entry@1": the highest version that fits, "usage-to-entry": the highest. nullptr after adding
    // unknown_mapping at `where`.
    [[nodiscard]] const Mapping* find(std::string_view reference, const Location& where, Problems& problems) const;
    [[nodiscard]] std::vector<Mapping> take() && { return std::move(all_); }

  private:
    void read(Node& node, const std::filesystem::path& folder, const Components& components, Problems& problems);

    std::vector<Mapping> all_;
    bool complete_;
};

// JSON Pointer -> where the text of that value stands, for every value in `node`.
[[nodiscard]] std::map<std::string, Location> places_of(const Node& node);
// The same of the scalars that stand in the file as they are: neither secrets nor made of references.
[[nodiscard]] std::map<std::string, Location> literals_of(const Node& node);

}  // namespace weir::config
