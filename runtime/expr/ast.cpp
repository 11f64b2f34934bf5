#include "runtime/expr/ast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace weir::expr {

namespace {

struct OperatorNames {
    std::string_view function;
    std::string_view symbol;
};
constexpr std::array<OperatorNames, 20> kOperators = {{
    {"", ""},       {"_?_:_", "?:"}, {"_||_", "||"}, {"_&&_", "&&"}, {"_==_", "=="}, {"_!=_", "!="},   {"_<_", "<"},
    {"_<=_", "<="}, {"_>_", ">"},    {"_>=_", ">="}, {"@in", "in"},  {"_+_", "+"},   {"_-_", "-"},     {"_*_", "*"},
    {"_/_", "/"},   {"_%_", "%"},    {"-_", "-"},    {"!_", "!"},    {"_[_]", "[]"}, {"_[?_]", "[?]"},
}};

}  // namespace

std::string_view function_name(Operator op) noexcept { return kOperators[static_cast<std::size_t>(op)].function; }
std::string_view symbol(Operator op) noexcept { return kOperators[static_cast<std::size_t>(op)].symbol; }

NodeId chain_root(const Ast& ast, NodeId id) noexcept {
    while (ast[id].kind == NodeKind::select) id = ast.children(id)[0];
    return id;
}

std::string qualified_name(const Ast& ast, NodeId id) {
    std::vector<std::string_view> parts;
    for (; ast[id].kind == NodeKind::select; id = ast.children(id)[0]) {
        if (ast[id].test_only || ast[id].optional) return {};
        parts.push_back(ast[id].name);
    }
    if (ast[id].kind != NodeKind::ident) return {};
    std::string name(ast[id].name);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) name.append(".").append(*part);
    return name;
}

// ---------------------------------------------------------------------------------------------------- printing

namespace {

void append_quoted(std::string& out, std::string_view text, bool bytes) {
    out += bytes ? "b\"" : "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < ' ' || byte == 0x7F || (bytes && byte > 0x7F)) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), bytes ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(byte));
            out += escape.data();
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_literal(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            out += "null";
            return;
        case Kind::boolean:
            out += value.as_bool() ? "true" : "false";
            return;
        case Kind::integer:
            out += std::to_string(value.as_int());
            return;
        case Kind::uinteger:
            out += std::to_string(value.as_uint()) + "u";
            return;
        case Kind::real:
        case Kind::decimal: {
            std::string text = value.is(Kind::real) ? format_double(value.as_double()) : value.as_decimal().to_string();
            if (text.find_first_of(".e") == std::string::npos) text += value.is(Kind::real) ? ".0" : "e0";
            out += text;
            return;
        }
        default:
            append_quoted(out, value.as_text(), value.is(Kind::bytes));
    }
}

std::string_view macro_name(const Node& node) noexcept {
    const bool two = !node.name2.empty();
    switch (node.macro) {
        case Macro::all:
            return "all";
        case Macro::exists:
            return "exists";
        case Macro::exists_one:
            return two ? "existsOne" : "exists_one";
        case Macro::map:
            return "map";
        case Macro::filter:
            return "filter";
        case Macro::transform_list:
            return "transformList";
        case Macro::transform_map:
            return "transformMap";
        case Macro::transform_map_entry:
            return "transformMapEntry";
        case Macro::opt_map:
            return "optMap";
        case Macro::opt_flat_map:
            return "optFlatMap";
        case Macro::none:
            break;
    }
    return "";
}

// May the field be written without backquotes?
bool is_plain_name(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 4> kKeywords = {"true", "false", "null", "in"};
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    if (std::ranges::find(kKeywords, name) != kKeywords.end()) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
    });
}

// The names that cel.iterVar() and cel.accuVar() make are printed as these calls: they cannot be written otherwise.
std::string variable_text(std::string_view name) {
    const bool iteration = name.starts_with("@it:");
    if (!iteration && !name.starts_with("@ac:")) return std::string(name);
    std::string numbers(name.substr(4));
    numbers.replace(numbers.find(':'), 1, ", ");
    return (iteration ? "cel.iterVar(" : "cel.accuVar(") + numbers + ")";
}

class Printer {
  public:
    explicit Printer(const Ast& ast) : ast_(ast) {}

    void print(NodeId id) {
        const Node& node = ast_[id];
        const auto children = ast_.children(node);
        switch (node.kind) {
            case NodeKind::literal:
                append_literal(out_, node.literal);
                return;
            case NodeKind::ident:
                out_ += variable_text(node.name);
                return;
            case NodeKind::select:
                print_select(node, children[0]);
                return;
            case NodeKind::call:
                print_call(node, children);
                return;
            case NodeKind::list:
                print_sequence("[", children, "]");
                return;
            case NodeKind::map:
                print_entries(children);
                return;
            case NodeKind::message:
                print_message(node, children);
                return;
            case NodeKind::comprehension:
                print_comprehension(node, children);
                return;
            case NodeKind::bind:
                out_ += "cel.bind(" + variable_text(node.name) + ", ";
                print_sequence("", children, ")");
                return;
            case NodeKind::block:
                print_sequence("cel.@block([", children.first(children.size() - 1), "], ");
                print(children.back());
                out_ += ')';
                return;
        }
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void print_sequence(std::string_view open, std::span<const NodeId> children, std::string_view close) {
        out_ += open;
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (ast_[children[i]].optional_entry) out_ += '?';
            print(children[i]);
        }
        out_ += close;
    }

