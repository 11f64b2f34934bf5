// What an expression may refer to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::expr {

struct Shape;

struct VariableDeclaration {
    std::string name;          // may be qualified: "record.headers"
    std::string type = "dyn";  // as in a signature: "map(string, dyn)"
    // What is known of a value that is JSON, in place of `type`; null: nothing. Lives as long as what was compiled.
    const Shape* shape = nullptr;
};

struct Environment {
    std::vector<VariableDeclaration> variables;
    std::string container;  // names are looked up in it and in what encloses it first
    bool strict = false;    // plain CEL: 1.5 is a double, there are no decimals and no functions of weir's own
    bool check = true;      // off: types are left to the evaluation
    bool macros = true;     // off: has(), all(), map() are names of functions
};

// Finds what a name stands for (langdef.md, "Name Resolution").
class Names {
  public:
    // Keeps views of `environment`.
    explicit Names(const Environment& environment);

    // The variable's index in Environment::variables.
    [[nodiscard]] std::optional<std::uint32_t> variable(std::string_view name) const;
    // The name of the type that the identifier denotes: "int", "net.IP".
    [[nodiscard]] std::optional<std::string_view> type(std::string_view name) const;
    // The number that an enum's value denotes; there is one enum, google.protobuf.NullValue.
    [[nodiscard]] std::optional<std::int64_t> enumerator(std::string_view name) const;
    // The name of a declared function that `name` may stand for in the container.
    [[nodiscard]] std::string_view function(std::string_view name) const;
    // What to say of a call of a function that there is not.
    [[nodiscard]] std::string no_function(const std::string& name) const;
    // Variables' and types' names, for suggestions.
    [[nodiscard]] std::vector<std::string_view> known() const;

  private:
    const Environment& environment_;
    std::unordered_map<std::string_view, std::uint32_t> variables_;
};

}  // namespace weir::expr
