#include "runtime/expr/checker.hpp"
#include "runtime/expr/compiler.hpp"
#include "runtime/expr/parser.hpp"

namespace weir::expr {

Compiled compile(std::string_view source, const Environment& environment, const Limits& limits) {
    Compiled compiled;
    Parsed parsed = parse(source, {environment.macros, !environment.strict, environment.container}, limits);
    if (!parsed.problems.empty()) {
        compiled.problems = std::move(parsed.problems);
        return compiled;
    }
    const Names names(environment);
    std::string type = "dyn";
    if (environment.check) {
        Checker checker(parsed.ast, environment, names, limits);
        compiled.type = checker.run(compiled.problems);
        if (!compiled.problems.empty()) return compiled;
        type = to_string(*compiled.type->type);
    }
    Compiler compiler(parsed.ast, environment, names, limits);
    auto program = compiler.run(std::move(type), compiled.problems);
    compiled.program = std::move(program);
    return compiled;
}

}  // namespace weir::expr