    void print_field(std::string_view name) {
        out_ += is_plain_name(name) ? std::string(name) : "`" + std::string(name) + "`";
    }

    void print_entries(std::span<const NodeId> children) {
        out_ += '{';
        for (std::size_t i = 0; i < children.size(); i += 2) {
            if (i > 0) out_ += ", ";
            if (ast_[children[i]].optional_entry) out_ += '?';
            print(children[i]);
            out_ += ": ";
            print(children[i + 1]);
        }
        out_ += '}';
    }

    void print_message(const Node& node, std::span<const NodeId> children) {
        out_ += std::string(node.name) + "{";
        for (std::size_t i = 0; i < children.size(); i += 2) {
            if (i > 0) out_ += ", ";
            if (ast_[children[i]].optional_entry) out_ += '?';
            print_field(ast_[children[i]].literal.as_text());
            out_ += ": ";
            print(children[i + 1]);
        }
        out_ += '}';
    }

    // What stands before a dot or a bracket.
    void print_operand(NodeId id) {
        const Node& node = ast_[id];
        const bool number = node.kind == NodeKind::literal && node.literal.is_number();
        const bool wrapped = number || (node.kind == NodeKind::call && node.op != Operator::none &&
                                        node.op != Operator::index && node.op != Operator::optional_index);
        if (wrapped) out_ += '(';
        print(id);
        if (wrapped) out_ += ')';
    }

    void print_select(const Node& node, NodeId operand) {
        if (node.test_only) out_ += "has(";
        print_operand(operand);
        out_ += node.optional ? ".?" : ".";
        print_field(node.name);
        if (node.test_only) out_ += ')';
    }

    void print_call(const Node& node, std::span<const NodeId> children) {
        if (node.op != Operator::none) return print_operator(node, children);
        if (node.receiver) {
            print_operand(children[0]);
            out_ += '.';
            children = children.subspan(1);
        }
        out_ += node.name;
        print_sequence("(", children, ")");
    }

    void print_operator(const Node& node, std::span<const NodeId> children) {
        switch (node.op) {
            case Operator::conditional:
                print_nested(children[0]);
                out_ += " ? ";
                print_nested(children[1]);
                out_ += " : ";
                print_nested(children[2]);
                return;
            case Operator::negate:
            case Operator::logical_not:
                // The brackets keep -(1), a negation, apart from the literal -1, and -(-x) from x.
                out_ += symbol(node.op);
                out_ += '(';
                print(children[0]);
                out_ += ')';
                return;
            case Operator::index:
            case Operator::optional_index:
                print_operand(children[0]);
                out_ += node.op == Operator::index ? "[" : "[?";
                print(children[1]);
                out_ += ']';
                return;
            default:
                for (std::size_t i = 0; i < children.size(); ++i) {
                    if (i > 0) out_ += " " + std::string(symbol(node.op)) + " ";
                    print_nested(children[i]);
                }
        }
    }

    void print_nested(NodeId id) {
        const Node& node = ast_[id];
        const bool wrapped = node.kind == NodeKind::call && node.op != Operator::none && node.op != Operator::index &&
                             node.op != Operator::optional_index;
        if (wrapped) out_ += '(';
        print(id);
        if (wrapped) out_ += ')';
    }

    void print_comprehension(const Node& node, std::span<const NodeId> children) {
        print_operand(children[0]);
        out_ += "." + std::string(macro_name(node)) + "(" + variable_text(node.name);
        if (!node.name2.empty()) out_ += ", " + variable_text(node.name2);
        for (const NodeId child : children.subspan(1)) {
            out_ += ", ";
            print(child);
        }
        out_ += ')';
    }

    const Ast& ast_;
    std::string out_;
};

bool same_literal(const Value& a, const Value& b) noexcept {
    if (a.kind() != b.kind()) return false;
    if (a.is(Kind::string) || a.is(Kind::bytes)) return a.as_text() == b.as_text();
    if (a.is(Kind::real) && std::isnan(a.as_double())) return std::isnan(b.as_double());
    if (a.is_number()) return compare_numbers(a, b) == std::strong_ordering::equal;
    return !a.is(Kind::boolean) || a.as_bool() == b.as_bool();
}

bool same_node(const Ast& a, NodeId left, const Ast& b, NodeId right) {
    const Node& x = a[left];
    const Node& y = b[right];
    if (x.kind != y.kind || x.op != y.op || x.macro != y.macro || x.receiver != y.receiver || x.count != y.count ||
        x.test_only != y.test_only || x.optional != y.optional || x.optional_entry != y.optional_entry ||
        x.name != y.name || x.name2 != y.name2 ||
        (x.kind == NodeKind::literal && !same_literal(x.literal, y.literal))) {
        return false;
    }
    for (std::size_t i = 0; i < x.count; ++i) {
        if (!same_node(a, a.children(x)[i], b, b.children(y)[i])) return false;
    }
    return true;
}

}  // namespace

std::string print(const Ast& ast) {
    Printer printer(ast);
    printer.print(ast.root());
    return printer.take();
}

bool same_tree(const Ast& a, const Ast& b) { return same_node(a, a.root(), b, b.root()); }

std::vector<std::string_view> field_names(const Ast& ast, const Node& message) {
    std::vector<std::string_view> names;
    const auto entries = ast.children(message);
    for (std::size_t i = 0; i < entries.size(); i += 2) names.push_back(ast[entries[i]].literal.as_text());
    return names;
}

}  // namespace weir::expr
