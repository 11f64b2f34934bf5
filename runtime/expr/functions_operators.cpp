// Signatures of the operators; the evaluator computes them itself (operators.cpp).

#include "runtime/expr/functions.hpp"

namespace weir::expr {

namespace {

constexpr std::string_view kSection = "Operators";

std::vector<Signature> signatures(std::initializer_list<std::string_view> texts) {
    std::vector<Signature> result;
    for (const std::string_view text : texts) result.push_back({text, nullptr});
    return result;
}

std::vector<Declaration> logic() {
    return {
        {kSection,
         "_?_:_",
         "The second operand when the condition is true, the third when it is false. Only that one is computed.",
         signatures({"_?_:_(bool, T, T) -> T"}),
         {{"2 > 1 ? 'more' : 'less'", "'more'"}}},
        {kSection,
         "_&&_",
         "True when both are. False as soon as one is false, whatever the other is: an error, too.",
         signatures({"_&&_(bool, bool) -> bool"}),
         {{"true && false", "false"}, {"1 / 0 > 0 && false", "false"}}},
        {kSection,
         "_||_",
         "True when one is, whatever the other is: an error, too.",
         signatures({"_||_(bool, bool) -> bool"}),
         {{"false || true", "true"}, {"1 / 0 > 0 || true", "true"}}},
        {kSection, "!_", "The opposite.", signatures({"!_(bool) -> bool"}), {{"!true", "false"}}},
        {kSection,
         "_==_",
         "Equality. Numbers are equal by value whatever their types, lists and maps by their elements.",
         signatures({"_==_(T, T) -> bool"}),
         {{"[1, 2] == [1, 2]", "true"}, {"{'a': 1} == {'a': 2}", "false"}}},
        {kSection, "_!=_", "Inequality.", signatures({"_!=_(T, T) -> bool"}), {{"'a' != 'b'", "true"}}},
        {kSection,
         "@in",
         "Is the element in the list, the key in the map?",
         signatures({"@in(T, list(T)) -> bool", "@in(K, map(K, V)) -> bool"}),
         {{"2 in [1, 2]", "true"}, {"'b' in {'a': 1}", "false"}}},
        {kSection,
         "_[_]",
         "The element of a list, counted from 0, or of a map. An error when there is none. Inside an optional it gives "
         "an optional.",
         signatures({"_[_](list(T), int) -> T", "_[_](map(K, V), K) -> V",
                     "_[_](optional(list(T)), int) -> optional(T)", "_[_](optional(map(K, V)), K) -> optional(V)"}),
         {{"['a', 'b'][1]", "'b'"}, {"{'a': 7}['a']", "7"}, {"[1][5]", "error"}}},
        {kSection,
         "_[?_]",
         "The same as an optional: empty when there is none. For a field, a.?b.",
         signatures({"_[?_](list(T), int) -> optional(T)", "_[?_](map(K, V), K) -> optional(V)",
                     "_[?_](optional(list(T)), int) -> optional(T)", "_[?_](optional(map(K, V)), K) -> optional(V)"}),
         {{"[1][?5].orValue(0)", "0"}, {"{'a': 7}.?a.value()", "7"}}},
    };
}

std::vector<Signature> comparisons(std::string_view op) {
    static constexpr std::string_view kPairs[][2] = {{"int", "int"},
                                                     {"bool", "bool"},
                                                     {"uint", "uint"},
                                                     {"double", "double"},
                                                     {"string", "string"},
                                                     {"bytes", "bytes"},
                                                     {"timestamp", "timestamp"},
                                                     {"duration", "duration"},
                                                     {"int", "uint"},
                                                     {"int", "double"},
                                                     {"uint", "int"},
                                                     {"uint", "double"},
                                                     {"double", "int"},
                                                     {"double", "uint"}};
    // The texts must outlive the registry; there are four operators.
    static std::vector<std::string> texts = [] {
        std::vector<std::string> all;
        for (const std::string_view name : {"_<_", "_<=_", "_>_", "_>=_"}) {
            for (const auto& pair : kPairs) {
                all.push_back(std::string(name) + "(" + std::string(pair[0]) + ", " + std::string(pair[1]) +
                              ") -> bool");
            }
        }
        return all;
    }();
    std::vector<Signature> result;
    for (const std::string& text : texts) {
        if (text.starts_with(std::string(op) + "(")) result.push_back({text, nullptr});
    }
    return result;
}

std::vector<Declaration> orders() {
    return {
        {kSection,
         "_<_",
         "Less than. Numbers by value, texts by code points, false before true.",
         comparisons("_<_"),
         {{"1 < 2", "true"}, {"'abc' < 'abd'", "true"}}},
        {kSection, "_<=_", "At most.", comparisons("_<=_"), {{"2 <= 2", "true"}}},
        {kSection, "_>_", "More than.", comparisons("_>_"), {{"duration('1h') > duration('59m')", "true"}}},
        {kSection, "_>=_", "At least.", comparisons("_>=_"), {{"1u >= 1", "true"}}},
        {kSection,
         "_==_",
         "Decimals compare with whole numbers, too; with doubles only after a conversion.",
         signatures({"_==_(decimal, int) -> bool", "_==_(int, decimal) -> bool", "_==_(decimal, uint) -> bool",
                     "_==_(uint, decimal) -> bool"}),
         {{"1.0 == 1", "true"}},
         Availability::weir_only},
        {kSection,
         "_!=_",
         "Decimals compare with whole numbers, too.",
         signatures({"_!=_(decimal, int) -> bool", "_!=_(int, decimal) -> bool", "_!=_(decimal, uint) -> bool",
                     "_!=_(uint, decimal) -> bool"}),
         {{"1.5 != 1", "true"}},
         Availability::weir_only},
        {kSection,
         "_<_",
         "Decimals with each other and with whole numbers.",
         signatures({"_<_(decimal, decimal) -> bool", "_<_(decimal, int) -> bool", "_<_(int, decimal) -> bool",
                     "_<_(decimal, uint) -> bool", "_<_(uint, decimal) -> bool"}),
         {{"1.49 < 1.5", "true"}},
         Availability::weir_only},
        {kSection,
         "_<=_",
         "Decimals with each other and with whole numbers.",
         signatures({"_<=_(decimal, decimal) -> bool", "_<=_(decimal, int) -> bool", "_<=_(int, decimal) -> bool",
                     "_<=_(decimal, uint) -> bool", "_<=_(uint, decimal) -> bool"}),
         {{"1.50 <= 1.5", "true"}},
         Availability::weir_only},
        {kSection,
         "_>_",
         "Decimals with each other and with whole numbers.",
         signatures({"_>_(decimal, decimal) -> bool", "_>_(decimal, int) -> bool", "_>_(int, decimal) -> bool",
                     "_>_(decimal, uint) -> bool", "_>_(uint, decimal) -> bool"}),
         {{"1.51 > 1", "true"}},
         Availability::weir_only},
        {kSection,
         "_>=_",
         "Decimals with each other and with whole numbers.",
         signatures({"_>=_(decimal, decimal) -> bool", "_>=_(decimal, int) -> bool", "_>=_(int, decimal) -> bool",
                     "_>=_(decimal, uint) -> bool", "_>=_(uint, decimal) -> bool"}),
         {{"1.5 >= 1.50", "true"}},
         Availability::weir_only},
    };
}

std::vector<Declaration> arithmetic() {
    return {
        {kSection,
         "_+_",
         "The sum; texts and lists are joined. A sum that does not fit is an error.",
         signatures({"_+_(int, int) -> int", "_+_(uint, uint) -> uint", "_+_(double, double) -> double",
                     "_+_(string, string) -> string", "_+_(bytes, bytes) -> bytes", "_+_(list(T), list(T)) -> list(T)",
                     "_+_(timestamp, duration) -> timestamp", "_+_(duration, timestamp) -> timestamp",
                     "_+_(duration, duration) -> duration"}),
         {{"1 + 2", "3"}, {"'a' + 'b'", "'ab'"}, {"[1] + [2]", "[1, 2]"}, {"9223372036854775807 + 1", "error"}}},
        {kSection,
         "_-_",
         "The difference.",
         signatures({"_-_(int, int) -> int", "_-_(uint, uint) -> uint", "_-_(double, double) -> double",
                     "_-_(timestamp, duration) -> timestamp", "_-_(timestamp, timestamp) -> duration",
                     "_-_(duration, duration) -> duration"}),
         {{"3 - 2", "1"}, {"1u - 2u", "error"}}},
        {kSection,
         "_*_",
         "The product.",
         signatures({"_*_(int, int) -> int", "_*_(uint, uint) -> uint", "_*_(double, double) -> double"}),
         {{"6 * 7", "42"}}},
        {kSection,
         "_/_",
         "The quotient; of whole numbers cut towards zero.",
         signatures({"_/_(int, int) -> int", "_/_(uint, uint) -> uint", "_/_(double, double) -> double"}),
         {{"7 / 2", "3"}, {"-7 / 2", "-3"}, {"1 / 0", "error"}}},
        {kSection,
         "_%_",
         "What the division of whole numbers leaves, with the sign of the first.",
         signatures({"_%_(int, int) -> int", "_%_(uint, uint) -> uint"}),
         {{"7 % 3", "1"}, {"-7 % 3", "-1"}}},
        {kSection, "-_", "The negative.", signatures({"-_(int) -> int", "-_(double) -> double"}), {{"-(3)", "-3"}}},
    };
}

std::vector<Declaration> decimal_arithmetic() {
    return {
        {kSection,
         "_+_",
         "Exact, also with whole numbers. A double must be converted before.",
         signatures({"_+_(decimal, decimal) -> decimal", "_+_(decimal, int) -> decimal", "_+_(int, decimal) -> decimal",
                     "_+_(decimal, uint) -> decimal", "_+_(uint, decimal) -> decimal"}),
         {{"0.1 + 0.2", "0.3"}, {"string(1.20 + 1.3)", "'2.50'"}},
         Availability::weir_only},
        {kSection,
         "_-_",
         "Exact.",
         signatures({"_-_(decimal, decimal) -> decimal", "_-_(decimal, int) -> decimal", "_-_(int, decimal) -> decimal",
                     "_-_(decimal, uint) -> decimal", "_-_(uint, decimal) -> decimal"}),
         {{"1 - 0.9", "0.1"}},
         Availability::weir_only},
        {kSection,
         "_*_",
         "Exact; an error beyond 38 digits.",
         signatures({"_*_(decimal, decimal) -> decimal", "_*_(decimal, int) -> decimal", "_*_(int, decimal) -> decimal",
                     "_*_(decimal, uint) -> decimal", "_*_(uint, decimal) -> decimal"}),
         {{"1287.35 * 0.0825", "106.206375"}},
         Availability::weir_only},
        {kSection,
         "_/_",
         "Exact when 20 digits behind the point suffice, or as many as the first number has more than the second; else "
         "rounded half even to as many. A quotient that is large has room for fewer: 38 digits in all.",
         signatures({"_/_(decimal, decimal) -> decimal", "_/_(decimal, int) -> decimal", "_/_(int, decimal) -> decimal",
                     "_/_(decimal, uint) -> decimal", "_/_(uint, decimal) -> decimal"}),
         {{"string(1.0 / 8)", "'0.125'"}, {"string(2.0 / 3)", "'0.66666666666666666667'"}, {"1.0 / 0", "error"}},
         Availability::weir_only},
        {kSection,
         "_%_",
         "What the division to a whole number leaves.",
         signatures({"_%_(decimal, decimal) -> decimal", "_%_(decimal, int) -> decimal", "_%_(int, decimal) -> decimal",
                     "_%_(decimal, uint) -> decimal", "_%_(uint, decimal) -> decimal"}),
         {{"7.5 % 2", "1.5"}},
         Availability::weir_only},
        {kSection,
         "-_",
         "The negative; of a duration, too.",
         signatures({"-_(decimal) -> decimal", "-_(duration) -> duration"}),
         {{"-(0.5)", "0 - 0.5"}},
         Availability::weir_only},
    };
}

}  // namespace

std::vector<Declaration> operator_declarations() {
    std::vector<Declaration> all = logic();
    for (auto* part : {&orders, &arithmetic, &decimal_arithmetic}) {
        for (Declaration& declaration : (*part)()) all.push_back(std::move(declaration));
    }
    return all;
}

}  // namespace weir::expr
