#include "runtime/steps/frame.hpp"

#include <algorithm>

namespace weir::steps {

namespace {

using expr::Kind;
using expr::Value;

expr::Timestamp timestamp_of(std::int64_t unix_ns) noexcept {
    std::int64_t seconds = unix_ns / 1'000'000'000;
    std::int64_t rest = unix_ns % 1'000'000'000;
    if (rest < 0) {
        rest += 1'000'000'000;
        --seconds;
    }
    return {seconds, static_cast<std::uint32_t>(rest)};
}

// What is not there stays unset.
Value text_or_unset(std::string_view text) noexcept { return text.data() == nullptr ? Value() : Value::string(text); }

}  // namespace

Workspace& Workspace::of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
}

class Frame::Attributes final : public expr::Map {
  public:
    explicit Attributes(const Record& record) : record_(record) {}
    [[nodiscard]] std::size_t size() const override { return record_.attr_count(); }
    [[nodiscard]] std::optional<Value> find(const Value& key, expr::Arena&) const override {
        if (!key.is(Kind::string)) return std::nullopt;
        const std::string_view value = record_.attr(key.as_text());
        if (value.data() == nullptr) return std::nullopt;
        return Value::string(value);
    }
    [[nodiscard]] std::span<const expr::Entry> entries(expr::Arena& arena) const override {
        const auto made = arena.array<expr::Entry>(size());
        for (std::uint32_t i = 0; i < made.size(); ++i) {
            const auto [name, value] = record_.attr(i);
            made[i] = {Value::string(name), Value::string(value)};
        }
        return made;
    }

  private:
    const Record& record_;
};

// A member that is absent is not there: has(record.subject) is false, record.?subject is empty, record.subject fails.
class Frame::RecordMap final : public expr::Map {
  public:
    explicit RecordMap(const Frame& frame) : frame_(frame) {}
    [[nodiscard]] std::size_t size() const override { return entries(frame_.workspace_.arena).size(); }
    [[nodiscard]] std::optional<Value> find(const Value& key, expr::Arena&) const override {
        if (!key.is(Kind::string)) return std::nullopt;
        const Value value = frame_.member(key.as_text());
        if (value.is(Kind::unset)) return std::nullopt;
        return value;
    }
    [[nodiscard]] std::span<const expr::Entry> entries(expr::Arena& arena) const override {
        static constexpr std::string_view kMembers[] = {
            "id",   "source",      "type",           "subject",      "key",        "schema",
            "time", "ingest_time", "correlation_id", "causation_id", "attributes", "data"};
        const auto made = arena.array<expr::Entry>(std::size(kMembers));
        std::size_t count = 0;
        for (const std::string_view name : kMembers) {
            const Value value = frame_.member(name);
            if (!value.is(Kind::unset)) made[count++] = {Value::string(name), value};
        }
        return made.first(count);
    }

  private:
    const Frame& frame_;
};

Frame::Frame(const Program& program, const Record& record, Workspace& workspace, const weir_svc_lookup* lookup)
    : program_(program),
      record_(record),
      workspace_(workspace),
      context_((workspace.arena.reset(), workspace.arena), workspace.limits,
               lookup == nullptr ? nullptr : &workspace.tables) {
    workspace.tables.begin(lookup);
    workspace.out.clear();
    workspace.attributes.clear();
    workspace.texts.clear();
    slots_ = workspace.arena.array<Slot>(program.slots);
    record_value_ = Value::map(workspace.arena.make<RecordMap>(*this));
}

Status Frame::read() {
    (void)data_value();
    return read_status_;
}

Value Frame::data_value() const {
    if (!read_) {
        read_ = true;
        if (auto status = workspace_.document.parse(record_.payload()); !status.ok()) {
            const std::string& why = status.error().code;
            const std::string_view code = why == "json_duplicate_key" ? "DUPLICATE_KEY"
                                          : why == "json_too_deep"    ? "TOO_DEEP"
                                                                      : "NOT_JSON";
            read_status_ = refuse("data", code, "not JSON " + status.error().message);
        }
    }
    if (!read_status_.ok()) return context_.fail(expr::ErrorKind::invalid_argument, read_status_.error().message);
    return workspace_.document.value(workspace_.document.root(), workspace_.arena);
}

Value Frame::member(std::string_view name) const {
    if (name == "data") return has_data() ? data_value() : Value();
    if (name == "type") return text_or_unset(record_.type());
    if (name == "id") return text_or_unset(record_.id());
    if (name == "source") return text_or_unset(record_.source());
    if (name == "subject") return text_or_unset(record_.subject());
    if (name == "key") return text_or_unset(record_.key());
    if (name == "schema") return text_or_unset(record_.schema());
    if (name == "time") {
        const auto time = record_.time_unix_ns();
        return time ? Value::timestamp(timestamp_of(*time)) : Value();
    }
    if (name == "ingest_time") return Value::timestamp(timestamp_of(record_.ingest_unix_ns()));
    if (name == "correlation_id") return text_or_unset(record_.correlation_id());
    if (name == "causation_id") return text_or_unset(record_.causation_id());
    if (name == "attributes") return Value::map(workspace_.arena.make<Attributes>(record_));
    return {};
}

