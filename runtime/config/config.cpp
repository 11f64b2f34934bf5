#include "runtime/config/config.hpp"

#include "runtime/config/assemble.hpp"
#include "runtime/config/check_keys.hpp"
#include "runtime/config/sources.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

LoadResult result(Config&& config, Problems&& problems) {
    LoadResult out;
    out.problems = std::move(problems).take_sorted();
    if (out.problems.empty()) out.config = std::move(config);
    return out;
}

// The commonest slip with the command line; dozens of unknown keys would not say so.
bool is_route(const Sources& sources) {
    return !sources.files.empty() && sources.files.front().root.find("route") != nullptr &&
           sources.files.front().root.find("weir") == nullptr;
}

}  // namespace

LoadResult load_plugin_dirs(const std::filesystem::path& file, const Environment& environment) {
    Problems problems;
    Config config;
    config.file = file;
    if (const std::optional<SourceFile> main = read_main(file, environment, problems)) {
        if (const Member* plugins = main->root.find("plugins")) {
            check_section(plugins->value, plugins->where, SectionId::plugins, problems);
        }
        read_plugins(*main, config);
    }
    return result(std::move(config), std::move(problems));
}

std::optional<std::filesystem::path> find_data_dir(const std::filesystem::path& file, const Environment& environment) {
    Problems ignored;
    const std::optional<SourceFile> main = read_main(file, environment, ignored);
    if (!main || main->root.kind != Node::Kind::map) return std::nullopt;
    const std::filesystem::path folder = main->path.parent_path();
    std::filesystem::path found = Values(&main->root, SectionId::top, folder).path("data_dir");
    if (found.empty()) return std::nullopt;
    return found;
}

LoadResult load(const std::filesystem::path& file, const std::vector<ComponentSchema>& components,
                const Environment& environment) {
    Problems problems;
    Sources sources = read_sources(file, environment, problems);
    if (is_route(sources)) {
        problems.add(sources.files.front().root.where, "not_main", "this file is a route, not a main file",
                     "give the file that includes it");
        return result(Config{}, std::move(problems));
    }
    for (const SourceFile& source : sources.files) {
        check_section(source.root, source.root.where, source.section, problems);
    }
    Config config = assemble(sources, components, problems);
    return result(std::move(config), std::move(problems));
}

}  // namespace weir::config
