#include "runtime/config/config.hpp"

#include <algorithm>
#include <set>
#include <utility>

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

// Whether something is wrong between two places of a file; no `end` is the end of the file.
bool is_flawed(const Location& begin, const Location* end, const std::vector<Problem>& problems) {
    const auto place = [](const Location& where) { return std::pair(where.line, where.column); };
    return std::ranges::any_of(problems, [&](const Problem& problem) {
        return problem.where.file == begin.file && place(problem.where) >= place(begin) &&
               (end == nullptr || place(problem.where) < place(*end));
    });
}

// By name. A route stands alone in its file, or in a list up to the next.
std::set<std::string> flawed_routes(const Sources& sources, const std::vector<Problem>& problems) {
    std::set<std::string> flawed;
    const auto look = [&](const Node& route, const Location* end) {
        const Member* name = route.find("route");
        if (name != nullptr && is_flawed(route.where, end, problems)) flawed.insert(name->value.text);
    };
    for (const SourceFile& file : sources.files) {
        if (file.section == SectionId::route) {
            look(file.root, nullptr);
        } else if (const Member* routes = file.root.find("routes")) {
            const std::vector<Node>& list = routes->value.items;
            for (std::size_t i = 0; i < list.size(); ++i) {
                look(list[i], i + 1 < list.size() ? &list[i + 1].where : nullptr);
            }
        }
    }
    return flawed;
}

// Steps of a flawed mapping are not what they will be.
bool uses_flawed_mapping(const Config& config, const Route& route, const std::vector<Problem>& problems) {
    return std::ranges::any_of(route.steps, [&](const Step& step) {
        const auto mapping = std::ranges::find(config.mappings, step.mapping, &Mapping::id);
        return mapping != config.mappings.end() &&
               std::ranges::any_of(problems, [&](const Problem& one) { return one.where.file == mapping->where.file; });
    });
}

Config draft_of(Config&& config, const Sources& sources, const std::vector<Problem>& problems) {
    const std::set<std::string> flawed = flawed_routes(sources, problems);
    std::erase_if(config.routes, [&](const Route& route) {
        return flawed.contains(route.name) || uses_flawed_mapping(config, route, problems);
    });
    return std::move(config);
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
    if (problems.empty() || !sources.complete) return result(std::move(config), std::move(problems));
    LoadResult out;
    out.problems = std::move(problems).take_sorted();
    out.draft = draft_of(std::move(config), sources, out.problems);
    return out;
}

}  // namespace weir::config