Value Frame::variable(std::uint32_t index, expr::Context&) const {
    if (index == Scope::kRecord) return record_value_;
    fill(index);
    return slots_[index].value;
}

Value Frame::member(std::uint32_t index, std::span<const std::string_view> names, expr::Context&) const {
    if (index == Scope::kRecord) {
        if (names.front() != "data") return {};
        names = names.subspan(1);
    }
    JsonValue at = json_at(index);
    for (const std::string_view name : names) {
        if (at.size() > JsonDocument::kLargeParts) return {};  // its map has an index
        at = at[name];
    }
    return at.exists() ? workspace_.document.value(at, workspace_.arena) : Value();
}

// An error of a `let` is told with its own place, then with the place where it was asked for.
void Frame::fill(std::uint32_t index) const {
    Slot& slot = slots_[index];
    if (!slot.value.is(Kind::unset)) return;
    if (slot.json.exists()) {
        slot.value = workspace_.document.value(slot.json, workspace_.arena);
        return;
    }
    if (index > program_.lets.size()) return;
    const Expression& expression = program_.lets[index - 1].expression;
    if (follow(expression, slot.json) == Found::json) {
        slot.value = workspace_.document.value(slot.json, workspace_.arena);
        return;
    }
    slot.value = expression.program().evaluate(*this, context_);
    if (!slot.value.is_error()) return;
    const expr::EvalError& error = slot.value.as_error();
    const expr::Problem problem = expression.program().problem(error);
    slot.value = context_.fail(error.kind, expression.place + ": " + std::to_string(problem.at.line) + ":" +
                                               std::to_string(problem.at.column) + ": " + problem.message);
}

Value Frame::evaluate(const Expression& expression) const { return expression.program().evaluate(*this, context_); }

JsonValue Frame::json_at(std::uint32_t index) const {
    if (index == Scope::kRecord) {
        if (!has_data()) return {};
        if (!read_) (void)data_value();
        return workspace_.document.root();
    }
    if (!slots_[index].json.exists()) {
        fill(index);
        // Of a map or list that came out of an expression the text may still be there.
        if (!slots_[index].json.exists()) slots_[index].json = json_of(slots_[index].value);
    }
    return slots_[index].json;
}

Frame::Found Frame::follow(const Expression& expression, JsonValue& json) const {
    if (!expression.path) return Found::unknown;
    const Path& path = *expression.path;
    JsonValue at = json_at(path.slot);
    if (!at.exists()) return Found::unknown;
    bool optional = false;
    for (const Path::Token& token : path.tokens) {
        optional = optional || token.optional;
        const bool fits = token.index >= 0 ? at.is_array() : at.is_object();
        if (!fits) return Found::unknown;
        at = token.index >= 0 ? at.at(static_cast<std::size_t>(token.index)) : at[std::string_view(token.name)];
        if (!at.exists()) return optional ? Found::nothing : Found::unknown;
    }
    json = at;
    return Found::json;
}

void Frame::set(std::uint32_t slot, const Value& value) { slots_[slot] = {value, json_of(value)}; }

void Frame::set(std::uint32_t slot, const JsonValue& json) { slots_[slot] = {Value(), json}; }

Error Frame::refuse(std::string_view place, std::string_view code, std::string message) const {
    std::string text = program_.prefix;
    text.append(place).append(": ").append(message);
    return {Errc::invalid, std::move(text), std::string(code), {}};
}

Status Frame::settled() const {
    if (!read_status_.ok()) return read_status_;
    if (!workspace_.tables.unavailable()) return ok();
    return Error{Errc::unavailable, "the cross-references cannot be read now", "LOOKUP_UNAVAILABLE", {}};
}

Error Frame::failed(const Expression& expression, const Value& error) const {
    if (auto status = settled(); !status.ok()) return std::move(status).error();
    const expr::EvalError& found = error.as_error();
    const expr::Problem problem = expression.program().problem(found);
    std::string_view code = "EXPRESSION_FAILED";
    if (found.kind == expr::ErrorKind::limit) code = "TOO_EXPENSIVE";
    if (found.kind == expr::ErrorKind::overflow || found.kind == expr::ErrorKind::out_of_range) {
        code = "NUMBER_OUT_OF_RANGE";
    }
    return refuse(expression.place, code,
                  std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " + problem.message);
}

Error Frame::unexpected(const Expression& expression, std::string_view expected, const Value& found) const {
    std::string message = "expected " + std::string(expected) + ", found ";
    message += found.is(Kind::null) ? "null" : std::string(type_name(found.kind()));
    if (found.is(Kind::string) || found.is_number()) message += " " + expr::shown(found);
    return refuse(expression.place, "WRONG_TYPE", std::move(message));
}

}  // namespace weir::steps
