// weir eval: an expression of the mapping language on a document, or many in a batch.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "runtime/app/verbs.hpp"
#include "runtime/base/text.hpp"
#include "runtime/expr/json.hpp"
#include "runtime/expr/program.hpp"
#include "runtime/expr/typed.hpp"

namespace weir::app {

namespace {

struct EvalOptions {
    std::string expression;
    std::string input;
    bool batch = false;
    bool strict = false;
    bool typed = false;
};

// Variables by their place in the environment.
class Bindings final : public expr::Activation {
  public:
    void add(expr::Environment& environment, std::string_view name, const expr::Value& value) {
        environment.variables.push_back({std::string(name), "dyn"});
        values_.push_back(value);
    }
    [[nodiscard]] expr::Value variable(std::uint32_t index, expr::Context&) const override { return values_[index]; }

  private:
    std::vector<expr::Value> values_;
};

// ---------------------------------------------------------------------------------------------------- one expression

int fail(const std::string& message, int exit_code) {
    std::fprintf(stderr, "weir: %s\n", message.c_str());
    return exit_code;
}

Result<std::string> read_input(const std::string& path) {
    if (path.empty()) return std::string("{}");
    if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{Errc::not_found, "cannot read \"" + path + "\"", "file", {}};
    return std::string(std::istreambuf_iterator<char>(file), {});
}

int eval_one(const EvalOptions& options) {
    const expr::Limits limits;
    expr::Arena arena(limits.memory_bytes);
    expr::Context context(arena, limits);
    const auto text = read_input(options.input);
    if (!text.ok()) return fail(text.error().message, kUsage);
    const auto numbers = options.strict ? expr::JsonNumbers::doubles : expr::JsonNumbers::exact;
    const auto input = expr::read_json(*text, numbers, arena, limits);
    if (!input.ok()) return fail(options.input + ": " + input.error().message, kUsage);

    expr::Environment environment;
    environment.strict = options.strict;
    Bindings bindings;
    bindings.add(environment, "input", *input);
    if (input->is(expr::Kind::map)) {
        for (const expr::Entry& member : input->as_map().entries(arena)) {
            if (member.key.as_text() != "input") bindings.add(environment, member.key.as_text(), member.value);
        }
    }
    const auto compiled = expr::compile(options.expression, environment, limits);
    for (const expr::Problem& problem : compiled.problems) {
        std::fprintf(stderr, "%s\n", expr::format_problem(options.expression, problem).c_str());
    }
    if (!compiled.program) return kUsage;
    const expr::Value value = compiled.program->evaluate(bindings, context);
    if (value.is_error()) {
        const auto problem = compiled.program->problem(value.as_error());
        std::fprintf(stderr, "%s\n", expr::format_problem(options.expression, problem).c_str());
        return kFailed;
    }
    std::string out;
    if (options.typed) {
        if (const auto written = expr::write_typed(out, value, context); !written.ok())
            return fail(written.error().message, kFailed);
    } else {
        const auto json = expr::write_json(value, context);
        if (!json.ok()) return fail(json.error().message, kFailed);
        out = *json;
    }
    std::puts(out.c_str());
    return kDone;
}

// ---------------------------------------------------------------------------------------------------- batch

std::string error_line(std::string_view message, std::string_view phase, expr::Position at) {
    std::string line = R"({"error":)";
    append_json_string(line, message);
    line += R"(,"at":[)" + std::to_string(at.line) + "," + std::to_string(at.column) + R"(],"phase":)";
    append_json_string(line, phase);
    return line + "}";
}

class Request {
  public:
    Request(expr::Context& context, const expr::Value& json) : context_(context), json_(json) {}

