#include "runtime/lint/tests_beside.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace weir::lint {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text, std::string_view what) {
    const std::size_t begin = std::min(text.find_first_not_of(what), text.size());
    const std::size_t end = text.find_last_not_of(what);
    return begin == text.size() ? std::string_view() : text.substr(begin, end + 1 - begin);
}

// "- route: usage-to-erp  # the daily one"
bool names(std::string_view line, std::string_view route) {
    line = trimmed(line, kBlank);
    if (line.starts_with("- ")) line = trimmed(line.substr(2), kBlank);
    if (!line.starts_with("route:")) return false;
    line.remove_prefix(std::string_view("route:").size());
    line = trimmed(line.substr(0, line.find(" #")), kBlank);
    return trimmed(line, "\"'") == route;
}

bool file_names(const std::filesystem::path& file, std::string_view route) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (names(line, route)) return true;
    }
    return false;
}

bool folder_names(const std::filesystem::path& folder, std::string_view route) {
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().filename().string().ends_with(".test.yaml") && file_names(at->path(), route)) return true;
    }
    return false;
}

}  // namespace

bool has_test_beside(const config::Route& route) {
    std::filesystem::path folder = std::filesystem::path(route.where.file).parent_path();
    if (folder.empty()) folder = ".";
    return folder_names(folder, route.name) || folder_names(folder / "tests", route.name);
}

}  // namespace weir::lint
