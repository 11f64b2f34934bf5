#include "runtime/steps/reading.hpp"

#include <algorithm>
#include <weir/error.hpp>

#include "runtime/base/json_pointer.hpp"
#include "runtime/base/text.hpp"

namespace weir::steps {

namespace {

using expr::Shape;

// The source's line and the caret below it.
std::string excerpt_of(std::string_view source, const expr::Problem& problem) {
    const std::string text = expr::format_problem(source, problem);
    const std::size_t newline = text.find('\n');
    return newline == std::string::npos ? std::string() : text.substr(newline + 1);
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
    const std::vector<std::string_view> views(candidates.begin(), candidates.end());
    const std::string_view nearest = nearest_name(name, views);
    return nearest.empty() ? std::string() : "did you mean \"" + std::string(nearest) + "\"?";
}

// What an expression that depends on nothing comes to.
class NoVariables final : public expr::Activation {
  public:
    [[nodiscard]] expr::Value variable(std::uint32_t, expr::Context&) const override { return {}; }
};

constexpr std::uint64_t kConstantCostMax = 100'000;

std::optional<bool> constant_of(const Expression& expression) {
    expr::Limits limits;
    limits.cost = kConstantCostMax;
    expr::Arena arena(limits.memory_bytes);
    expr::Context context(arena, limits);
    const expr::Value value = expression.program().evaluate(NoVariables(), context);
    if (!value.is(expr::Kind::boolean)) return std::nullopt;
    return value.as_bool();
}

// Why an expression that depends on nothing has no value; nullopt when it has one, or is too expensive to try.
std::optional<expr::Problem> constant_failure(const Expression& expression) {
    expr::Limits limits;
    limits.cost = kConstantCostMax;
    expr::Arena arena(limits.memory_bytes);
    expr::Context context(arena, limits);
    const expr::Value value = expression.program().evaluate(NoVariables(), context);
    if (!value.is_error() || value.as_error().kind == expr::ErrorKind::limit) return std::nullopt;
    return expression.program().problem(value.as_error());
}

}  // namespace

std::string child(const std::string& pointer, std::string_view key) { return pointer + '/' + pointer_token(key); }

std::string child(const std::string& pointer, std::size_t index) { return pointer + '/' + std::to_string(index); }

void throw_first(const std::vector<Problem>& problems) {
    const Problem& first = problems.front();
    std::string message = first.message;
    if (first.line > 0) {
        message.insert(0, std::to_string(first.line) + ":" + std::to_string(first.column) + ": ");
        message += "\n" + first.excerpt;
    }
    throw ConfigError(first.pointer, message);
}

Reading::Reading(const Surroundings* surroundings, std::shared_ptr<const expr::Schema> data)
    : surroundings_(surroundings), data_(std::move(data)), used_(1, true) {
    text_.types = Shape::kString;
    time_.types = Shape::kString;
    time_.timestamp = true;
    attributes_.types = Shape::kObject;
    attributes_.additional = &text_;
    declare_record();
}

// Closed: a member of the envelope that does not exist is found before the first record.
void Reading::declare_record() {
    const Shape* data = data_ == nullptr ? &any_ : &data_->root();
    fields_ = {{{"attributes", &attributes_, true},
                {"causation_id", &text_, false},
                {"correlation_id", &text_, false},
                {"data", data, true},
                {"id", &text_, true},
                {"ingest_time", &time_, true},
                {"key", &text_, false},
                {"schema", &text_, false},
                {"source", &text_, true},
                {"subject", &text_, false},
                {"time", &time_, false},
                {"type", &text_, false}}};
    record_.types = Shape::kObject;
    record_.closed = true;
    record_.fields = fields_;
    scope_.set_record(&record_);
    shapes_.assign(1, &record_);
}

void Reading::expect_data(std::shared_ptr<const expr::Schema> data) {
    if (data_ != nullptr) kept_.push_back(data_);
    data_ = std::move(data);
    declare_record();
}

std::vector<std::shared_ptr<const void>> Reading::kept() const {
    std::vector<std::shared_ptr<const void>> kept(kept_.begin(), kept_.end());
    kept.push_back(data_);
    return kept;
}

const Shape* Reading::data_shape() const noexcept { return data_ == nullptr ? nullptr : &data_->root(); }

void Reading::problem(std::string pointer, std::string code, std::string message, std::string hint) {
    Problem& told = checked_.problems.emplace_back();
    told.pointer = std::move(pointer);
    told.code = std::move(code);
    told.message = std::move(message);
    told.hint = std::move(hint);
}

std::optional<Expression> Reading::expression(const JsonValue& text, const std::string& pointer) {
    if (!text.is_string()) {
        problem(pointer, "wrong_type", "expected an expression, found " + std::string(text.raw().substr(0, 60)));
        return std::nullopt;
    }
    const std::string_view source = *text.string();
    Expression expression;
    expression.place = pointer.substr(std::min<std::size_t>(1, pointer.size()));
    expression.compiled = expr::compile(source, scope_.environment());
    const auto tell = [&](const expr::Problem& found, std::string message) {
        Problem& told = checked_.problems.emplace_back();
        told.pointer = pointer;
        told.code = "expression";
        told.message = std::move(message);
        told.line = found.at.line;
        told.column = found.at.column;
        told.excerpt = excerpt_of(source, found);
    };
    for (const expr::Problem& found : expression.compiled.problems) tell(found, found.message);
    // Also of what does not compile: a variable is not unused because its use is wrong.
    Read read = read_expression(source, scope_);
    note(read, pointer);
    if (expression.compiled.program == nullptr) return std::nullopt;
    expression.path = std::move(read.path);
    if (expression.path) expression.shape = shape_at(*expression.path);
    // What fails without looking at a record fails for every record: money(1, 'USD') plus money(1, 'EUR').
    if (checking() && !depends_) {
        if (const auto failure = constant_failure(expression)) tell(*failure, "always fails: " + failure->message);
    }
    return expression;
}

void Reading::note(const Read& read, const std::string& pointer) {
    for (const std::uint32_t slot : read.mentions.slots) used_[slot] = true;
    checked_.reads_cross_references = checked_.reads_cross_references || read.mentions.reads_cross_references;
    for (const std::string& table : read.mentions.tables) {
        checked_.tables.insert(table);
        if (!checking() || std::ranges::find(surroundings_->tables, table) != surroundings_->tables.end()) continue;
        problem(pointer, "unknown_table", "there is no table \"" + table + "\"",
                did_you_mean(table, surroundings_->tables));
    }
    reads_tables_ = reads_tables_ || read.mentions.reads_tables || read.mentions.reads_cross_references;
    depends_ = !read.mentions.slots.empty() || read.mentions.reads_tables || read.mentions.reads_cross_references;
}

std::optional<Expression> Reading::expression_of(std::initializer_list<std::string_view> types, const JsonValue& text,
                                                 const std::string& pointer) {
    auto read = expression(text, pointer);
    if (!read) return std::nullopt;
    std::string_view type = read->type();
    constexpr std::string_view kOptional = "optional(";
    while (type.starts_with(kOptional)) type = type.substr(kOptional.size(), type.size() - kOptional.size() - 1);
    if (type == "dyn" || type == "null_type" || std::ranges::find(types, type) != types.end()) return read;
    std::string expected;
    for (const std::string_view one : types) expected += (expected.empty() ? "" : " or ") + std::string(one);
    problem(pointer, "type_mismatch", "expected " + expected + ", found " + std::string(type));
    return std::nullopt;
}

std::optional<Condition> Reading::condition(const JsonValue& text, const std::string& pointer) {
    auto read = expression(text, pointer);
    if (!read) return std::nullopt;
    Condition condition{std::move(*read), std::nullopt};
    const std::string_view type = condition.expression.type();
    if (type != "bool" && type != "dyn") {
        problem(pointer, "type_mismatch", "expected a condition, which is true or false, found " + std::string(type));
        return std::nullopt;
    }
    if (!depends_) condition.constant = constant_of(condition.expression);
    if (condition.constant) {
        warn(pointer, "constant_condition",
             std::string("the condition is always ") + (*condition.constant ? "true" : "false"));
    }
    return condition;
}

std::vector<Let> Reading::lets(const JsonValue& members, const std::string& pointer) {
    std::vector<Let> lets;
    for (const auto& [name, text] : members.members()) {
        const std::string at = child(pointer, name);
        if (scope_.find(name)) {
            problem(at, "duplicate_name", "the name \"" + std::string(name) + "\" is taken already");
            continue;
        }
        auto read = expression(text, at);
        const Shape* shape = read ? read->shape : nullptr;
        // A wrong one is declared too: its uses are not wrong because of it.
        scope_.add(name, shape, read && shape == nullptr ? read->type() : "dyn");
        shapes_.push_back(shape);
        used_.push_back(!read);
        slots_ = std::max(slots_, scope_.size());
        lets.push_back({std::string(name), read ? std::move(*read) : Expression()});
    }
    return lets;
}

void Reading::end_lets(const std::vector<Let>& lets, const std::string& pointer) {
    for (std::size_t i = 0; i < lets.size(); ++i) {
        if (!used_[i + 1]) warn(child(pointer, lets[i].name), "unused", "\"" + lets[i].name + "\" is not used");
    }
}

std::uint32_t Reading::push_item(std::string_view name, const Expression* list) {
    const Shape* shape = list == nullptr ? nullptr : list->shape;
    shape = shape == nullptr ? nullptr : shape->items;
    const std::uint32_t slot = scope_.add(name, shape, "dyn");
    scope_.add("index", nullptr, "int");
    shapes_.push_back(shape);
    shapes_.push_back(nullptr);
    used_.resize(scope_.size(), true);
    slots_ = std::max(slots_, scope_.size());
    return slot;
}

void Reading::pop_item() {
    for (int i = 0; i < 2; ++i) {
        scope_.pop();
        shapes_.pop_back();
        used_.pop_back();
    }
}

const Shape* Reading::shape_at(const Path& path) const {
    const Shape* at = path.slot == Scope::kRecord ? data_shape() : shapes_[path.slot];
    for (const Path::Token& token : path.tokens) {
        if (at == nullptr) return nullptr;
        if (token.index >= 0) {
            at = at->items;
            continue;
        }
        const expr::Field* field = at->find(token.name);
        at = field == nullptr ? at->additional : field->shape;
    }
    return at;
}

std::shared_ptr<const expr::Schema> Reading::contract(std::string_view name, const std::string& pointer) {
    checked_.contracts.emplace(name);
    if (!checking()) return nullptr;
    const auto text = surroundings_->contract ? surroundings_->contract(name) : std::nullopt;
    if (!text) {
        problem(pointer, "unknown_contract", "there is no contract \"" + std::string(name) + "\"",
                did_you_mean(name, surroundings_->contracts));
        return nullptr;
    }
    auto schema = expr::read_schema(*text, surroundings_->contract);
    if (!schema.ok()) {
        problem(pointer, "bad_contract", "the contract \"" + std::string(name) + "\": " + schema.error().message);
        return nullptr;
    }
    kept_.push_back(*schema);
    return std::move(*schema);
}

}  // namespace weir::steps
