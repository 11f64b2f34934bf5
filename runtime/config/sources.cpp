#include "runtime/config/sources.hpp"

#include <glob.h>

#include <algorithm>
#include <memory>

#include "runtime/config/load_yaml.hpp"
#include "runtime/config/resolve.hpp"

namespace weir::config {
namespace {

std::string escape_pattern(const std::string& literal) {
    std::string out;
    for (const char c : literal) {
        if (c == '*' || c == '?' || c == '[' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

// Route tests stand beside the routes and match their patterns, but are no configuration.
bool is_route_test(std::string_view name) { return name.ends_with(".test.yaml") || name.ends_with(".golden.yaml"); }

// Files that match, sorted by bytes so that the order does not depend on the locale.
std::vector<std::filesystem::path> match(const std::filesystem::path& folder, const std::string& pattern) {
    const bool absolute = pattern.starts_with('/');
    const std::string prefix = absolute || folder.empty() ? "" : escape_pattern(folder.string()) + "/";
    glob_t found{};
    const std::unique_ptr<glob_t, decltype(&globfree)> free_at_end(&found, &globfree);
    std::vector<std::filesystem::path> files;
    if (glob((prefix + pattern).c_str(), GLOB_NOSORT, nullptr, &found) != 0) return files;
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        if (is_route_test(found.gl_pathv[i])) continue;
        files.push_back(std::filesystem::path(found.gl_pathv[i]).lexically_normal());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::filesystem::path identity(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
    return error ? path : canonical;
}

class SourceReader {
  public:
    SourceReader(const Environment& environment, Problems& problems) : environment_(environment), problems_(problems) {}

    void read_main(const std::filesystem::path& path) { read(path, Location{path.string(), 0, 0}, true); }
    [[nodiscard]] Sources take() { return std::move(sources_); }

  private:
    void read(const std::filesystem::path& path, const Location& asked_from, bool main) {
        included_[identity(path)] = asked_from;
        std::optional<Node> root = parse_file(path, asked_from, problems_);
        if (!root) {
            sources_.complete = false;
            return;
        }
        resolve_references(*root, path.parent_path(), environment_, sources_.secret_files, problems_);
        const SectionId section = main                               ? SectionId::top
                                  : root->find("route") != nullptr   ? SectionId::route
                                  : root->find("mapping") != nullptr ? SectionId::mapping
                                                                     : SectionId::fragment;
        const std::vector<Node> patterns = patterns_of(*root, section);
        sources_.files.push_back({path, section, std::move(*root)});
        for (const Node& pattern : patterns) include(path, pattern);
    }

    static std::vector<Node> patterns_of(const Node& root, SectionId section) {
        const bool no_includes = section == SectionId::route || section == SectionId::mapping;
        const Member* include = no_includes ? nullptr : root.find("include");
        return include == nullptr ? std::vector<Node>{} : include->value.items;
    }

    void include(const std::filesystem::path& from, const Node& pattern) {
        // Anything else is reported by the check of the key itself.
        if (pattern.kind != Node::Kind::string || pattern.text.empty()) return;
        const auto files = match(from.parent_path(), pattern.text);
        if (files.empty()) {
            sources_.complete = false;
            problems_.add(pattern.where, "include_nothing", "nothing matches " + quote(pattern.text),
                          "relative paths start from the folder of this file");
        }
        open_.push_back(identity(from));
        for (const std::filesystem::path& file : files) {
            const auto known = included_.find(identity(file));
            if (known == included_.end()) {
                read(file, pattern.where, false);
            } else if (std::find(open_.begin(), open_.end(), known->first) != open_.end()) {
                problems_.add(pattern.where, "include_cycle", quote(file.string()) + " includes itself");
            } else {
                problems_.add(pattern.where, "include_twice", quote(file.string()) + " is included already",
                              "at " + known->second.to_string());
            }
        }
        open_.pop_back();
    }

    const Environment& environment_;
    Problems& problems_;
    Sources sources_;
    std::map<std::filesystem::path, Location> included_;  // by identity; where it was asked for
    std::vector<std::filesystem::path> open_;             // files whose includes are being read
};

}  // namespace

Sources read_sources(const std::filesystem::path& main, const Environment& environment, Problems& problems) {
    SourceReader reader(environment, problems);
    reader.read_main(main);
    return reader.take();
}

std::optional<SourceFile> read_main(const std::filesystem::path& main, const Environment& environment,
                                    Problems& problems) {
    std::optional<Node> root = parse_file(main, Location{main.string(), 0, 0}, problems);
    if (!root) return std::nullopt;
    std::map<std::string, std::string> secrets;
    if (Member* plugins = root->find("plugins")) {
        resolve_references(plugins->value, main.parent_path(), environment, secrets, problems);
    }
    return SourceFile{main, SectionId::top, std::move(*root)};
}

}  // namespace weir::config
