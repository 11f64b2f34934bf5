#include "runtime/app/test_bench.hpp"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <utility>

#include "runtime/app/workshop.hpp"
#include "runtime/base/text.hpp"

namespace weir::app {

namespace {

// What every secret is in a route test.
std::string test_secret(std::string_view name) { return "test-" + std::string(name); }

class WorkshopBench final : public routetest::Workbench {
  public:
    WorkshopBench(std::unique_ptr<canonical::CrossReferences> cross_references,
                  std::shared_ptr<const Workshop> workshop)
        : cross_references_(std::move(cross_references)), workshop_(std::move(workshop)) {}

    Result<std::vector<flow::Step>> make_steps(const config::Route& route, std::size_t most) const override {
        return workshop_->make_steps(route, most);
    }
    Result<bool> keeps_state(const config::Route& route) const override { return workshop_->keeps_state(route); }
    Result<std::uint32_t> sink_traits(const config::Connection& connection) const override {
        WEIR_TRY(const auto sink, workshop_->component(connection.plugin, connection.plugin_range, WEIR_KIND_SINK,
                                                       connection.component));
        return sink.component->traits;
    }
    Result<std::uint32_t> source_traits(const config::Connection& connection) const override {
        WEIR_TRY(const auto source, workshop_->source_component(connection));
        return source.component->traits;
    }

  private:
    std::unique_ptr<canonical::CrossReferences> cross_references_;
    std::shared_ptr<const Workshop> workshop_;
};

Result<std::unique_ptr<canonical::CrossReferences>> open_links(const std::filesystem::path& file,
                                                               const routetest::Case& test, const Clock& clock) {
    WEIR_TRY(auto links, canonical::CrossReferences::open(file, clock));
    for (const routetest::CrossReference& one : test.cross_references) {
        const canonical::Link link{{one.system, one.environment, one.type, one.id}, one.canonical, false, 0};
        if (auto status = links->link(link, {"test", "given by the case"}); !status) {
            return std::move(status).error().in(one.where.to_string());
        }
    }
    return links;
}

// A table as JSON: rows by key.
std::string table_text(const std::map<std::string, std::string>& rows) {
    std::string text = "{";
    for (const auto& [key, row] : rows) {
        if (text.size() > 1) text += ", ";
        append_json_string(text, key);
        text += ": " + row;
    }
    return text + "}";
}

}  // namespace

Configuration load_for_tests(const std::filesystem::path& file) {
    Configuration configuration = load_configuration(file);
    // Known from the complaints: a variable with a default in the file keeps that.
    std::set<std::string, std::less<>> missing;
    for (const config::Problem& problem : configuration.loaded.problems) {
        if (problem.code != "missing_env") continue;
        const std::size_t begin = problem.message.find('"');
        const std::size_t end = problem.message.rfind('"');
        if (begin < end) missing.insert(problem.message.substr(begin + 1, end - begin - 1));
    }
    if (missing.empty()) return configuration;
    const auto process = config::process_environment();
    return load_configuration(file, [&](std::string_view name) -> std::optional<std::string> {
        return missing.contains(name) ? test_secret(name) : process(name);
    });
}

TestBench::TestBench(Configuration configuration) : configuration_(std::move(configuration)) {
    static std::atomic<int> made{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("weir-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
}

TestBench::~TestBench() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Result<std::shared_ptr<const Tables>> TestBench::tables_of(const routetest::Case& test) const {
    if (test.tables.empty()) return configuration_.tables;
    config::Config replaced = config();
    for (const auto& [name, rows] : test.tables) {
        const std::filesystem::path file = folder_ / (name + ".json");
        std::ofstream(file, std::ios::binary) << table_text(rows);
        config::TableSettings& table = replaced.tables.at(name);
        table.file = file.string();
        table.key.clear();
    }
    std::vector<config::Problem> problems;
    auto tables = read_tables(replaced, problems);
    if (!problems.empty()) return Error{Errc::invalid, "tables: " + problems.front().message, "table", {}};
    return tables;
}

Result<std::unique_ptr<routetest::Workbench>> TestBench::open(const routetest::Case& test,
                                                              const routetest::PlayedServices& services) const {
    std::unique_ptr<canonical::CrossReferences> links;
    if (!test.cross_references.empty() || !test.tables.empty()) {
        std::error_code error;
        std::filesystem::remove_all(folder_, error);
        std::filesystem::create_directories(folder_, error);
        if (error) return Error{Errc::unavailable, folder_.string() + ": " + error.message(), "folder", {}};
    }
    if (!test.cross_references.empty()) {
        WEIR_TRY(links, open_links(folder_ / "xref.db", test, *services.clock));
    }
    Configuration configuration = configuration_;
    WEIR_TRY(configuration.tables, tables_of(test));
    Services played;
    played.clock = services.clock;
    played.state = services.state;
    played.http = services.http;
    played.cross_references = links.get();
    played.secrets = [](std::string_view name) -> Result<std::string> { return test_secret(name); };
    auto workshop = std::make_shared<const Workshop>(std::move(configuration), played);
    return std::unique_ptr<routetest::Workbench>(
        std::make_unique<WorkshopBench>(std::move(links), std::move(workshop)));
}

}  // namespace weir::app
