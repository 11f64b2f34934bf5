#include "runtime/config/assemble.hpp"

#include <algorithm>
#include <set>

#include "runtime/config/connections.hpp"
#include "runtime/config/mappings.hpp"
#include "runtime/config/resolve.hpp"
#include "runtime/config/routes.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

void read_http(const Values& http, HttpSettings& out) {
    out.listen = http.text("listen");
    out.threads = http.count("threads");
    out.body_max = http.size("body_max");
    out.connections_max = http.count("connections_max");
    out.idle_timeout = http.duration("idle_timeout");
    out.tls_certificate = http.section("tls").path("certificate");
    out.tls_key = http.section("tls").path("key");
}

void read_journal(const Values& journal, JournalSettings& out) {
    out.backend = journal.text("backend");
    out.segment_bytes = journal.size("segment_size");
    out.identity_memory_bytes = journal.size("identity_memory");
    // Rounded up: what was asked to be kept is kept.
    out.retention_age = std::chrono::ceil<std::chrono::hours>(journal.section("retention").duration("age"));
    out.retention_bytes = journal.section("retention").size("size");
    out.disk_reserve_bytes = journal.size("disk_reserve");
}

void read_host(const SourceFile& main, Config& config) {
    const std::filesystem::path folder = main.path.parent_path();
    const Values top(&main.root, SectionId::top, folder);
    config.file = main.path;
    config.data_dir = top.path("data_dir");
    config.stop_deadline = top.duration("stop_deadline");
    const Values admin = top.section("admin");
    config.admin_listen = admin.flag("enabled") ? admin.text("listen") : "";
    config.admin_open_metrics = admin.flag("open_metrics");
    config.log.level = top.section("log").text("level");
    config.log.format = top.section("log").text("format");
    read_http(top.section("http"), config.http);
    read_journal(top.section("journal"), config.journal);
}

// plugins.use: an id once; what is required must be there.
void check_uses(const Config& config, Components& components, Problems& problems) {
    std::map<std::string, Location> seen;
    for (const PluginUse& use : config.plugins) {
        if (const auto [first, fresh] = seen.emplace(use.id, use.where); !fresh) {
            problems.add(use.where, "duplicate_plugin", "plugin " + quote(use.id) + " is here twice",
                         "first at " + first->second.to_string());
            continue;
        }
        if (use.id.empty() || !is_version_range(use.version_range)) continue;  // reported already
        components.limit(use.id, use.version_range);
        if (use.required) (void)components.of(use.id, "", use.where, problems);
    }
}

void read_tables(const Sources& sources, Config& config, Problems& problems) {
    for (const SourceFile& file : sources.files) {
        const bool has_tables = file.section == SectionId::top || file.section == SectionId::fragment;
        const Member* tables = has_tables ? file.root.find("tables") : nullptr;
        if (tables == nullptr) continue;
        const std::filesystem::path folder = file.path.parent_path();
        for (const Member& member : tables->value.members) {
            const Values values(&member.value, SectionId::table, folder);
            TableSettings table{member.key, values.path("file"), values.text("key"), member.where};
            if (!table.file.ends_with(".json") && table.key.empty()) {
                problems.add(member.where, "missing_key", "key \"key\" is missing", "expected the name of a column");
            }
            const auto [first, fresh] = config.tables.emplace(member.key, std::move(table));
            if (fresh) continue;
            problems.add(member.where, "duplicate_table", "table " + quote(member.key) + " is here twice",
                         "first at " + first->second.where.to_string());
        }
    }
}

void read_contracts(const SourceFile& main, Config& config) {
    const std::filesystem::path folder = main.path.parent_path();
    const Node* dirs = Values(&main.root, SectionId::top, folder).section("contracts").node("dirs");
    if (dirs == nullptr) return;
    for (const Node& dir : dirs->items) config.contract_dirs.push_back(absolute_path(folder, dir.text));
}

void read_ownership(const SourceFile& main, Config& config) {
    const std::filesystem::path folder = main.path.parent_path();
    const Member* objects = main.root.find("ownership");
    if (objects == nullptr) return;
    for (const Member& member : objects->value.members) {
        const Values values(&member.value, SectionId::ownership, folder);
        Ownership owned{member.key, values.text("system"), {}, member.where};
        if (const Node* members = values.node("members")) {
            for (const Node& one : members->items) {
                const Values item(&one, SectionId::ownership_member, folder);
                owned.members.emplace(item.text("member"), item.text("system"));
            }
        }
        config.ownership.emplace(member.key, std::move(owned));
    }
}

// An owner is a connection: its name is what records say they come from.
void check_owners(const Config& config, Problems& problems) {
    std::vector<std::string_view> names;
    for (const auto& [name, connection] : config.connections) names.push_back(name);
    const auto check = [&](const std::string& system, const Location& where) {
        if (system.empty() || config.connections.contains(system)) return;
        problems.add(where, "unknown_connection", "unknown connection " + quote(system), suggest(system, names));
    };
    for (const auto& [object, owned] : config.ownership) {
        check(owned.system, owned.where);
        for (const auto& [member, system] : owned.members) check(system, owned.where);
    }
}

}  // namespace

void read_plugins(const SourceFile& main, Config& config) {
    const std::filesystem::path folder = main.path.parent_path();
    const Values plugins = Values(&main.root, SectionId::top, folder).section("plugins");
    if (const Node* dirs = plugins.node("dirs")) {
        for (const Node& dir : dirs->items) config.plugin_dirs.push_back(absolute_path(folder, dir.text));
    }
    const Node* uses = plugins.node("use");
    if (uses == nullptr) return;
    for (const Node& use : uses->items) {
        const Values values(&use, SectionId::plugin_use, folder);
        config.plugins.push_back({values.text("id"), values.text("version"), values.flag("required"), use.where});
    }
}

Config assemble(Sources& sources, const std::vector<ComponentSchema>& components, Problems& problems) {
    Config config;
    if (sources.files.empty() || sources.files.front().section != SectionId::top) return config;
    read_host(sources.files.front(), config);
    read_plugins(sources.files.front(), config);
    config.secret_files = sources.secret_files;

    Components available(components);
    check_uses(config, available, problems);
    ConnectionTable connections(sources, available, problems);
    Mappings mappings(sources, available, problems);
    StepReader steps(available, mappings, connections, problems);
    config.routes = read_routes(sources, connections, steps, problems);
    read_tables(sources, config, problems);
    read_contracts(sources.files.front(), config);
    read_ownership(sources.files.front(), config);
    config.connections = connections.settle(config.http, problems);
    config.mappings = std::move(mappings).take();
    check_owners(config, problems);
    return config;
}

}  // namespace weir::config
