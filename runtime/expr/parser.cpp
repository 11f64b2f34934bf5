#include "runtime/expr/parser.hpp"

#include <array>
#include <optional>

#include "runtime/expr/container.hpp"
#include "runtime/expr/lexer.hpp"
#include "runtime/expr/literals.hpp"
#include "runtime/expr/macros.hpp"
#include "runtime/expr/well_known.hpp"

namespace weir::expr {

namespace {

// What binds tighter has the higher level.
struct Binary {
    int level = 0;
    Operator op = Operator::none;
};
constexpr Binary binary(TokenKind kind) noexcept {
    switch (kind) {
        case TokenKind::logical_or:
            return {1, Operator::logical_or};
        case TokenKind::logical_and:
            return {2, Operator::logical_and};
        case TokenKind::equal:
            return {3, Operator::equal};
        case TokenKind::not_equal:
            return {3, Operator::not_equal};
        case TokenKind::less:
            return {3, Operator::less};
        case TokenKind::less_equal:
            return {3, Operator::less_equal};
        case TokenKind::greater:
            return {3, Operator::greater};
        case TokenKind::greater_equal:
            return {3, Operator::greater_equal};
        case TokenKind::in:
            return {3, Operator::in};
        case TokenKind::plus:
            return {4, Operator::add};
        case TokenKind::minus:
            return {4, Operator::subtract};
        case TokenKind::star:
            return {5, Operator::multiply};
        case TokenKind::slash:
            return {5, Operator::divide};
        case TokenKind::percent:
            return {5, Operator::remainder};
        default:
            return {};
    }
}

// Recursive descent; binary operators by precedence climbing. After the first problem every function returns kFailed.
class Parser {
  public:
    Parser(std::string_view source, const ParseOptions& options, const Limits& limits)
        : options_(options), limits_(limits), ast_(source), lexer_(ast_.source()) {}

    [[nodiscard]] Parsed run() {
        advance();
        const NodeId root = expression();
        if (!failed_ && token_.kind != TokenKind::end) unexpected("the end of the expression");
        if (!failed_) ast_.set_root(root);
        return {std::move(ast_), std::move(problems_)};
    }

  private:
    static constexpr NodeId kFailed = UINT32_MAX;

    void advance() {
        if (failed_) return;
        token_ = lexer_.next();
        if (token_.kind == TokenKind::invalid) fail(token_, lexer_.problem());
    }
    [[nodiscard]] bool accept(TokenKind kind) {
        if (failed_ || token_.kind != kind) return false;
        advance();
        return true;
    }
    void expect(TokenKind kind, std::string_view wanted) {
        if (failed_) return;
        if (token_.kind == kind) return advance();
        unexpected(wanted);
    }
    void unexpected(std::string_view wanted) {
        fail(token_, "expected " + std::string(wanted) + ", found " + describe(token_));
    }

    void fail_at(std::uint32_t offset, std::uint32_t length, std::string message) {
        if (failed_) return;
        failed_ = true;
        problems_.push_back({Phase::parse, std::move(message), offset, length, position_of(ast_.source(), offset)});
    }
    void fail(const Token& token, std::string message) {
        fail_at(token.offset, static_cast<std::uint32_t>(token.text.size()), std::move(message));
    }

    NodeId add(Node node, std::span<const NodeId> children) {
        if (failed_) return kFailed;
        if (ast_.size() >= limits_.nodes) {
            fail_at(node.offset, node.length,
                    "the expression has more than " + std::to_string(limits_.nodes) + " parts");
            return kFailed;
        }
        const NodeId id = ast_.add(node, children);
        if (ast_[id].depth > limits_.depth) too_deep(node.offset, node.length);
        return failed_ ? kFailed : id;
    }
    void too_deep(std::uint32_t offset, std::uint32_t length) {
        fail_at(offset, length, "the expression is nested deeper than " + std::to_string(limits_.depth) + " levels");
    }
    [[nodiscard]] static Node node_at(NodeKind kind, const Token& token) {
        Node node;
        node.kind = kind;
        node.offset = token.offset;
        node.length = static_cast<std::uint32_t>(token.text.size());
        return node;
    }
    NodeId add_operator(Operator op, const Token& token, std::span<const NodeId> children) {
        Node node = node_at(NodeKind::call, token);
        node.op = op;
        return add(node, children);
    }

