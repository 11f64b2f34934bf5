// weir test: route tests beside the routes, by the real steps over a journal in memory.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

#include "runtime/app/configuration.hpp"
#include "runtime/app/test_bench.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/config/print.hpp"
#include "runtime/routetest/golden.hpp"
#include "runtime/routetest/read_tests.hpp"
#include "runtime/routetest/report.hpp"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".test.yaml";

struct TestOptions {
    std::vector<std::string> paths;
    std::string config;  // "": the weir.yaml nearest above each file
    std::string filter;
    std::vector<std::string> profiles;
    std::string junit;
    int min_coverage = 0;
    bool json = false;
    bool accept = false;
    bool coverage = false;
};

int refuse(const std::string& message) {
    std::fprintf(stderr, "weir test: %s\n", message.c_str());
    return kUsage;
}

// The files to run, each once, by name.
Result<std::vector<fs::path>> find_files(const TestOptions& options) {
    std::vector<std::string> paths = options.paths;
    if (paths.empty()) {
        const fs::path folder = fs::path(options.config).parent_path();
        paths.push_back(folder.empty() ? "." : folder.string());
    }
    std::vector<fs::path> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            if (!fs::exists(path, error)) return Error{Errc::not_found, "there is no \"" + path + "\"", "", {}};
            files.emplace_back(path);
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
            if (entry.path().filename().string().ends_with(kEnding)) files.push_back(entry.path());
        }
        if (error) return Error{Errc::unavailable, path + ": " + error.message(), "", {}};
    }
    std::ranges::sort(files);
    const auto repeated = std::ranges::unique(files);
    files.erase(repeated.begin(), repeated.end());
    if (files.empty()) return Error{Errc::not_found, "no *" + std::string(kEnding) + " in " + paths.front(), "", {}};
    return files;
}

// As git finds its repository: the nearest weir.yaml in the folder or above it.
Result<fs::path> config_of(const fs::path& file, const TestOptions& options) {
    if (!options.config.empty()) return fs::path(options.config);
    fs::path folder = fs::absolute(file).parent_path();
    for (;;) {
        if (fs::exists(folder / "weir.yaml")) return fs::relative(folder / "weir.yaml");
        if (folder == folder.parent_path()) break;
        folder = folder.parent_path();
    }
    return Error{
        Errc::not_found, "no weir.yaml in the folder of " + file.string() + " or above it; name one with -c", "", {}};
}

Result<std::vector<routetest::Profile>> profiles_of(const TestOptions& options) {
    using routetest::Profile;
    const std::vector<Profile> all{Profile::restart, Profile::capacity_one, Profile::duplicated, Profile::shuffled};
    std::vector<Profile> profiles;
    for (const std::string& name : options.profiles) {
        if (name == "all") return all;
        const auto profile = routetest::parse_profile(name);
        if (!profile) {
            return Error{
                Errc::invalid,
                "--profile: expected restart, capacity-one, duplicated, shuffled or all, found \"" + name + "\"",
                "",
                {}};
        }
        profiles.push_back(*profile);
    }
    return profiles;
}

// Everything of one configuration.
struct Group {
    std::unique_ptr<TestBench> bench;
    std::vector<routetest::TestFile> files;
    routetest::SuiteResult result;
};

// Reads all of it, so that everything that is wrong is told at once.
int read_groups(const TestOptions& options, const std::vector<fs::path>& files, std::vector<Group>& groups) {
    std::map<fs::path, std::vector<fs::path>> by_config;
    for (const fs::path& file : files) {
        auto config = config_of(file, options);
        if (!config) return refuse(config.error().message);
        by_config[*config].push_back(file);
    }
    std::vector<config::Problem> wrong;
    for (const auto& [config, own] : by_config) {
        Configuration configuration = load_for_tests(config);
        if (!configuration.loaded.config) {
            auto& problems = configuration.loaded.problems;
            wrong.insert(wrong.end(), problems.begin(), problems.end());
            continue;
        }
        Group group;
        group.bench = std::make_unique<TestBench>(std::move(configuration));
        config::Problems problems;
        for (const fs::path& file : own) {
            if (auto tests = routetest::read_tests(file, group.bench->config(), problems)) {
                group.files.push_back(std::move(*tests));
            }
        }
        const auto sorted = std::move(problems).take_sorted();
        wrong.insert(wrong.end(), sorted.begin(), sorted.end());
        groups.push_back(std::move(group));
    }
    return wrong.empty() ? kDone : print_problems(wrong, options.json);
}

