#include "tests/unit/config/test_components.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace weir::config::testing {

std::vector<ComponentSchema> test_components() {
    std::vector<ComponentSchema> components;
    for (const auto& entry : nlohmann::json::parse(read_file("tests/configs/components.json"))) {
        components.push_back({entry.at("plugin"), entry.at("version"), entry.at("component"), entry.at("kind"),
                              entry.at("schema").dump()});
    }
    return components;
}

Environment test_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        static const std::map<std::string, std::string, std::less<>> kVariables = {{"WEIR_TEST_PORT", "8080"},
                                                                                   {"WEIR_TEST_TOKEN", "hunter2"},
                                                                                   {"WEIR_TEST_WORD", "many"},
                                                                                   {"WEIR_TEST_EMPTY", ""}};
        const auto found = kVariables.find(name);
        return found == kVariables.end() ? std::nullopt : std::optional(found->second);
    };
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

std::string lines(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) text += problem.to_string() + "\n";
    return text;
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-config-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Folder::write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

}  // namespace weir::config::testing
