// tests/configs/broken: each file must be refused with exactly the lines in its .expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

constexpr std::string_view kFolder = "tests/configs/broken/";

std::vector<std::string> broken_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        const std::string extension = entry.path().extension().string();
        if (extension == ".yaml" || extension == ".json") files.push_back(entry.path().filename().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// The folder is the same in every line: left out so that the files read well.
std::string without_folder(std::string text) {
    for (std::size_t at = text.find(kFolder); at != std::string::npos; at = text.find(kFolder, at)) {
        text.erase(at, kFolder.size());
    }
    return text;
}

class BrokenConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenConfig, is_refused_with_the_expected_lines) {
    const std::filesystem::path file = std::string(kFolder) + GetParam();
    const LoadResult result = load(file, test_components(), test_environment());

    EXPECT_FALSE(result.config.has_value());
    EXPECT_EQ(without_folder(lines(result.problems)),
              read_file(std::filesystem::path(file).replace_extension(".expected")));
}

TEST_P(BrokenConfig, says_where_and_has_a_code_for_every_problem) {
    const LoadResult result = load(std::string(kFolder) + GetParam(), test_components(), test_environment());
    for (const Problem& problem : result.problems) {
        EXPECT_GT(problem.where.line, 0) << problem.to_string();
        EXPECT_GT(problem.where.column, 0) << problem.to_string();
        EXPECT_FALSE(problem.code.empty()) << problem.to_string();
        EXPECT_THAT(problem.to_string(), ::testing::Not(::testing::HasSubstr("hunter2")));
        EXPECT_THAT(problem.to_string(), ::testing::Not(::testing::HasSubstr("correct-horse")));
    }
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenConfig, ::testing::ValuesIn(broken_files()), [](const auto& param) {
    std::string name = param.param;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
});

TEST(BrokenConfigs, are_all_here) { EXPECT_GE(broken_files().size(), 50U); }

TEST(BrokenConfigs, have_no_expectation_without_a_configuration) {
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() != ".expected") continue;
        auto yaml = entry.path();
        auto json = entry.path();
        EXPECT_TRUE(std::filesystem::exists(yaml.replace_extension(".yaml")) ||
                    std::filesystem::exists(json.replace_extension(".json")))
            << entry.path();
    }
}

}  // namespace
}  // namespace weir::config::testing