    NodeId expression() {
        if (depth_ == limits_.depth) too_deep(token_.offset, 1);
        if (failed_) return kFailed;
        ++depth_;
        NodeId result = operators(1);
        const Token question = token_;
        if (accept(TokenKind::question)) {
            const NodeId then = operators(1);
            expect(TokenKind::colon, "\":\" of the condition");
            const NodeId otherwise = expression();
            result = add_operator(Operator::conditional, question, std::array{result, then, otherwise});
        }
        --depth_;
        return failed_ ? kFailed : result;
    }

    NodeId operators(int level) {
        NodeId left = unary();
        for (Binary next = binary(token_.kind); !failed_ && next.level >= level; next = binary(token_.kind)) {
            const Token token = token_;
            if (next.op == Operator::logical_or || next.op == Operator::logical_and) {
                left = logical_chain(left, next, token);
                continue;
            }
            advance();
            const NodeId right = operators(next.level + 1);
            left = add_operator(next.op, token, std::array{left, right});
        }
        return failed_ ? kFailed : left;
    }

    // a && b && c is one node: a long chain is not deep, and its evaluation is a loop.
    NodeId logical_chain(NodeId first, Binary op, const Token& token) {
        std::vector<NodeId> operands{first};
        while (!failed_ && binary(token_.kind).op == op.op) {
            advance();
            operands.push_back(operators(op.level + 1));
        }
        return add_operator(op.op, token, operands);
    }

    NodeId unary() {
        const Token sign = token_;
        if (sign.kind != TokenKind::bang && sign.kind != TokenKind::minus) return member();
        bool odd = false;
        Token last = sign;
        while (!failed_ && token_.kind == sign.kind) {
            last = token_;
            odd = !odd;
            advance();
        }
        const bool negative_number = sign.kind == TokenKind::minus && is_number(token_.kind);
        if (negative_number) {
            // The last minus belongs to the number.
            const NodeId number = postfix(number_node(last, true));
            return odd ? number : add_operator(Operator::negate, sign, std::array{number});
        }
        const NodeId operand = member();
        // Twice negated is the same value, and an error stays an error.
        if (!odd) return operand;
        return add_operator(sign.kind == TokenKind::minus ? Operator::negate : Operator::logical_not, sign,
                            std::array{operand});
    }

    [[nodiscard]] static bool is_number(TokenKind kind) noexcept {
        return kind == TokenKind::integer || kind == TokenKind::uinteger || kind == TokenKind::real;
    }

    NodeId number_node(const Token& begin, bool negative) {
        Literal literal = number_literal(token_, negative, options_.fractions_are_decimals, ast_.arena());
        Node node = node_at(NodeKind::literal, token_);
        node.offset = begin.offset;
        node.length = token_.offset + static_cast<std::uint32_t>(token_.text.size()) - begin.offset;
        return literal_node(node, std::move(literal));
    }
    NodeId literal_node(Node node, Literal literal) {
        if (!literal.problem.empty()) {
            fail_at(node.offset, node.length, std::move(literal.problem));
            return kFailed;
        }
        node.literal = literal.value;
        advance();
        return add(node, {});
    }

    NodeId member() { return postfix(primary()); }

    NodeId postfix(NodeId operand) {
        while (!failed_) {
            const Token token = token_;
            if (accept(TokenKind::dot)) {
                operand = selection(operand);
            } else if (accept(TokenKind::left_bracket)) {
                const bool optional = accept(TokenKind::question);
                const NodeId index = expression();
                expect(TokenKind::right_bracket, "\"]\"");
                operand = add_operator(optional ? Operator::optional_index : Operator::index, token,
                                       std::array{operand, index});
            } else if (token.kind == TokenKind::left_brace && is_type_name(operand)) {
                operand = message(operand);
            } else {
                return operand;
            }
        }
        return kFailed;
    }

    [[nodiscard]] bool is_type_name(NodeId id) const { return !failed_ && !qualified_name(ast_, id).empty(); }

