// What is declared and used by nothing.

#include <algorithm>
#include <set>

#include "runtime/lint/check.hpp"
#include "runtime/lint/uses.hpp"

namespace weir::lint {
namespace {

void check_connections(Check& check, const Uses& uses) {
    for (const auto& [name, connection] : check.config().connections) {
        if (uses.connections.contains(name)) continue;
        check.add(RuleId::UNUSED_CONNECTION, connection.where, "connection " + name,
                  "no route uses connection " + quote(name), "remove it");
    }
}

void check_mappings_used(Check& check, const Uses& uses) {
    for (const config::Mapping& mapping : check.config().mappings) {
        if (uses.mappings.contains(mapping.id())) continue;
        check.add(RuleId::UNUSED_MAPPING, mapping.where, "mapping " + mapping.id(),
                  "no route uses mapping " + quote(mapping.id()), "remove it");
    }
}

void check_tables(Check& check, const Uses& uses) {
    if (uses.some_table) return;  // a name is computed: it may be any of them
    for (const auto& [name, table] : check.config().tables) {
        if (uses.tables.contains(name)) continue;
        check.add(RuleId::UNUSED_TABLE, table.where, "table " + name, "nothing reads table " + quote(name),
                  "remove it");
    }
}

void check_plugins(Check& check, const Uses& uses) {
    for (const config::PluginUse& use : check.config().plugins) {
        if (uses.plugins.contains(use.id)) continue;
        check.add(RuleId::UNUSED_PLUGIN, use.where, "plugin " + use.id,
                  "no connection and no step uses plugin " + quote(use.id), "remove it from plugins.use");
    }
}

}  // namespace

void check_unused(Check& check) {
    const Uses uses = uses_of(check.view());
    check_connections(check, uses);
    check_mappings_used(check, uses);
    check_tables(check, uses);
    check_plugins(check, uses);
}

}  // namespace weir::lint
