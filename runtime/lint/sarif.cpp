// https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/lint/report.hpp"

namespace weir::lint {
namespace {

using OrderedJson = nlohmann::ordered_json;

// FNV-1a, 64 bits: the same on every machine, which std::hash need not be.
std::string digest(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    std::string out(16, '0');
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, hash >>= 4) *digit = "0123456789abcdef"[hash & 15];
    return out;
}

// RFC 3986, 2.1 and 3.3.
std::string percent_encoded(std::string_view path) {
    constexpr std::string_view kPlain = "-._~!$&'()*+,;=@/";
    std::string out;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x80 && std::isalnum(byte) != 0) || kPlain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += "0123456789ABCDEF"[byte >> 4];
            out += "0123456789ABCDEF"[byte & 15];
        }
    }
    return out;
}

std::string uri_of(const std::string& file, const std::filesystem::path& base) {
    const std::filesystem::path path = std::filesystem::path(file).lexically_normal();
    if (path.is_relative()) return percent_encoded(path.generic_string());
    const std::filesystem::path relative = path.lexically_relative(base.lexically_normal());
    const bool below = !relative.empty() && *relative.begin() != "..";
    return below ? percent_encoded(relative.generic_string()) : "file://" + percent_encoded(path.generic_string());
}

class Report {
  public:
    explicit Report(const std::filesystem::path& base) : base_(base) {
        for (const Rule& rule : rules()) add_rule(rule);
    }

    void add(const config::Problem& problem) {
        const std::string id = "configuration/" + problem.code;
        const std::string hint = problem.hint.empty() ? "" : " (" + problem.hint + ")";
        add_result(id, index_of(id), "error", problem.message + hint, problem.where, problem.message);
    }

    void add(const Finding& finding) {
        const Rule& found = rule(finding.rule);
        const std::string hint = finding.hint.empty() ? "" : " (" + finding.hint + ")";
        OrderedJson& result = add_result(std::string(found.code), static_cast<std::size_t>(found.id),
                                         std::string(to_string(finding.severity)), finding.message + hint,
                                         finding.where, finding.subject);
        if (finding.waiver == Waiver::none) return;
        const char* kind = finding.waiver == Waiver::route ? "inSource" : "external";
        result["suppressions"] = {{{"kind", kind}, {"justification", finding.waived_because}}};
    }

    [[nodiscard]] std::string text(std::string_view version, bool valid) {
        OrderedJson run;
        run["tool"]["driver"] = {{"name", "weir"}, {"semanticVersion", version}, {"rules", std::move(rules_)}};
        run["invocations"] = {{{"executionSuccessful", valid}}};
        run["columnKind"] = "unicodeCodePoints";
        run["results"] = std::move(results_);
        OrderedJson log;
        log["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
        log["version"] = "2.1.0";
        log["runs"] = OrderedJson::array({std::move(run)});
        return log.dump(2) + "\n";
    }

  private:
    void add_rule(const Rule& rule) {
        OrderedJson entry;
        entry["id"] = rule.code;
        entry["shortDescription"]["text"] = rule.title;
        entry["fullDescription"]["text"] = rule.why;
        entry["help"]["text"] = std::string(rule.why) + "\n\n" + std::string(rule.repair);
        entry["help"]["markdown"] = std::string(rule.why) + "\n\n" + std::string(rule.repair) +
                                    (rule.example.empty() ? "" : "\n\n```yaml\n" + std::string(rule.example) + "\n```");
        entry["defaultConfiguration"]["level"] = to_string(rule.severity);
        rules_.push_back(std::move(entry));
    }

    // The place in the list of rules; adds it.
    std::size_t index_of(const std::string& id) {
        const auto [known, fresh] = indices_.emplace(id, rules_.size());
        if (fresh) {
            OrderedJson entry;
            entry["id"] = id;
            entry["shortDescription"]["text"] = "the configuration is not valid";
            entry["defaultConfiguration"]["level"] = "error";
            rules_.push_back(std::move(entry));
        }
        return known->second;
    }

    OrderedJson& add_result(const std::string& id, std::size_t index, std::string level, std::string message,
                            const config::Location& where, std::string_view subject) {
        OrderedJson result;
        result["ruleId"] = id;
        result["ruleIndex"] = index;
        result["level"] = std::move(level);
        result["message"]["text"] = std::move(message);
        OrderedJson place;
        place["artifactLocation"]["uri"] = uri_of(where.file, base_);
        // Both count from 1; a problem with a file as a whole has neither.
        if (where.line > 0) place["region"] = {{"startLine", where.line}, {"startColumn", std::max(where.column, 1)}};
        result["locations"] = {{{"physicalLocation", std::move(place)}}};
        result["partialFingerprints"]["weirFinding/v1"] = fingerprint(id, subject);
        results_.push_back(std::move(result));
        return results_.back();
    }

    // Of what it is about, not of where it stands: lines that move keep it. The second of the same kind differs.
    std::string fingerprint(const std::string& id, std::string_view subject) {
        const std::string key = id + "\n" + std::string(subject);
        const std::size_t earlier = seen_[key]++;
        return digest(key) + (earlier == 0 ? "" : ":" + std::to_string(earlier + 1));
    }

    const std::filesystem::path& base_;
    OrderedJson rules_ = OrderedJson::array();
    OrderedJson results_ = OrderedJson::array();
    std::map<std::string, std::size_t> indices_;
    std::map<std::string, std::size_t> seen_;
};

}  // namespace

std::string report_as_sarif(std::span<const config::Problem> problems, std::span<const Finding> findings,
                            const std::filesystem::path& base, std::string_view version) {
    Report report(base);
    for (const config::Problem& problem : problems) report.add(problem);
    for (const Finding& finding : findings) report.add(finding);
    return report.text(version, problems.empty());
}

}  // namespace weir::lint
