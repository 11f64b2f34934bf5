// Static types and how they fit (langdef.md, "Type Checking"): dyn fits everything, type variables are bound on first
// use and widened when a more general type comes.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/value.hpp"

namespace weir::expr {

enum class TypeKind : std::uint8_t {
    dyn,
    null,
    boolean,
    integer,
    uinteger,
    real,
    decimal,
    string,
    bytes,
    timestamp,
    duration,
    ip,
    cidr,
    list,      // first: of the elements
    map,       // first, second: of keys and values
    optional,  // first: of what is inside
    type,
    variable,
};

struct Shape;

struct Type {
    TypeKind kind = TypeKind::dyn;
    std::uint32_t variable = 0;  // number of a variable
    std::uint32_t depth = 0;     // of list(list(...)); bounds recursion and the length of names
    const Type* first = nullptr;
    const Type* second = nullptr;
    const Shape* shape = nullptr;  // what is known beyond the kind: members of a map, the unit of a number
};

// The types without parts; one object each, for the life of the process.
[[nodiscard]] const Type* simple_type(TypeKind kind) noexcept;
[[nodiscard]] std::optional<TypeKind> type_of(Kind kind) noexcept;
// The kinds of value that may stand where `type` is asked for, as bits 1 << Kind.
[[nodiscard]] std::uint32_t kinds_of(const Type& type) noexcept;

// Makes and keeps types. Addresses are stable. A type nested deeper than kDepthMax has dyn inside.
class TypePool {
  public:
    [[nodiscard]] const Type* list(const Type* element) { return make(TypeKind::list, element, nullptr); }
    [[nodiscard]] const Type* map(const Type* key, const Type* value) { return make(TypeKind::map, key, value); }
    [[nodiscard]] const Type* optional(const Type* inner) { return make(TypeKind::optional, inner, nullptr); }
    [[nodiscard]] const Type* variable(std::uint32_t number) {
        return &types_.emplace_back(Type{TypeKind::variable, number, 0, nullptr, nullptr, nullptr});
    }
    // The same type, of which `shape` is known.
    [[nodiscard]] const Type* shaped(const Type* type, const Shape* shape) {
        Type& made = types_.emplace_back(*type);
        made.shape = shape;
        return &made;
    }
    // "list(map(string, T))": names, variables being single capital letters. Null when it is no type.
    [[nodiscard]] const Type* parse(std::string_view text);

  private:
    static constexpr std::uint32_t kDepthMax = 64;
    [[nodiscard]] const Type* make(TypeKind kind, const Type* first, const Type* second);

    std::deque<Type> types_;
};

// What the variables stand for so far.
class Substitution {
  public:
    explicit Substitution(TypePool& pool) : pool_(pool) {}

    // To try something and take it back.
    struct Mark {
        std::size_t variables = 0;
        std::size_t changes = 0;
    };
    [[nodiscard]] Mark mark() const noexcept { return {bound_.size(), changes_.size()}; }
    void take_back(const Mark& mark) noexcept;

    [[nodiscard]] const Type* fresh();
    // May a value of type `from` stand where `to` is asked for? Binds variables on the way, also when the answer is no.
    [[nodiscard]] bool assign(const Type* to, const Type* from);
    // What both fit into: one of them, or dyn.
    [[nodiscard]] const Type* join(const Type* a, const Type* b);
    // Follows a bound variable; its parts are left as they are.
    [[nodiscard]] const Type* resolve(const Type* type) const noexcept;
    // Without bound variables; what is unbound becomes dyn when `final`.
    [[nodiscard]] const Type* apply(const Type* type, bool final);
    // A declaration's type with its own variables (numbered from 0) replaced by `variables`, which grows.
    [[nodiscard]] const Type* instantiate(const Type* declared, std::vector<const Type*>& variables);

  private:
    [[nodiscard]] bool occurs(std::uint32_t variable, const Type* type) const noexcept;
    [[nodiscard]] bool less_specific(const Type* a, const Type* b) const noexcept;
    [[nodiscard]] bool assign_resolved(const Type* to, const Type* from);
    void bind(std::uint32_t variable, const Type* type);

    struct Change {
        std::uint32_t variable = 0;
        const Type* before = nullptr;
    };
    TypePool& pool_;
    std::vector<const Type*> bound_;
    std::vector<Change> changes_;
};

// "list(int)", "map(string, dyn)", "google.protobuf.Timestamp" as "timestamp".
[[nodiscard]] std::string to_string(const Type& type);

}  // namespace weir::expr
