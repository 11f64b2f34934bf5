// The components of the plugins that are there, and which of them a reference means.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/version_range.hpp"

namespace weir::config {

// Refers to the list it was made from.
class Components {
  public:
    explicit Components(const std::vector<ComponentSchema>& all) : all_(all) {}

    // From plugins.use: only versions in `range` count from now on.
    void limit(const std::string& plugin, const std::string& range) { limits_[plugin] = range; }

    [[nodiscard]] bool has_plugin(std::string_view id) const;
    // The components of the highest version of `plugin` in `range` and in its limit. Empty after adding unknown_plugin
    // or plugin_version at `where`.
    [[nodiscard]] std::vector<const ComponentSchema*> of(std::string_view plugin, std::string_view range,
                                                         const Location& where, Problems& problems) const;
    // The transforms of this name: one per plugin that has it, in its highest version allowed.
    [[nodiscard]] std::vector<const ComponentSchema*> transforms(std::string_view name) const;
    // Every transform's name, for suggestions.
    [[nodiscard]] std::vector<std::string_view> transform_names() const;

  private:
    [[nodiscard]] std::vector<const ComponentSchema*> highest(std::string_view plugin, std::string_view range) const;
    [[nodiscard]] std::string_view limit_of(std::string_view plugin) const;

    const std::vector<ComponentSchema>& all_;
    std::map<std::string, std::string, std::less<>> limits_;
};

}  // namespace weir::config
