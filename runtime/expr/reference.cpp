#include "runtime/expr/reference.hpp"

#include <algorithm>

#include "runtime/expr/limits.hpp"

namespace weir::expr {

const std::vector<MacroHelp>& macro_help() {
    static const std::vector<MacroHelp> macros = {
        {"has(e.f)", "Is there a field of this name?", {{"has({'a': 1}.a)", "true"}, {"has({'a': 1}.b)", "false"}}},
        {"e.all(x, p)",
         "Is the condition true of every element (of a list) or key (of a map)? With two variables, `e.all(i, x, p)`: "
         "index and element, or key and value.",
         {{"[1, 2].all(x, x > 0)", "true"}, {"{'a': 1}.all(k, v, v > 0)", "true"}}},
        {"e.exists(x, p)", "Is it true of one? Two variables as with all().", {{"[1, 2].exists(x, x > 1)", "true"}}},
        {"e.exists_one(x, p)",
         "Is it true of exactly one? With two variables `existsOne`.",
         {{"[1, 2].exists_one(x, x > 1)", "true"}, {"[1, 2].existsOne(i, x, i + x > 0)", "false"}}},
        {"e.map(x, t)",
         "A list of what the expression gives for each element; `e.map(x, p, t)` only for those of which the condition "
         "is true.",
         {{"[1, 2].map(x, x * 10)", "[10, 20]"}, {"[1, 2].map(x, x > 1, x * 10)", "[20]"}}},
        {"e.filter(x, p)", "The elements of which the condition is true.", {{"[1, 2].filter(x, x > 1)", "[2]"}}},
        {"e.transformList(i, x, t)",
         "map() with two variables; `e.transformList(i, x, p, t)` with a condition.",
         {{"['a', 'b'].transformList(i, x, string(i) + x)", "['0a', '1b']"}}},
        {"e.transformMap(k, v, t)",
         "A map with the same keys (of a list, the indexes) and new values; `e.transformMap(k, v, p, t)` with a "
         "condition.",
         {{"{'a': 1}.transformMap(k, v, v + 1)", "{'a': 2}"}}},
        {"e.transformMapEntry(k, v, m)",
         "A map of all the entries of the maps that the expression gives; a key twice is an error.",
         {{"{'a': 1}.transformMapEntry(k, v, {v: k})", "{1: 'a'}"}}},
        {"o.optMap(x, t)",
         "An optional of what the expression gives for the value; empty when the optional is.",
         {{"optional.of(1).optMap(x, x + 1).value()", "2"}}},
        {"o.optFlatMap(x, t)",
         "The same with an expression that gives an optional.",
         {{"{'a': {'b': 1}}.?a.optFlatMap(m, m.?b).value()", "1"}}},
        {"cel.bind(x, e, t)",
         "The second expression with a name for the first, which is computed at most once.",
         {{"cel.bind(x, 2 + 3, x * x)", "25"}}},
    };
    return macros;
}

namespace {

constexpr std::string_view kIntroduction = R"(# Expressions
<!-- Generated from the declarations in runtime/expr by the target expr_reference; a test fails when it is stale. -->

Maps, rules and `weir eval` use CEL, the Common Expression Language (https://cel.dev), with exact decimals. An expression
computes a value from its input; it changes nothing, calls nothing outside, and always ends.

    weir eval 'lines.map(l, round(l.quantity * l.price, 2)).sum()' --input invoice.json

## Values
| type | literals | notes |
|---|---|---|
| `int` | `42` `-1` `0xFF` | 64 bits; what does not fit is an error |
| `uint` | `42u` | 64 bits |
| `decimal` | `12.50` `1e3` | up to 38 digits, exact; keeps its digits: `1.20 + 1.3` is `2.50` |
| `double` | none; `double('1.5')` | never mixed with decimals: convert with `decimal()` or `double()` |
| `string` | `'a'` `"a"` `'''a'''` `r'\d'` | Unicode; positions count code points |
| `bytes` | `b'\xff'` | |
| `bool` `null_type` | `true` `false` `null` | |
| `list` `map` | `[1, 2]` `{'a': 1}` | keys are int, uint, bool or string |
| `timestamp` | `timestamp('2026-06-01T16:00:00Z')` | nanoseconds, years 1 to 9999 |
| `duration` | `duration('1h30m')` | nanoseconds, about 292 years |
| `optional` | `optional.of(1)` `a.?b` `a[?i]` | `[?x]` and `{?k: o}` leave out what is empty |

A number of a JSON document is read from its text: an `int` when 64 bits hold it, else a `decimal`.

**Strict mode** (`--strict`, `"strict": true`) is plain CEL: `1.5` is a double, there are no decimals, and the functions
marked _weir_ are not there.

## Errors
Problems of the text and of types are found before anything is computed, all at once, each with line, column, a caret and
the nearest known name. What fails in the computation (a missing key, an overflow, a division by zero) is an error of the
whole expression, except that `&&`, `||`, `all` and `exists` ignore errors when another operand decides the result.

)";

constexpr std::string_view kExceptions = R"(## Differences from CEL elsewhere
weir has no protocol buffers, and otherwise follows the language's definition and its public conformance tests
(google/cel-spec v0.25.1): in strict mode all 1,749 agree that name no message or enum type of the tests' own, as the test
`e2e.cel_suite` shows. What differs:

| what | here | why |
|---|---|---|
| messages: `Type{field: 1}`, `google.protobuf.Any`, enums, `proto.getExt` | an unknown type or name | there are no message types but the [well-known messages](#well-known-messages) |
| declarations of functions by a test | none | functions are those of this page |
| a network address as a result of `weir eval` | its text | JSON has no type for it, and the tests expect the text |
| the type a check finds | `Program::result_type()`, not an answer of `weir eval --batch` | it answers values; only wrappers of messages are missing |
| `rb'...'` | the same as `br'...'` | both orders are easily read |
| a name that begins with `@` | allowed: `@index0` in `cel.@block` | what optimisers write can be evaluated |
| a decimal and a double in one list or map | unequal | no silent mixing; side by side, `==` is an error |

)";

void append_examples(std::string& out, const std::vector<Example>& examples) {
    for (const Example& example : examples) {
        out += "- `" + std::string(example.expression) + "` ";
        out += example.result == "error" ? std::string("is an error") : "is `" + std::string(example.result) + "`";
        out += "\n";
    }
    out += "\n";
}

void append_macros(std::string& out) {
    out += "## Macros\nThey look like functions, but evaluate an expression for each element.\n\n";
    for (const MacroHelp& macro : macro_help()) {
        out += "### `" + std::string(macro.usage) + "`\n" + std::string(macro.help) + "\n\n";
        append_examples(out, macro.examples);
    }
}

void append_declaration(std::string& out, const Declaration& declaration) {
    const bool is_operator = declaration.name.find_first_of("_@!") == 0 || declaration.name == "-_";
    out += "### `" + std::string(declaration.name == "@in" ? "_in_" : declaration.name) + "`";
    if (declaration.availability == Availability::weir_only) out += " (_weir_)";
    out += "\n" + std::string(declaration.help) + "\n\n";
    if (!is_operator) {
        for (const Signature& signature : declaration.signatures) out += "    " + std::string(signature.text) + "\n";
        out += "\n";
    }
    append_examples(out, declaration.examples);
}

std::string limits_text() {
    const Limits limits;
    return "## Limits\nAn expression that goes beyond one of these ends with an error; nothing hangs.\n\n| limit | "
           "default |\n|---|---|\n"
           "| bytes of the text | " +
           std::to_string(limits.source_bytes) + " |\n| nesting of the text | " + std::to_string(limits.depth) +
           " |\n| parts of the text | " + std::to_string(limits.nodes) + " |\n| steps of an evaluation | " +
           std::to_string(limits.cost) + " |\n| bytes of memory of an evaluation | " +
           std::to_string(limits.memory_bytes) + " |\n| nesting of a document | " + std::to_string(limits.value_depth) +
           " |\n\nA step is about an operation, an element visited, or 16 bytes of text. Regular expressions "
           "(RE2) count\nby the length of the text times the size of the pattern.\n\n";
}

}  // namespace

std::string reference_markdown() {
    std::string out(kIntroduction);
    append_macros(out);
    std::vector<std::string_view> sections;
    for (const Declaration& declaration : Registry::instance().declarations()) {
        if (std::ranges::find(sections, declaration.section) == sections.end()) sections.push_back(declaration.section);
    }
    for (const std::string_view section : sections) {
        out += "## " + std::string(section) + "\n\n";
        for (const Declaration& declaration : Registry::instance().declarations()) {
            if (declaration.section == section) append_declaration(out, declaration);
        }
    }
    out += limits_text();
    out += kExceptions;
    out.erase(out.find_last_not_of('\n') + 2);
    return out;
}

}  // namespace weir::expr
