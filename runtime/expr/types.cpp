#include "runtime/expr/types.hpp"

#include <algorithm>
#include <array>

namespace weir::expr {

namespace {

struct Named {
    TypeKind type;
    Kind kind;
    std::string_view name;
};
constexpr std::array<Named, 17> kNames = {{
    {TypeKind::null, Kind::null, "null_type"},
    {TypeKind::boolean, Kind::boolean, "bool"},
    {TypeKind::integer, Kind::integer, "int"},
    {TypeKind::uinteger, Kind::uinteger, "uint"},
    {TypeKind::real, Kind::real, "double"},
    {TypeKind::decimal, Kind::decimal, "decimal"},
    {TypeKind::string, Kind::string, "string"},
    {TypeKind::bytes, Kind::bytes, "bytes"},
    {TypeKind::timestamp, Kind::timestamp, "timestamp"},
    {TypeKind::duration, Kind::duration, "duration"},
    {TypeKind::ip, Kind::ip, "net.IP"},
    {TypeKind::cidr, Kind::cidr, "net.CIDR"},
    {TypeKind::list, Kind::list, "list"},
    {TypeKind::map, Kind::map, "map"},
    {TypeKind::optional, Kind::optional, "optional"},
    {TypeKind::type, Kind::type, "type"},
    {TypeKind::dyn, Kind::unset, "dyn"},
}};

// Types whose values are messages or opaque elsewhere: null may stand for them.
bool is_nullable(const Type& type) noexcept {
    return type.kind == TypeKind::timestamp || type.kind == TypeKind::duration || type.kind == TypeKind::optional;
}

constexpr std::array<Type, 18> kSimple = [] {
    std::array<Type, 18> types{};
    for (std::size_t i = 0; i < types.size(); ++i) types[i].kind = static_cast<TypeKind>(i);
    return types;
}();

}  // namespace

const Type* simple_type(TypeKind kind) noexcept { return &kSimple[static_cast<std::size_t>(kind)]; }

std::optional<TypeKind> type_of(Kind kind) noexcept {
    for (const Named& named : kNames) {
        if (named.kind == kind && kind != Kind::unset) return named.type;
    }
    return std::nullopt;
}

std::uint32_t kinds_of(const Type& type) noexcept {
    for (const Named& named : kNames) {
        if (named.type == type.kind && named.kind != Kind::unset) return 1U << static_cast<unsigned>(named.kind);
    }
    return ~0U;
}

std::string to_string(const Type& type) {
    std::string text;
    for (const Named& named : kNames) {
        if (named.type == type.kind) text = named.name;
    }
    if (type.kind == TypeKind::variable) return std::string(1, static_cast<char>('A' + type.variable % 26));
    if (type.first != nullptr) text += "(" + to_string(*type.first);
    if (type.second != nullptr) text += ", " + to_string(*type.second);
    if (type.first != nullptr) text += ")";
    return text;
}

const Type* TypePool::parse(std::string_view text) {
    const auto trim = [](std::string_view part) {
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        return part;
    };
    text = trim(text);
    if (text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z')
        return variable(static_cast<std::uint32_t>(text[0] - 'A'));
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos) {
        for (const Named& named : kNames) {
            if (named.name == text) return simple_type(named.type);
        }
        return nullptr;
    }
    if (!text.ends_with(')')) return nullptr;
    const std::string_view head = text.substr(0, open);
    const std::string_view inner = text.substr(open + 1, text.size() - open - 2);
    std::size_t comma = std::string_view::npos;
    int depth = 0;
    for (std::size_t i = 0; i < inner.size() && comma == std::string_view::npos; ++i) {
        depth += inner[i] == '(' ? 1 : (inner[i] == ')' ? -1 : 0);
        if (inner[i] == ',' && depth == 0) comma = i;
    }
    const Type* first = parse(inner.substr(0, comma));
    const Type* second = comma == std::string_view::npos ? nullptr : parse(inner.substr(comma + 1));
    if (first == nullptr || (comma != std::string_view::npos && second == nullptr)) return nullptr;
    if (head == "list" && second == nullptr) return list(first);
    if (head == "optional" && second == nullptr) return optional(first);
    if (head == "map" && second != nullptr) return map(first, second);
    return nullptr;
}

const Type* TypePool::make(TypeKind kind, const Type* first, const Type* second) {
    const std::uint32_t depth = std::max(first->depth, second == nullptr ? 0U : second->depth) + 1;
    if (depth <= kDepthMax) return &types_.emplace_back(Type{kind, 0, depth, first, second, nullptr});
    const Type* dyn = simple_type(TypeKind::dyn);
    return &types_.emplace_back(Type{kind, 0, 1, dyn, second == nullptr ? nullptr : dyn, nullptr});
}

void Substitution::take_back(const Mark& mark) noexcept {
    while (changes_.size() > mark.changes) {
        bound_[changes_.back().variable] = changes_.back().before;
        changes_.pop_back();
    }
    bound_.resize(mark.variables);
}

void Substitution::bind(std::uint32_t variable, const Type* type) {
    changes_.push_back({variable, bound_[variable]});
    bound_[variable] = type;
}

const Type* Substitution::fresh() {
    bound_.push_back(nullptr);
    return pool_.variable(static_cast<std::uint32_t>(bound_.size() - 1));
}

const Type* Substitution::resolve(const Type* type) const noexcept {
    while (type->kind == TypeKind::variable && bound_[type->variable] != nullptr) type = bound_[type->variable];
    return type;
}

bool Substitution::occurs(std::uint32_t variable, const Type* type) const noexcept {
    type = resolve(type);
    if (type->kind == TypeKind::variable) return type->variable == variable;
    return (type->first != nullptr && occurs(variable, type->first)) ||
           (type->second != nullptr && occurs(variable, type->second));
}

bool Substitution::less_specific(const Type* a, const Type* b) const noexcept {
    a = resolve(a);
    b = resolve(b);
    if (a->kind == TypeKind::dyn) return b->kind != TypeKind::dyn;
    if (a->kind != b->kind) return false;
    return (a->first != nullptr && b->first != nullptr && less_specific(a->first, b->first)) ||
           (a->second != nullptr && b->second != nullptr && less_specific(a->second, b->second));
}

bool Substitution::assign(const Type* to, const Type* from) {
    const Type* target = resolve(to);
    const Type* source = resolve(from);
    if (!assign_resolved(target, source)) return false;
    // A variable bound to int becomes dyn when a dyn is assigned to it; one bound to null, the type null stands for.
    const bool wider = less_specific(source, target) || (target->kind == TypeKind::null && source != target);
    if (to->kind == TypeKind::variable && target->kind != TypeKind::variable && wider) {
        const Type* last = to;
        while (bound_[last->variable]->kind == TypeKind::variable) last = bound_[last->variable];
        bind(last->variable, source);
    }
    return true;
}

bool Substitution::assign_resolved(const Type* to, const Type* from) {
    if (to == from) return true;
    if (to->kind == TypeKind::variable || from->kind == TypeKind::variable) {
        const bool bind_to = to->kind == TypeKind::variable;
        const Type* variable = bind_to ? to : from;
        const Type* other = bind_to ? from : to;
        if (other->kind == TypeKind::variable && other->variable == variable->variable) return true;
        if (occurs(variable->variable, other)) return false;
        bind(variable->variable, other);
        return true;
    }
    if (to->kind == TypeKind::dyn || from->kind == TypeKind::dyn) return true;
    if ((to->kind == TypeKind::null && is_nullable(*from)) || (from->kind == TypeKind::null && is_nullable(*to)))
        return true;
    if (to->kind != from->kind) return false;
    if (to->first != nullptr && from->first != nullptr && !assign(to->first, from->first)) return false;
    return to->second == nullptr || from->second == nullptr || assign(to->second, from->second);
}

const Type* Substitution::join(const Type* a, const Type* b) {
    const Mark before = mark();
    if (!assign(a, b)) {
        take_back(before);
        return simple_type(TypeKind::dyn);
    }
    return less_specific(b, a) || resolve(a)->kind == TypeKind::null ? b : a;
}

const Type* Substitution::apply(const Type* type, bool final) {
    type = resolve(type);
    if (type->kind == TypeKind::variable) return final ? simple_type(TypeKind::dyn) : type;
    if (type->first == nullptr) return type;
    const Type* first = apply(type->first, final);
    const Type* second = type->second == nullptr ? nullptr : apply(type->second, final);
    if (first == type->first && second == type->second) return type;
    if (type->kind == TypeKind::list) return pool_.list(first);
    if (type->kind == TypeKind::optional) return pool_.optional(first);
    return pool_.map(first, second);
}

const Type* Substitution::instantiate(const Type* declared, std::vector<const Type*>& variables) {
    if (declared->kind == TypeKind::variable) {
        if (variables.size() <= declared->variable) variables.resize(declared->variable + 1, nullptr);
        if (variables[declared->variable] == nullptr) variables[declared->variable] = fresh();
        return variables[declared->variable];
    }
    if (declared->first == nullptr) return declared;
    const Type* first = instantiate(declared->first, variables);
    if (declared->kind == TypeKind::list) return pool_.list(first);
    if (declared->kind == TypeKind::optional) return pool_.optional(first);
    return pool_.map(first, instantiate(declared->second, variables));
}

}  // namespace weir::expr
