// Every case of data/*.json, and every example of the functions' declarations.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/reference.hpp"
#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

nlohmann::json read(const std::filesystem::path& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

std::string result_type(const std::string& source, const Environment& environment) {
    const auto compiled = compile(source, environment);
    return compiled.program ? compiled.program->result_type() : compiled.problems.at(0).message;
}

// A file says whether its cases are plain CEL ("strict") and what of the result they name ("what").
TEST(Cases, OfTheDataFiles) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("tests/unit/expr/data")) {
        const auto data = read(entry.path());
        Environment environment;
        environment.strict = data.at("strict").get<bool>();
        const bool types = data.value("what", "") == "result_type";
        for (const auto& item : data.at("cases")) {
            const auto source = item.at(0).get<std::string>();
            const auto expected = item.at(1).get<std::string>();
            const std::string found = types ? result_type(source, environment) : evaluated(source, environment);
            EXPECT_EQ(found, expected) << entry.path().filename() << ": " << source;
            ++count;
        }
    }
    EXPECT_GT(count, 900U) << "the data files were not found";
}

// Whatever is true with the check is true without it: what is wrong is then seen in the evaluation, if ever.
TEST(Cases, GiveTheSameValueUnchecked) {
    for (const auto& entry : std::filesystem::directory_iterator("tests/unit/expr/data")) {
        const auto data = read(entry.path());
        if (data.value("what", "") == "result_type") continue;
        Environment environment;
        environment.strict = data.at("strict").get<bool>();
        environment.check = false;
        for (const auto& item : data.at("cases")) {
            const auto source = item.at(0).get<std::string>();
            const auto expected = item.at(1).get<std::string>();
            if (expected.starts_with("error check")) continue;
            EXPECT_EQ(evaluated(source, environment), expected) << entry.path().filename() << ": " << source;
        }
    }
}

void expect_example(const Example& example) {
    if (example.result == "error") {
        const std::string found = evaluated(example.expression);
        EXPECT_TRUE(found.starts_with("error evaluate") || found.starts_with("error check"))
            << example.expression << " is " << found;
        return;
    }
    const std::string equation = "(" + std::string(example.expression) + ") == (" + std::string(example.result) + ")";
    EXPECT_EQ(evaluated(equation), "bool true") << example.expression << " is " << evaluated(example.expression);
}

TEST(Reference, InDocsIsFresh) {
    std::ifstream file("docs/reference/expressions.md", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), reference_markdown()) << "run: ninja -C build/release expr_reference";
}

TEST(Reference, EveryMacroExampleHolds) {
    for (const MacroHelp& macro : macro_help()) {
        EXPECT_FALSE(macro.examples.empty()) << macro.usage;
        for (const Example& example : macro.examples) expect_example(example);
    }
}

TEST(Registry, EveryExampleHolds) {
    for (const Declaration& declaration : Registry::instance().declarations()) {
        EXPECT_FALSE(declaration.examples.empty()) << declaration.name;
        EXPECT_FALSE(declaration.help.empty()) << declaration.name;
        for (const Example& example : declaration.examples) expect_example(example);
    }
}

TEST(Registry, StrictModeHasNoneOfWeirsOwnFunctions) {
    Environment strict;
    strict.strict = true;
    for (const Declaration& declaration : Registry::instance().declarations()) {
        if (declaration.availability != Availability::weir_only) continue;
        const FunctionInfo* function = Registry::instance().find(declaration.name);
        const bool shared = std::ranges::any_of(function->overloads, [](const Overload& o) { return !o.weir_only; });
        if (shared) continue;
        EXPECT_EQ(evaluated(std::string(declaration.name) + "()", strict), "error check") << declaration.name;
    }
}

}  // namespace
}  // namespace weir::expr::testing
