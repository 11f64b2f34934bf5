// The validate transform: what the schema accepts passes untouched, everything else is rejected with the reason.
#include "schema.hpp"

#include <weir/json_text.hpp>
#include <weir/plugin.hpp>
#include <weir/transform.hpp>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace weir::validate {
namespace {

struct Config {
    std::optional<JsonText> schema;  // as it is written: a double would change its bounds
    std::string schema_file;
    std::vector<std::string> decimals;  // JSON pointers; `*` stands for every element or member
};
WEIR_CONFIG(Config, schema, schema_file, decimals)

constexpr std::size_t kMessageMax = 700;  // the host keeps 760 bytes

std::string shown(const JsonValue& value) { return std::string(value.raw().substr(0, 60)); }

// Calls `visit(value, pointer)` for each value the pattern leads to.
template <class Visit>
void each_match(const JsonValue& value, std::string_view pattern, const std::string& pointer, Visit&& visit) {
    if (!value.exists()) return;
    if (pattern.empty()) return visit(value, pointer);
    const std::size_t end = std::min(pattern.find('/', 1), pattern.size());
    const std::string_view token = pattern.substr(0, end);
    const std::string_view rest = pattern.substr(end);
    if (token != "/*") return each_match(value.pointer(token), rest, pointer + std::string(token), visit);
    std::size_t index = 0;
    for (const JsonValue element : value.elements()) {
        each_match(element, rest, pointer + '/' + std::to_string(index++), visit);
    }
    for (const auto& [key, member] : value.members()) each_match(member, rest, pointer + '/' + std::string(key), visit);
}

// Calls overlap, and a parser serves one call at a time.
JsonParser& parser_of_this_thread() {
    thread_local JsonParser parser;
    return parser;
}

class Validate final : public Transform<Config> {
  public:
    Validate(Host host, Config config) : Transform(host, std::move(config)) {
        const auto& schema = cfg().schema;
        const bool has_file = !cfg().schema_file.empty();
        if (schema && has_file) throw ConfigError("/schema", "expected schema or schema_file, found both");
        if (!schema && !has_file && cfg().decimals.empty()) {
            throw ConfigError("/schema", "expected schema, schema_file or decimals, found none");
        }
        for (std::size_t i = 0; i < cfg().decimals.size(); ++i) {
            if (cfg().decimals[i].starts_with('/')) continue;
            throw ConfigError("/decimals/" + std::to_string(i),
                              "found \"" + cfg().decimals[i] + "\", expected a JSON pointer like \"/quantity\"");
        }
        if (!schema) return;
        if (schema->text.starts_with('"')) {
            // The host puts the schema in the place of a contract's name.
            throw ConfigError("/schema", "found " + schema->text +
                                             ", expected a JSON Schema, or the name of a contract the host has");
        }
        compile(schema->text, "/schema");
    }

    void start(Call&) override {
        if (cfg().schema_file.empty() || schema_) return;
        std::ifstream file(cfg().schema_file, std::ios::binary);
        std::ostringstream text;
        if (!file || !(text << file.rdbuf())) {
            throw ConfigError("/schema_file", "\"" + cfg().schema_file + "\" cannot be read");
        }
        compile(text.str(), "/schema_file");
    }

    void each(Call&, const Record& in, Emit& emit) override {
        const auto document = parser_of_this_thread().parse(in.payload());
        if (!document.ok()) {
            const bool twice = document.error().code == "json_duplicate_key";
            throw Reject(twice ? "DUPLICATE_KEY" : "NOT_JSON", document.error().message);
        }
        const bool good = (!schema_ || schema_->accepts(*document)) && decimals_are_good(*document);
        if (!good) throw Reject("SCHEMA_INVALID", describe(*document));
        emit.pass();
    }

  private:
    void compile(std::string_view text, const char* pointer) {
        auto compiled = Schema::compile(text);
        if (!compiled.ok()) throw ConfigError(pointer, compiled.error().message, "BAD_SCHEMA");
        schema_.emplace(*std::move(compiled));
    }

    [[nodiscard]] bool decimals_are_good(const JsonValue& document) const {
        bool good = true;
        for (const std::string& pattern : cfg().decimals) {
            each_match(document, pattern, "", [&](const JsonValue& value, const std::string&) {
                good = good && value.is_string() && is_decimal(*value.string());
            });
        }
        return good;
    }

    // Only for a document that is wrong: says where and why, as much as fits.
    [[nodiscard]] std::string describe(const JsonValue& document) const {
        std::vector<Problem> problems = schema_ ? schema_->problems(document) : std::vector<Problem>{};
        for (const std::string& pattern : cfg().decimals) {
            each_match(document, pattern, "", [&](const JsonValue& value, const std::string& pointer) {
                if (value.is_string() && is_decimal(*value.string())) return;
                problems.push_back({pointer, "expected a decimal string like \"39.92\", found " + shown(value)});
            });
        }
        std::string text;
        for (const Problem& problem : problems) {
            std::string line = (problem.pointer.empty() ? "/" : problem.pointer) + ": " + problem.message;
            if (text.size() + line.size() + 2 > kMessageMax && !text.empty()) {
                text += "; ...";
                break;
            }
            text += (text.empty() ? "" : "; ") + line;
        }
        return text;
    }

    std::optional<Schema> schema_;
};

}  // namespace
}  // namespace weir::validate

WEIR_COMPONENT(validate, weir::validate::Validate, WEIR_TRAIT_PURE, WEIR_THREADS_CONCURRENT)
WEIR_PLUGIN(&validate)