    // The answer to one line.
    [[nodiscard]] std::string answer() {
        const auto source = member("expr");
        if (!source || !source->is(expr::Kind::string)) return malformed("expected an object with \"expr\", a string");
        if (auto status = read_environment(); !status.ok()) return malformed(status.error().message);
        const auto compiled = expr::compile(source->as_text(), environment_, context_.limits());
        if (!compiled.program) {
            const expr::Problem& problem = compiled.problems.front();
            return error_line(problem.message, to_string(problem.phase), problem.at);
        }
        const expr::Value value = compiled.program->evaluate(bindings_, context_);
        if (value.is_error()) {
            const auto problem = compiled.program->problem(value.as_error());
            return error_line(problem.message, "evaluate", problem.at);
        }
        std::string line;
        const auto written = expr::write_typed(line, value, context_);
        return written.ok() ? line : error_line(written.error().message, "evaluate", {});
    }

  private:
    [[nodiscard]] static std::string malformed(std::string_view message) { return error_line(message, "request", {}); }
    [[nodiscard]] std::optional<expr::Value> member(std::string_view name) {
        if (!json_.is(expr::Kind::map)) return std::nullopt;
        return json_.as_map().find(expr::Value::string(name), context_.arena());
    }
    static Error wrong(std::string_view name, std::string_view wanted) {
        return {Errc::invalid, "\"" + std::string(name) + "\" is not " + std::string(wanted), "request", {}};
    }
    [[nodiscard]] Status read_flag(std::string_view name, bool& flag) {
        const auto value = member(name);
        if (!value || value->is(expr::Kind::null)) return ok();
        if (!value->is(expr::Kind::boolean)) return wrong(name, "true or false");
        flag = value->as_bool();
        return ok();
    }
    [[nodiscard]] Status read_environment() {
        WEIR_CHECK_OK(read_flag("strict", environment_.strict));
        WEIR_CHECK_OK(read_flag("check", environment_.check));
        WEIR_CHECK_OK(read_flag("macros", environment_.macros));
        if (const auto container = member("container"); container && !container->is(expr::Kind::null)) {
            if (!container->is(expr::Kind::string)) return wrong("container", "text");
            environment_.container = container->as_text();
        }
        const auto bindings = member("bindings");
        if (!bindings) return ok();
        if (!bindings->is(expr::Kind::map)) return Error{Errc::invalid, "\"bindings\" is not an object", "request", {}};
        for (const expr::Entry& binding : bindings->as_map().entries(context_.arena())) {
            auto value = expr::read_typed(binding.value, context_);
            if (!value.ok())
                return std::move(value).error().in("binding \"" + std::string(binding.key.as_text()) + "\"");
            bindings_.add(environment_, binding.key.as_text(), *value);
        }
        return ok();
    }

    expr::Context& context_;
    const expr::Value& json_;
    expr::Environment environment_;
    Bindings bindings_;
};

std::string answer_line(const std::string& line, expr::Arena& arena, const expr::Limits& limits) {
    arena.reset();
    expr::Context context(arena, limits);
    const auto json = expr::read_json(line, expr::JsonNumbers::doubles, arena, limits);
    if (!json.ok()) return error_line(json.error().message, "request", {});
    return Request(context, *json).answer();
}

int eval_batch() {
    const expr::Limits limits;
    expr::Arena arena(limits.memory_bytes);
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        std::puts(answer_line(line, arena, limits).c_str());
        std::fflush(stdout);  // who asks one by one waits for each answer
    }
    return kDone;
}

}  // namespace

void add_eval(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<EvalOptions>();
    auto* expression = verb.add_option("expression", options->expression, "the expression");
    verb.add_option("--input", options->input,
                    "a JSON document: the variable \"input\", and its members by their names; - is standard input");
    verb.add_flag("--strict", options->strict, "plain CEL: fractions are doubles, none of weir's own functions");
    verb.add_flag("--typed", options->typed, "print the value with its type");
    auto* batch = verb.add_flag("--batch", options->batch, "answer one JSON object a line of standard input");
    batch->excludes(expression);
    verb.callback([options, expression, &exit_code] {
        if (!options->batch && expression->count() == 0) throw CLI::RequiredError("expression");
        exit_code = options->batch ? eval_batch() : eval_one(*options);
    });
}

}  // namespace weir::app