    NodeId selection(NodeId operand) {
        const bool optional = accept(TokenKind::question);
        const Token name = token_;
        if (accept(TokenKind::quoted_identifier)) {
            Node node = node_at(NodeKind::select, name);
            node.name = name.text.substr(1, name.text.size() - 2);
            node.optional = optional;
            return add(node, std::array{operand});
        }
        expect(TokenKind::identifier, "a field or method name");
        if (!optional && !failed_ && token_.kind == TokenKind::left_paren) return call(name, operand);
        Node node = node_at(NodeKind::select, name);
        node.name = name.text;
        node.optional = optional;
        return add(node, std::array{operand});
    }

    NodeId call(const Token& name, std::optional<NodeId> receiver, std::string_view full_name = {}) {
        advance();
        const std::vector<NodeId> arguments = sequence(TokenKind::right_paren, "\",\" or \")\"", false);
        if (failed_) return kFailed;
        if (options_.macros) {
            const auto result = expand_macro(
                ast_, {name.text, receiver, arguments, name.offset, static_cast<std::uint32_t>(name.text.size())});
            if (result.outcome == MacroResult::Outcome::wrong) {
                fail_at(ast_[result.node].offset, ast_[result.node].length, result.problem);
                return kFailed;
            }
            if (result.outcome == MacroResult::Outcome::expanded) {
                if (ast_[result.node].depth > limits_.depth) too_deep(name.offset, 1);
                return failed_ ? kFailed : result.node;
            }
        }
        Node node = node_at(NodeKind::call, name);
        node.name = full_name.empty() ? name.text : full_name;
        node.receiver = receiver.has_value();
        std::vector<NodeId> children;
        if (receiver) children.push_back(*receiver);
        children.insert(children.end(), arguments.begin(), arguments.end());
        return add(node, children);
    }

    // Expressions up to `close`, which is consumed. A comma may stand before it only in lists.
    std::vector<NodeId> sequence(TokenKind close, std::string_view wanted, bool in_list) {
        std::vector<NodeId> items;
        while (!failed_ && token_.kind != close) {
            const bool optional = in_list && accept(TokenKind::question);
            const NodeId item = expression();
            if (failed_) return {};
            ast_[item].optional_entry = optional;
            items.push_back(item);
            if (token_.kind == close || !accept(TokenKind::comma)) break;
            if (!in_list && token_.kind == close) unexpected("an argument");
        }
        expect(close, wanted);
        return items;
    }

    NodeId primary() {
        if (failed_) return kFailed;
        const Token token = token_;
        switch (token.kind) {
            case TokenKind::integer:
            case TokenKind::uinteger:
            case TokenKind::real:
                return number_node(token, false);
            case TokenKind::string:
            case TokenKind::bytes:
                return literal_node(node_at(NodeKind::literal, token), text_literal(token, ast_.arena()));
            case TokenKind::key_true:
            case TokenKind::key_false:
                return literal_node(node_at(NodeKind::literal, token), {Value::boolean(token.text == "true"), {}});
            case TokenKind::key_null:
                return literal_node(node_at(NodeKind::literal, token), {Value::null(), {}});
            case TokenKind::left_paren:
                return parenthesis();
            case TokenKind::left_bracket: {
                advance();
                const auto items = sequence(TokenKind::right_bracket, "\",\" or \"]\"", true);
                return add(node_at(NodeKind::list, token), items);
            }
            case TokenKind::left_brace: {
                advance();
                const auto entries = map_entries();
                return add(node_at(NodeKind::map, token), entries);
            }
            case TokenKind::dot:
            case TokenKind::identifier:
                return name();
            default:
                unexpected("an expression");
                return kFailed;
        }
    }

    NodeId parenthesis() {
        advance();
        const NodeId inner = expression();
        expect(TokenKind::right_paren, "\")\"");
        return inner;
    }

    NodeId name() {
        const Token dot = token_;
        const bool rooted = accept(TokenKind::dot);
        const Token token = token_;
        expect(TokenKind::identifier, "a name");
        if (failed_) return kFailed;
        if (is_reserved(token.text)) {
            fail(token, "\"" + std::string(token.text) + "\" is a reserved word");
            return kFailed;
        }
        const std::string_view text = rooted ? ast_.arena().copy("." + std::string(token.text)) : token.text;
        if (token_.kind == TokenKind::left_paren) return call(token, std::nullopt, text);
        Node node = node_at(NodeKind::ident, rooted ? dot : token);
        node.length = token.offset + static_cast<std::uint32_t>(token.text.size()) - node.offset;
        node.name = text;
        return add(node, {});
    }

