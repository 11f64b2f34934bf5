// A libFuzzer target: any bytes as an expression. It parses, prints, checks and evaluates; nothing may crash, hang or
// disagree with itself. The first byte chooses the mode; behind a newline and "---" stands a JSON Schema that `data` is
// checked against.
//
//     cmake --preset asan -B build/fuzz -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link
//         -DWEIR_WERROR=OFF     (one line; Debian: clang-14 libclang-rt-14-dev)
//     ninja -C build/fuzz expr_fuzz && build/fuzz/bin/expr_fuzz -max_len=4096 work/ tests/fuzz/corpus/expr

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/expr/parser.hpp"
#include "runtime/expr/program.hpp"
#include "runtime/expr/shape.hpp"
#include "runtime/expr/typed.hpp"

namespace {

using namespace weir::expr;

class NoValues final : public Activation {
  public:
    [[nodiscard]] Value variable(std::uint32_t, Context&) const override { return {}; }
};

void expect_round_trip(std::string_view source, const ParseOptions& options, const Limits& limits) {
    const Parsed parsed = parse(source, options, limits);
    if (!parsed.problems.empty()) return;
    const Parsed again = parse(print(parsed.ast), options, limits);
    // Brackets that printing adds may nest too deeply or make the text too long.
    const bool limited = !again.problems.empty() && again.problems[0].message.find("the expression ") == 0;
    if (!limited && (!again.problems.empty() || !same_tree(parsed.ast, again.ast))) std::abort();
}

std::shared_ptr<const Schema> schema_of(std::string_view text) {
    auto schema = read_schema(text);
    return schema ? *schema : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    constexpr std::string_view kSchema = "\n---";
    const std::size_t end = input.find(kSchema);
    const std::string_view source = input.substr(0, end);
    const auto schema = end == std::string_view::npos ? nullptr : schema_of(input.substr(end + kSchema.size()));
    Limits limits;
    limits.cost = 200'000;
    limits.memory_bytes = 4U << 20U;
    Environment environment;
    environment.variables = {{"x", "dyn", nullptr}, {"a.b", "map(string, int)", nullptr}};
    environment.variables.push_back({"data", "dyn", schema ? &schema->root() : nullptr});
    environment.strict = (data[0] & 1U) != 0;
    environment.check = (data[0] & 2U) != 0;
    environment.macros = (data[0] & 4U) == 0;
    expect_round_trip(source, {environment.macros, !environment.strict}, limits);
    const Compiled compiled = compile(source, environment, limits);
    if ((compiled.program == nullptr) == compiled.problems.empty()) std::abort();
    for (const Problem& problem : compiled.problems) (void)format_problem(source, problem);
    if (schema && compiled.program) (void)misfit(compiled, schema->root());
    if (!compiled.program) return 0;
    Arena arena(limits.memory_bytes);
    Context context(arena, limits);
    const Value value = compiled.program->evaluate(NoValues(), context);
    if (value.is_error()) {
        (void)format_problem(source, compiled.program->problem(value.as_error()));
    } else {
        std::string text;
        (void)write_typed(text, value, context);
    }
    return 0;
}
