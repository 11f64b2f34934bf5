#include "runtime/config/assemble.hpp"

#include <algorithm>
#include <set>

#include "runtime/config/connections.hpp"
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
    config.routes = read_routes(sources, available, connections, problems);
    config.connections = connections.settle(config.http, problems);
    return config;
}

}  // namespace weir::config
