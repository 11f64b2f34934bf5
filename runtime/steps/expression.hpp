// An expression of a step's settings: compiled, with where it stands, and with the path it is when it is nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/program.hpp"
#include "runtime/expr/shape.hpp"

namespace weir::steps {

// What an expression may refer to, in the order of the slots of a Frame. An inner variable hides an outer one.
class Scope {
  public:
    static constexpr std::uint32_t kRecord = 0;

    Scope();
    // `shape`: what is known of it, or null; then `type` says what it is.
    std::uint32_t add(std::string_view name, const expr::Shape* shape, std::string_view type);
    void pop() { variables_.pop_back(); }
    [[nodiscard]] expr::Environment environment() const;
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(variables_.size()); }
    // What is known of record.data.
    void set_record(const expr::Shape* record) { variables_[kRecord].shape = record; }

  private:
    struct Variable {
        std::string name;
        const expr::Shape* shape = nullptr;
        std::string type;
    };
    std::vector<Variable> variables_;
};

// A bare path into JSON: record.data.lines, item.amount, record.data["unit price"], record.data.?note.
struct Path {
    struct Token {
        std::string name;
        std::int64_t index = -1;  // of a list, when it is no name
        bool optional = false;
    };
    std::uint32_t slot = 0;
    std::vector<Token> tokens;  // of the record: those behind `data`
};

struct Expression {
    expr::Compiled compiled;
    std::string place;  // "fields/lines/0/amount", for messages
    std::optional<Path> path;
    const expr::Shape* shape = nullptr;  // what is known of where the path leads; only in the host's check

    [[nodiscard]] const expr::Program& program() const noexcept { return *compiled.program; }
    [[nodiscard]] std::string_view type() const noexcept { return program().result_type(); }
};

// What an expression names, without what it introduces itself.
struct Mentions {
    std::vector<std::uint32_t> slots;
    std::vector<std::string> tables;  // lookup('name', ...)
    bool reads_tables = false;        // lookup() of any kind
    bool reads_cross_references = false;
};
struct Read {
    std::optional<Path> path;
    Mentions mentions;
};
// `source` compiles in `scope`.
[[nodiscard]] Read read_expression(std::string_view source, const Scope& scope);

}  // namespace weir::steps