    std::vector<NodeId> map_entries() {
        std::vector<NodeId> entries;
        while (!failed_ && token_.kind != TokenKind::right_brace) {
            const bool optional = accept(TokenKind::question);
            const NodeId key = expression();
            expect(TokenKind::colon, "\":\" after the key");
            const NodeId value = expression();
            if (failed_) return {};
            ast_[key].optional_entry = optional;
            entries.push_back(key);
            entries.push_back(value);
            if (!accept(TokenKind::comma)) break;
        }
        expect(TokenKind::right_brace, "\",\" or \"}\"");
        return entries;
    }

    NodeId message(NodeId type) {
        const Token brace = token_;
        const std::string type_name = qualified_name(ast_, type);
        advance();
        std::vector<NodeId> entries;
        while (!failed_ && token_.kind != TokenKind::right_brace) {
            const bool optional = accept(TokenKind::question);
            const Token field = token_;
            Node key = node_at(NodeKind::literal, field);
            key.literal = Value::string(field.text);
            key.optional_entry = optional;
            if (accept(TokenKind::quoted_identifier)) {
                key.literal = Value::string(field.text.substr(1, field.text.size() - 2));
            } else {
                expect(TokenKind::identifier, "a field name");
            }
            expect(TokenKind::colon, "\":\" after the field");
            const NodeId value = expression();
            if (failed_) return kFailed;
            entries.push_back(add(key, {}));
            entries.push_back(value);
            if (!accept(TokenKind::comma)) break;
        }
        expect(TokenKind::right_brace, "\",\" or \"}\"");
        if (failed_) return kFailed;
        if (const auto call = well_known_message(type, type_name, entries)) return *call;
        Node node = node_at(NodeKind::message, brace);
        node.offset = ast_[type].offset;
        node.length = brace.offset - node.offset;
        node.name = ast_.arena().copy(type_name);
        return add(node, entries);
    }

    // google.protobuf.Int64Value{value: 1} as google.protobuf.Int64Value(1).
    std::optional<NodeId> well_known_message(NodeId type, const std::string& type_name,
                                             std::span<const NodeId> entries) {
        std::vector<std::string_view> fields;
        for (std::size_t i = 0; i < entries.size(); i += 2) {
            if (ast_[entries[i]].optional_entry) return std::nullopt;
            fields.push_back(ast_[entries[i]].literal.as_text());
        }
        const auto arguments = in_containers(options_.container, type_name, [&](std::string_view candidate) {
            return well_known_arguments(candidate, fields);
        });
        if (!arguments) return std::nullopt;
        Node node = ast_[type];
        node.receiver = node.kind == NodeKind::select;
        node.kind = NodeKind::call;
        std::vector<NodeId> children(ast_.children(type).begin(), ast_.children(type).end());
        for (const auto& argument : *arguments) {
            Node zero = ast_[type];
            zero.kind = NodeKind::literal;
            zero.name = {};
            zero.literal = Value::integer(0);
            children.push_back(argument ? entries[2 * *argument + 1] : add(zero, {}));
        }
        return add(node, children);
    }

    const ParseOptions& options_;
    const Limits& limits_;
    Ast ast_;
    Lexer lexer_;
    Token token_;
    std::vector<Problem> problems_;
    std::size_t depth_ = 0;
    bool failed_ = false;
};

}  // namespace

Parsed parse(std::string_view source, const ParseOptions& options, const Limits& limits) {
    if (source.size() > limits.source_bytes) {
        Parsed refused{Ast(""), {}};
        refused.problems.push_back({Phase::parse,
                                    "the expression has " + std::to_string(source.size()) + " bytes, more than " +
                                        std::to_string(limits.source_bytes),
                                    0,
                                    1,
                                    {}});
        return refused;
    }
    return Parser(source, options, limits).run();
}

}  // namespace weir::expr
