#include "runtime/routetest/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

namespace weir::routetest {

namespace {

constexpr const char* kRed = "\033[31m";
constexpr const char* kGreen = "\033[32m";
constexpr const char* kGrey = "\033[90m";
constexpr const char* kPlain = "\033[0m";

class Paint {
  public:
    explicit Paint(bool colour) : colour_(colour) {}
    [[nodiscard]] std::string operator()(const char* colour, const std::string& text) const {
        return colour_ ? colour + text + kPlain : text;
    }

  private:
    bool colour_;
};

std::string name_of(const CaseResult& result) {
    if (result.profile == Profile::plain) return result.test->name;
    return result.test->name + " [" + std::string(to_string(result.profile)) + "]";
}

double milliseconds(const CaseResult& result) { return static_cast<double>(result.took_ns) / 1e6; }

void add_failure(std::string& text, const Failure& failure, const Paint& paint) {
    text += "        " + failure.where.to_string() + ": " + failure.message + "\n";
    std::string_view rest = failure.diff;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string line(rest.substr(0, end));
        const char* colour = line.starts_with('-') ? kRed : line.starts_with('+') ? kGreen : nullptr;
        text += "          " + (colour != nullptr ? paint(colour, line) : line) + "\n";
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

// U+FFFE and U+FFFF are no characters of XML either.
constexpr std::array<std::string_view, 2> kNoCharacters{"\xEF\xBF\xBE", "\xEF\xBF\xBF"};

std::string xml(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (std::ranges::find(kNoCharacters, text.substr(i, 3)) != kNoCharacters.end()) {
            out += '?';
            i += 2;
            continue;
        }
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                // XML 1.0 has no other control characters, not even escaped.
                out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
        }
    }
    return out;
}

nlohmann::ordered_json coverage_json(const Coverage& coverage) {
    nlohmann::ordered_json routes = nlohmann::ordered_json::object();
    for (const auto& [name, route] : coverage.routes()) {
        nlohmann::ordered_json steps = nlohmann::ordered_json::array();
        for (const StepCoverage& step : route.steps) {
            steps.push_back(
                {{"step", step.label}, {"passed", step.passed}, {"filtered", step.filtered}, {"held", step.held}});
        }
        routes[name] = {{"records", route.records}, {"steps", std::move(steps)}, {"branches", route.branches}};
    }
    return {{"percent", coverage.percent()}, {"routes", std::move(routes)}};
}

}  // namespace

Tally tally(const std::vector<CaseResult>& results) {
    Tally all;
    for (const CaseResult& result : results) {
        if (!result.skipped.empty()) {
            ++all.skipped;
        } else if (result.failures.empty()) {
            ++all.passed;
        } else {
            ++all.failed;
        }
    }
    return all;
}

std::string results_as_text(const std::vector<CaseResult>& results, bool colour) {
    const Paint paint(colour);
    std::string text;
    const TestFile* file = nullptr;
    double took = 0;
    for (const CaseResult& result : results) {
        if (result.file != file) text += result.file->file.string() + "\n";
        file = result.file;
        took += milliseconds(result);
        if (!result.skipped.empty()) {
            text += paint(kGrey, fmt::format("  skip  {}: {}\n", name_of(result), result.skipped));
            continue;
        }
        const bool good = result.failures.empty();
        text += fmt::format("  {}  {:<70} {:>7.1f} ms\n", good ? paint(kGreen, "ok  ") : paint(kRed, "FAIL"),
                            name_of(result), milliseconds(result));
        for (const Failure& failure : result.failures) add_failure(text, failure, paint);
    }
    const Tally all = tally(results);
    text += fmt::format("{} passed, {} failed, {} skipped in {:.0f} ms\n", all.passed, all.failed, all.skipped, took);
    return text;
}

std::string coverage_as_text(const Coverage& coverage) {
    std::string text;
    for (const auto& [name, route] : coverage.routes()) {
        text += name + (route.records == 0 ? "  never run\n" : "\n");
        if (!route.steps.empty()) {
            text += fmt::format("  {:<48} {:>8} {:>8} {:>8}\n", "step", "passed", "filtered", "held");
        }
        for (const StepCoverage& step : route.steps) {
            text += fmt::format("  {:<48} {:>8} {:>8} {:>8}{}\n", step.label, step.passed, step.filtered, step.held,
                                step.records() == 0 ? "  never run" : "");
        }
        for (const auto& [branch, count] : route.branches) {
            text += fmt::format("  {:<48} {:>8}{}\n", "branch " + branch, count, count == 0 ? "  never taken" : "");
        }
    }
    return text + fmt::format("coverage of routes, steps and branches: {} %\n", coverage.percent());
}

std::string results_as_json(const std::vector<CaseResult>& results, const Coverage* coverage) {
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    for (const CaseResult& result : results) {
        nlohmann::ordered_json failures = nlohmann::ordered_json::array();
        for (const Failure& failure : result.failures) {
            failures.push_back({{"message", failure.message},
                                {"diff", failure.diff},
                                {"file", failure.where.file},
                                {"line", failure.where.line}});
        }
        cases.push_back({{"file", result.file->file.string()},
                         {"case", result.test->name},
                         {"profile", to_string(result.profile)},
                         {"result", !result.skipped.empty() ? "skipped"
                                    : result.passed()       ? "passed"
                                                            : "failed"},
                         {"skipped", result.skipped},
                         {"milliseconds", milliseconds(result)},
                         {"failures", std::move(failures)}});
    }
    const Tally all = tally(results);
    nlohmann::ordered_json document = {
        {"passed", all.passed}, {"failed", all.failed}, {"skipped", all.skipped}, {"cases", std::move(cases)}};
    if (coverage != nullptr) document["coverage"] = coverage_json(*coverage);
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string results_as_junit(const std::vector<CaseResult>& results) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    for (auto at = results.begin(); at != results.end();) {
        const auto end = std::find_if(at, results.end(), [&](const CaseResult& one) { return one.file != at->file; });
        const Tally all = tally({at, end});
        text += fmt::format(R"(  <testsuite name="{}" tests="{}" failures="{}" skipped="{}">)",
                            xml(at->file->file.string()), end - at, all.failed, all.skipped) +
                "\n";
        for (; at != end; ++at) {
            text +=
                fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.6f}">)", xml(at->test->routes.front()),
                            xml(name_of(*at)), static_cast<double>(at->took_ns) / 1e9);
            if (!at->skipped.empty()) text += "<skipped message=\"" + xml(at->skipped) + "\"/>";
            for (const Failure& failure : at->failures) {
                text += "\n      <failure message=\"" + xml(failure.message) + "\">" + xml(failure.diff) +
                        "</failure>\n    ";
            }
            text += "</testcase>\n";
        }
        text += "  </testsuite>\n";
    }
    return text + "</testsuites>\n";
}

}  // namespace weir::routetest
