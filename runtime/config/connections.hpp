// The connections of all files: which names there are, what routes use them for, and their settings.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"

namespace weir::config {

// Refers to `components`; lives while a configuration is put together. use() everything first, then settle().
class ConnectionTable {
  public:
    // Collects the connections; a name that two files define is a problem.
    ConnectionTable(const Sources& sources, const Components& components, Problems& problems);

    // A route uses connection `name` as "source" or "sink". An unknown name is a problem at `where`, unless a file is
    // missing that may define it.
    void use(const std::string& name, const std::string& kind, const Location& where, Problems& problems);

    // Finds each connection's component, checks its settings and gives what was collected.
    [[nodiscard]] std::map<std::string, Connection> settle(const HttpSettings& http, Problems& problems);

  private:
    struct Draft {
        Connection value;
        Node settings;  // the plugin's own keys
        std::filesystem::path folder;
        Location plugin_where;
        Location component_where;
        std::map<std::string, Location> kinds;  // used as -> first place
    };
    using Chosen = std::vector<const ComponentSchema*>;

    void add(const Member& member, const std::filesystem::path& folder, Problems& problems);
    [[nodiscard]] Chosen choose(const Draft& draft, Problems& problems) const;
    [[nodiscard]] static const ComponentSchema* choose_kind(const Draft& draft, const Chosen& of_plugin,
                                                            const std::string& kind, const Location& where,
                                                            Problems& problems);
    [[nodiscard]] static Chosen choose_unused(const Draft& draft, const Chosen& of_plugin);
    void check(Draft& draft, const Chosen& chosen, const HttpSettings& http, Problems& problems);
    using Schemas = std::vector<const nlohmann::json*>;
    // False after adding to `problems`: as the one the settings are right, but not as the other, too.
    [[nodiscard]] static bool serves_both(const Draft& draft, const Schemas& schemas, Problems& problems);
    void check_unique(const Draft& draft, const ComponentSchema& component, const std::string& property,
                      Problems& problems);

    const Components& components_;
    bool complete_;
    std::map<std::string, Draft, std::less<>> drafts_;
    std::map<std::string, std::pair<std::string, Location>> unique_;  // component, key and value -> who has it
};

}  // namespace weir::config
