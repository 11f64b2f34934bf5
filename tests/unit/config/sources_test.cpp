#include "runtime/config/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

class SourcesOf : public ::testing::Test {
  protected:
    // File names below the folder, in the order they were read.
    std::vector<std::string> read(const std::string& main) {
        sources_ = read_sources(folder_.path() / main, test_environment(), problems_);
        std::vector<std::string> names;
        for (const SourceFile& file : sources_.files) {
            names.push_back(file.path.lexically_relative(folder_.path()).string());
        }
        return names;
    }
    std::string found() {
        std::string text = lines(std::move(problems_).take_sorted());
        const std::string prefix = folder_.path().string() + "/";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }

    Folder folder_;
    Problems problems_;
    Sources sources_;
};

TEST_F(SourcesOf, come_in_the_order_of_patterns_and_then_of_names) {
    folder_.write("weir.yaml", "weir: 1\ninclude: [routes/*.yaml, more.yaml]\n");
    for (const char* name : {"b", "a", "B", "a.1"})
        folder_.write(std::string("routes/") + name + ".yaml", "route: x\n");
    folder_.write("routes/.hidden.yaml", "route: x\n");
    folder_.write("routes/readme.md", "route: x\n");
    folder_.write("more.yaml", "connections: {}\n");

    EXPECT_THAT(read("weir.yaml"), ::testing::ElementsAre("weir.yaml", "routes/B.yaml", "routes/a.1.yaml",
                                                          "routes/a.yaml", "routes/b.yaml", "more.yaml"));
    EXPECT_EQ(sources_.files[1].section, SectionId::route);
    EXPECT_EQ(sources_.files[5].section, SectionId::fragment);
    EXPECT_EQ(found(), "");
}

TEST_F(SourcesOf, are_looked_for_in_the_folder_of_the_including_file) {
    folder_.write("weir.yaml", "weir: 1\ninclude: [sub/part.yaml]\n");
    folder_.write("sub/part.yaml", "include: ['deep/*.yaml', ../beside.yaml]\n");
    folder_.write("sub/deep/x.yaml", "connections: {}\n");
    folder_.write("beside.yaml", "connections: {}\n");
    EXPECT_THAT(read("weir.yaml"),
                ::testing::ElementsAre("weir.yaml", "sub/part.yaml", "sub/deep/x.yaml", "beside.yaml"));
}

TEST_F(SourcesOf, take_a_folder_with_pattern_characters_literally) {
    folder_.write("a[b]*/weir.yaml", "weir: 1\ninclude: ['r?.yaml']\n");
    folder_.write("a[b]*/r1.yaml", "route: x\n");
    EXPECT_THAT(read("a[b]*/weir.yaml"), ::testing::ElementsAre("a[b]*/weir.yaml", "a[b]*/r1.yaml"));
}

TEST_F(SourcesOf, refuse_a_cycle_through_a_link) {
    folder_.write("weir.yaml", "weir: 1\ninclude: [again.yaml]\n");
    std::filesystem::create_symlink("weir.yaml", folder_.path() / "again.yaml");
    EXPECT_THAT(read("weir.yaml"), ::testing::ElementsAre("weir.yaml"));
    EXPECT_EQ(found(),
              "weir.yaml:2:11: \""
              "again.yaml\" includes itself\n");
}

TEST_F(SourcesOf, are_incomplete_when_one_cannot_be_read) {
    folder_.write("weir.yaml", "weir: 1\ninclude: [bad.yaml]\n");
    folder_.write("bad.yaml", "a: [\n");
    (void)read("weir.yaml");
    EXPECT_FALSE(sources_.complete);
}

TEST_F(SourcesOf, name_a_main_file_that_is_missing) {
    EXPECT_THAT(read("none.yaml"), ::testing::IsEmpty());
    EXPECT_EQ(found(), "none.yaml: file \"none.yaml\" does not exist\n");
}

TEST_F(SourcesOf, load_plugin_dirs_needs_nothing_but_the_plugins) {
    const auto file = folder_.write("sub/weir.yaml",
                                    "weir: 1\ndata_dir: ${env:NONE}\ninclude: [missing.yaml]\n"
                                    "plugins:\n  dirs: [../plugins, /opt/weir, '${env:WEIR_TEST_WORD}']\n"
                                    "  use: [{ id: http, version: ^1.2 }, { id: sap, required: false }]\n");
    const LoadResult result = load_plugin_dirs(file, test_environment());
    ASSERT_TRUE(result.config) << lines(result.problems);
    EXPECT_THAT(result.config->plugin_dirs,
                ::testing::ElementsAre(folder_.path() / "plugins", "/opt/weir", folder_.path() / "sub/many"));
    ASSERT_EQ(result.config->plugins.size(), 2U);
    EXPECT_EQ(result.config->plugins[0].version_range, "^1.2");
    EXPECT_TRUE(result.config->plugins[0].required);
    EXPECT_FALSE(result.config->plugins[1].required);
}

TEST_F(SourcesOf, load_plugin_dirs_reports_what_is_wrong_with_the_plugins) {
    const auto file = folder_.write("weir.yaml", "weir: one\nplugins: { dir: [x], use: [{}] }\n");
    const LoadResult result = load_plugin_dirs(file, test_environment());
    EXPECT_FALSE(result.config);
    EXPECT_EQ(result.problems.size(), 2U) << lines(result.problems);
}

}  // namespace
}  // namespace weir::config::testing
