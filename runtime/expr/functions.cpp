#include "runtime/expr/functions.hpp"

#include <algorithm>
#include <cstdlib>

namespace weir::expr {

namespace {

// "a, list(b, c)" at the commas outside of brackets.
std::vector<std::string_view> split_parameters(std::string_view text) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : (text[i] == ')' ? -1 : 0);
        if (text[i] != ',' || depth > 0) continue;
        parts.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    if (!text.empty()) parts.push_back(text.substr(begin));
    return parts;
}

// A declaration that does not parse is a mistake in this program: every start and every test would fail at once.
const Type* parsed_or_abort(TypePool& pool, std::string_view text) {
    const Type* type = pool.parse(text);
    if (type == nullptr) std::abort();
    return type;
}

Overload parse_signature(TypePool& pool, std::string_view name, const Signature& signature) {
    Overload overload;
    overload.implementation = signature.implementation;
    overload.text = signature.text;
    const std::size_t arrow = signature.text.rfind(" -> ");
    const std::string_view head = signature.text.substr(0, arrow);
    const std::string call = std::string(name) + "(";
    std::size_t at = head.find("." + call);
    overload.receiver = at != std::string_view::npos;
    if (overload.receiver) {
        overload.parameters.push_back(parsed_or_abort(pool, head.substr(0, at)));
        ++at;
    } else {
        at = 0;
    }
    const std::size_t open = at + call.size();
    for (const std::string_view part : split_parameters(head.substr(open, head.size() - open - 1))) {
        overload.parameters.push_back(parsed_or_abort(pool, part));
    }
    for (const Type* parameter : overload.parameters) overload.kinds.push_back(kinds_of(*parameter));
    overload.result = parsed_or_abort(pool, signature.text.substr(arrow + 4));
    return overload;
}

}  // namespace

const Registry& Registry::instance() {
    static const Registry registry;
    return registry;
}

Registry::Registry() {
    for (const auto& declare :
         {operator_declarations, conversion_declarations, string_declarations, format_declarations, math_declarations,
          list_declarations, optional_declarations, time_declarations, encoder_declarations, network_declarations,
          decimal_declarations, money_declarations, period_declarations, lookup_declarations,
          well_known_declarations}) {
        for (Declaration& declaration : declare()) declarations_.push_back(std::move(declaration));
    }
    for (const Declaration& declaration : declarations_) add(declaration);
    std::ranges::sort(functions_, {}, &FunctionInfo::name);
    for (const FunctionInfo& function : functions_) {
        if (function.name.find_first_of("_@!") != 0) names_.push_back(function.name);
    }
}

void Registry::add(const Declaration& declaration) {
    auto found = std::ranges::find(functions_, declaration.name, &FunctionInfo::name);
    if (found == functions_.end()) {
        functions_.push_back({declaration.name, {}});
        found = functions_.end() - 1;
    }
    for (const Signature& signature : declaration.signatures) {
        Overload overload = parse_signature(types_, declaration.name, signature);
        overload.weir_only = declaration.availability == Availability::weir_only;
        found->overloads.push_back(std::move(overload));
    }
}

const FunctionInfo* Registry::find(std::string_view name) const noexcept {
    const auto found = std::ranges::lower_bound(functions_, name, {}, &FunctionInfo::name);
    return found != functions_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace weir::expr