// Writes golden files; the differences were shown.
int accept(const std::vector<Group>& groups) {
    for (const Group& group : groups) {
        for (const auto& [file, expectations] : group.result.acceptable) {
            if (auto status = routetest::write_golden(*file, expectations); !status) {
                return refuse(status.error().message);
            }
            std::fprintf(stderr, "accepted %zu of %s\n", expectations.size(),
                         routetest::golden_file(file->file).c_str());
        }
    }
    return kDone;
}

int write_junit(const std::string& file, const std::vector<routetest::CaseResult>& results) {
    if (file.empty()) return kDone;
    std::ofstream out(file, std::ios::binary);
    out << routetest::results_as_junit(results);
    return out.flush() ? kDone : refuse("cannot write \"" + file + "\"");
}

bool was_accepted(const std::vector<Group>& groups, const routetest::CaseResult& result) {
    return std::ranges::any_of(groups, [&](const Group& group) {
        const auto file = group.result.acceptable.find(result.file);
        return file != group.result.acceptable.end() && file->second.contains(result.test->name);
    });
}

int test(const TestOptions& options) {
    const auto files = find_files(options);
    if (!files) return refuse(files.error().message);
    const auto profiles = profiles_of(options);
    if (!profiles) return refuse(profiles.error().message);
    std::vector<Group> groups;
    if (const int wrong = read_groups(options, *files, groups); wrong != kDone) return wrong;

    const bool covers = options.coverage || options.min_coverage > 0;
    routetest::Coverage coverage;
    std::vector<routetest::CaseResult> results;
    for (Group& group : groups) {
        if (covers) {
            if (auto status = coverage.add_routes(*group.bench); !status) return refuse(status.error().message);
        }
        group.result =
            routetest::run_suite(*group.bench, group.files, {options.filter, *profiles}, covers ? &coverage : nullptr);
        results.insert(results.end(), group.result.results.begin(), group.result.results.end());
    }
    if (results.empty()) return refuse("no case has \"" + options.filter + "\" in its name");
    std::string text = options.json ? routetest::results_as_json(results, covers ? &coverage : nullptr)
                                    : routetest::results_as_text(results, ::isatty(STDOUT_FILENO) == 1);
    if (covers && !options.json) text += routetest::coverage_as_text(coverage);
    std::fputs(text.c_str(), stdout);
    if (const int written = write_junit(options.junit, results); written != kDone) return written;
    if (options.accept) {
        if (const int written = accept(groups); written != kDone) return written;
    }
    const bool failed = std::ranges::any_of(results, [&](const routetest::CaseResult& result) {
        return !result.failures.empty() && !(options.accept && was_accepted(groups, result));
    });
    if (!failed && coverage.percent() < options.min_coverage) {
        std::fprintf(stderr, "weir test: coverage is %d %%, at least %d %% is asked for\n", coverage.percent(),
                     options.min_coverage);
        return kFailed;
    }
    return failed ? kFailed : kDone;
}

}  // namespace

void add_test(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<TestOptions>();
    verb.add_option("paths", options->paths, "test files, or folders to look for *.test.yaml in");
    verb.add_option("-c,--config", options->config,
                    "the configuration file; left out: for each test the nearest weir.yaml in its folder or above");
    verb.add_option("--filter", options->filter, "only cases with this in their name");
    verb.add_option("--profile", options->profiles,
                    "run them also under restart, capacity-one, duplicated, shuffled, or all; may be repeated")
        ->allow_extra_args(false);
    verb.add_flag("--json", options->json, "print JSON instead of text");
    verb.add_option("--junit", options->junit, "write JUnit's XML to this file too");
    verb.add_flag("--accept", options->accept, "write what came of failed cases with `expect: golden` to their files");
    verb.add_flag("--coverage", options->coverage, "show how many records went through each route, step and branch");
    verb.add_option("--min-coverage", options->min_coverage, "fail below so many percent of routes, steps and branches")
        ->check(CLI::Range(0, 100));
    verb.callback([options, &exit_code] { exit_code = test(*options); });
}

}  // namespace weir::app
