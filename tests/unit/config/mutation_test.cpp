// Truncated and garbled configurations: never a crash, and always a configuration or problems, not both.
#include <gtest/gtest.h>

#include <random>

#include "runtime/config/load_yaml.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

// The good configurations in a folder of their own, of which one file is replaced.
class Mutation : public ::testing::Test {
  protected:
    Mutation() {
        for (const char* name : {"full.yaml", "minimal.json", "routes/orders.yaml"}) {
            std::string text = read_file(std::string("tests/configs/good/") + name);
            // The secret lies beside it here.
            if (const auto at = text.find("../broken/parts/"); at != std::string::npos) text.erase(at, 16);
            folder_.write(name, text);
        }
        folder_.write("token.txt", "x");
    }

    // Loads `main` with `text` in place of the file `name`.
    void expect_one_or_the_other(const std::string& name, const std::string& text, const std::string& main) {
        folder_.write(name, text);
        const LoadResult result = load(folder_.path() / main, components_, environment_);
        EXPECT_NE(result.config.has_value(), !result.problems.empty()) << text;
        const LoadResult plugins = load_plugin_dirs(folder_.path() / main, environment_);
        EXPECT_NE(plugins.config.has_value(), !plugins.problems.empty()) << text;
    }

    std::string original(const std::string& name) const { return read_file(folder_.path() / name); }

    Folder folder_;
    const std::vector<ComponentSchema> components_ = test_components();
    const Environment environment_ = test_environment();
};

TEST_F(Mutation, the_originals_load) {
    EXPECT_TRUE(load(folder_.path() / "full.yaml", components_, environment_).config);
    EXPECT_TRUE(load(folder_.path() / "minimal.json", components_, environment_).config);
}

TEST_F(Mutation, survives_every_truncation) {
    for (const auto& [name, main] : {std::pair("full.yaml", "full.yaml"), std::pair("minimal.json", "minimal.json"),
                                     std::pair("routes/orders.yaml", "full.yaml")}) {
        const std::string text = original(name);
        for (std::size_t size = 0; size < text.size(); ++size)
            expect_one_or_the_other(name, text.substr(0, size), main);
        folder_.write(name, text);
    }
}

// One change at a seeded place: a byte flipped, dropped or doubled, or a piece of syntax put in.
std::string mutate(std::string text, std::mt19937& random) {
    static const std::string kPieces[] = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ": ",
                                          "- ",
                                          "\n",
                                          "\t",
                                          "&a ",
                                          "*a",
                                          "<<",
                                          "!",
                                          "|",
                                          ">",
                                          "'",
                                          "\"",
                                          "${",
                                          "${env:",
                                          "${secret:file:",
                                          "}",
                                          "#",
                                          "%",
                                          "@",
                                          "\xFF",
                                          "\x04",
                                          "~",
                                          "?"};
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
        case 0:
            text[at] = static_cast<char>(random() % 256);
            break;
        case 1:
            text.erase(at, 1 + random() % 8);
            break;
        case 2:
            text.insert(at, text.substr(at, 1 + random() % 16));
            break;
        default:
            text.insert(at, kPieces[random() % std::size(kPieces)]);
            break;
    }
    return text;
}

TEST_F(Mutation, survives_random_changes) {
    std::mt19937 random(20260601);  // a fixed seed: a failure repeats
    for (const auto& [name, main] : {std::pair("full.yaml", "full.yaml"), std::pair("minimal.json", "minimal.json"),
                                     std::pair("routes/orders.yaml", "full.yaml")}) {
        const std::string text = original(name);
        for (int round = 0; round < 600; ++round) {
            std::string mutated = mutate(text, random);
            if (round % 3 == 0) mutated = mutate(mutated, random);
            expect_one_or_the_other(name, mutated, main);
        }
        folder_.write(name, text);
    }
}

}  // namespace
}  // namespace weir::config::testing
