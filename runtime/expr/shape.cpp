#include "runtime/expr/shape.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "runtime/expr/arena.hpp"
#include "runtime/expr/json.hpp"
#include "runtime/expr/limits.hpp"

namespace weir::expr {

const Field* Shape::find(std::string_view wanted) const noexcept {
    const auto at = std::ranges::lower_bound(fields, wanted, {}, &Field::name);
    return at != fields.end() && at->name == wanted ? &*at : nullptr;
}

std::string listed(std::span<const std::string_view> values) {
    constexpr std::size_t kShownMax = 8;
    const std::size_t shown = std::min(values.size(), kShownMax);
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += i + 1 == values.size() ? " or " : ", ";
        text += '"' + std::string(values[i]) + '"';
    }
    return shown < values.size() ? text + ", ..." : text;
}

namespace {

constexpr std::size_t kDocumentsMax = 64;  // that references lead to
constexpr std::size_t kShapesMax = 100'000;

class OwnedSchema final : public Schema {
  public:
    [[nodiscard]] const Shape& root() const noexcept override { return *root_; }

  private:
    friend class SchemaReader;
    Arena arena_;  // documents and texts
    std::deque<Shape> shapes_;
    std::deque<std::vector<Field>> fields_;
    std::deque<std::vector<std::string_view>> values_;
    const Shape* root_ = nullptr;
};

std::uint8_t type_bit(std::string_view name) {
    if (name == "null") return Shape::kNull;
    if (name == "boolean") return Shape::kBoolean;
    if (name == "integer") return Shape::kInteger;
    if (name == "number") return Shape::kNumber | Shape::kInteger;
    if (name == "string") return Shape::kString;
    if (name == "array") return Shape::kList;
    if (name == "object") return Shape::kObject;
    return 0;
}

// The type a constant has: of "const" and "enum".
std::uint8_t type_of_value(const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            return Shape::kNull;
        case Kind::boolean:
            return Shape::kBoolean;
        case Kind::integer:
            return Shape::kInteger;
        case Kind::decimal:
            return Shape::kNumber;
        case Kind::string:
            return Shape::kString;
        case Kind::list:
            return Shape::kList;
        case Kind::map:
            return Shape::kObject;
        default:
            return Shape::kAny;
    }
}

// What several schemas that all hold say together, while it is put together.
struct Draft {
    std::uint8_t types = Shape::kAny;
    const Shape* items = nullptr;
    std::map<std::string_view, Field> fields;
    const Shape* additional = nullptr;
    bool closed = false;
    bool decimal_text = false;
    std::string_view unit;
    std::string_view currency;
    std::optional<std::vector<std::string_view>> values;  // the only strings
};

class SchemaReader {
  public:
    SchemaReader(OwnedSchema& schema, const SchemaResolver& resolver) : schema_(schema), resolver_(resolver) {}

    [[nodiscard]] Status read(std::string_view text) {
        WEIR_TRY(const Value* root, document(text));
        WEIR_TRY(const Shape* shape, shape_of(*root, *root));
        const_cast<Shape*>(shape)->name = text_member(*root, "title");  // ours, made just now
        schema_.root_ = shape;
        return ok();
    }

  private:
    static Error wrong(std::string message) { return {Errc::invalid, std::move(message), "bad_schema", {}}; }

    [[nodiscard]] Result<const Value*> document(std::string_view text) {
        if (++documents_ > kDocumentsMax) return wrong("the schema refers to more than 64 others");
        WEIR_TRY(const Value value, read_json(schema_.arena_.copy(text), JsonNumbers::exact, schema_.arena_, limits_));
        return const_cast<const Value*>(schema_.arena_.make<Value>(value));
    }

    [[nodiscard]] std::optional<Value> member(const Value& schema, std::string_view key) {
        if (!schema.is(Kind::map)) return std::nullopt;
        return schema.as_map().find(Value::string(key), schema_.arena_);
    }
    [[nodiscard]] std::string_view text_member(const Value& schema, std::string_view key) {
        const auto found = member(schema, key);
        return found && found->is(Kind::string) ? found->as_text() : std::string_view();
    }
    [[nodiscard]] bool flag_member(const Value& schema, std::string_view key) {
        const auto found = member(schema, key);
        return found && found->is_true();
    }

    // One shape per schema of a document: what refers to itself has an end.
    [[nodiscard]] Result<const Shape*> shape_of(const Value& schema, const Value& root) {
        const void* key = schema.is(Kind::map) ? static_cast<const void*>(&schema.as_map()) : nullptr;
        if (key != nullptr) {
            if (const auto known = known_.find(key); known != known_.end()) return known->second;
        }
        if (schema_.shapes_.size() >= kShapesMax) return wrong("the schema is too large");
        Shape* shape = &schema_.shapes_.emplace_back();
        if (key != nullptr) known_.emplace(key, shape);
        Draft draft;
        std::vector<const void*> open;
        WEIR_CHECK_OK(add(schema, root, draft, open));
        finish(draft, *shape);
        return const_cast<const Shape*>(shape);
    }

    void finish(Draft& draft, Shape& shape) {
        shape.types = draft.types;
        shape.items = draft.items;
        shape.additional = draft.additional;
        shape.closed = draft.closed && draft.additional == nullptr;
        shape.decimal_text = draft.decimal_text;
        shape.unit = draft.unit;
        shape.currency = draft.currency;
        if (draft.values) shape.values = schema_.values_.emplace_back(std::move(*draft.values));
        auto& fields = schema_.fields_.emplace_back();
        for (const auto& [name, field] : draft.fields) fields.push_back(field);
        shape.fields = fields;
    }

    // Adds what `schema` demands to what the draft demands already. `open`: references that are being followed.
    [[nodiscard]] Status add(const Value& schema, const Value& root, Draft& draft, std::vector<const void*>& open) {
        if (!schema.is(Kind::map)) return ok();  // true; false is left to the validator
        const void* key = &schema.as_map();
        if (std::ranges::find(open, key) != open.end()) return ok();
        open.push_back(key);
        const Status status = add_keywords(schema, root, draft, open);
        open.pop_back();
        return status;
    }

    [[nodiscard]] Status add_keywords(const Value& schema, const Value& root, Draft& draft,
                                      std::vector<const void*>& open) {
        if (const auto reference = member(schema, "$ref")) WEIR_CHECK_OK(follow(*reference, root, draft, open));
        add_types(schema, draft);
        add_values(schema, draft);
        if (const auto unit = text_member(schema, "x-weir-unit"); !unit.empty()) draft.unit = unit;
        if (const auto currency = text_member(schema, "x-weir-currency"); !currency.empty()) draft.currency = currency;
        draft.decimal_text = draft.decimal_text || flag_member(schema, "x-weir-decimal");
        WEIR_CHECK_OK(add_members(schema, root, draft));
        if (const auto items = member(schema, "items");
            items && items->is(Kind::map) && !member(schema, "prefixItems")) {
            WEIR_TRY(draft.items, shape_of(*items, root));
        }
        if (const auto all = member(schema, "allOf"); all && all->is(Kind::list)) {
            for (const Value& part : all->as_list().items(schema_.arena_)) WEIR_CHECK_OK(add(part, root, draft, open));
        }
        for (const std::string_view choice : {"anyOf", "oneOf"}) {
            const auto branches = member(schema, choice);
            if (branches && branches->is(Kind::list)) WEIR_CHECK_OK(add_choice(branches->as_list(), root, draft, open));
        }
        return ok();
    }

    void add_types(const Value& schema, Draft& draft) {
        std::uint8_t types = Shape::kAny;
        if (const auto type = member(schema, "type")) {
            types = 0;
            if (type->is(Kind::string)) types = type_bit(type->as_text());
            if (type->is(Kind::list)) {
                for (const Value& one : type->as_list().items(schema_.arena_)) {
                    if (one.is(Kind::string)) types |= type_bit(one.as_text());
                }
            }
            if (types == 0) types = Shape::kAny;
        } else if (const auto constant = member(schema, "const")) {
            types = type_of_value(*constant);
        } else if (const auto choices = member(schema, "enum"); choices && choices->is(Kind::list)) {
            types = 0;
            for (const Value& one : choices->as_list().items(schema_.arena_)) types |= type_of_value(one);
        }
        draft.types &= types;
        if (draft.types == 0) draft.types = Shape::kAny;  // nothing fits: for the validator to say
    }

    // Of "const" and "enum", what is text; several that all hold leave what is in each.
    void add_values(const Value& schema, Draft& draft) {
        std::vector<std::string_view> values;
        if (const auto constant = member(schema, "const")) {
            if (constant->is(Kind::string)) values.push_back(constant->as_text());
        } else if (const auto choices = member(schema, "enum"); choices && choices->is(Kind::list)) {
            for (const Value& one : choices->as_list().items(schema_.arena_)) {
                if (one.is(Kind::string)) values.push_back(one.as_text());
            }
        }
        if (values.empty()) return;
        if (!draft.values) {
            draft.values = std::move(values);
            return;
        }
        std::erase_if(*draft.values, [&](auto value) { return std::ranges::find(values, value) == values.end(); });
    }

    [[nodiscard]] Status add_members(const Value& schema, const Value& root, Draft& draft) {
        if (const auto properties = member(schema, "properties"); properties && properties->is(Kind::map)) {
            for (const Entry& entry : properties->as_map().entries(schema_.arena_)) {
                WEIR_TRY(const Shape* shape, shape_of(entry.value, root));
                draft.fields[entry.key.as_text()].name = entry.key.as_text();
                draft.fields[entry.key.as_text()].shape = shape;
                // The currency of a money object is that of its amount.
                const std::string_view constant = text_member(entry.value, "const");
                if (entry.key.as_text() == "currency" && !constant.empty()) draft.currency = constant;
            }
        }
        if (const auto required = member(schema, "required"); required && required->is(Kind::list)) {
            for (const Value& name : required->as_list().items(schema_.arena_)) {
                if (!name.is(Kind::string)) continue;
                Field& field = draft.fields[name.as_text()];
                field.name = name.as_text();
                field.required = true;
                if (field.shape == nullptr) field.shape = &any_;
            }
        }
        const auto additional = member(schema, "additionalProperties");
        const auto unevaluated = member(schema, "unevaluatedProperties");
        const bool patterns = member(schema, "patternProperties").has_value();
        const bool shut = (additional && additional->is_false()) || (unevaluated && unevaluated->is_false());
        if (shut && !patterns) draft.closed = true;
        if (additional && additional->is(Kind::map) && !patterns) {
            WEIR_TRY(draft.additional, shape_of(*additional, root));
        }
        return ok();
    }

    // One of several: what all of them allow or more. Members are those of any.
    [[nodiscard]] Status add_choice(const List& branches, const Value& root, Draft& draft,
                                    std::vector<const void*>& open) {
        std::uint8_t types = 0;
        std::vector<Draft> drafts;
        for (const Value& branch : branches.items(schema_.arena_)) {
            Draft& one = drafts.emplace_back();
            WEIR_CHECK_OK(add(branch, root, one, open));
            types |= one.types;
        }
        if (types != 0 && (draft.types & types) != 0) draft.types &= types;
        // A branch that says nothing of a member allows it to be anything, unless it allows no others.
        const auto leaves_open = [&drafts](std::string_view name) {
            return std::ranges::any_of(drafts,
                                       [name](const Draft& one) { return !one.closed && !one.fields.contains(name); });
        };
        for (Draft& one : drafts) {
            for (auto& [name, field] : one.fields) {
                const auto [at, fresh] = draft.fields.emplace(name, field);
                if (fresh) at->second.required = drafts.size() == 1 && field.required;
                const bool differs = !fresh && at->second.shape != field.shape && drafts.size() > 1;
                if (differs || (fresh && leaves_open(name))) at->second.shape = &any_;
            }
        }
        for (const Draft& one : drafts) {
            if (draft.items == nullptr && drafts.size() == 1) draft.items = one.items;
            draft.decimal_text = draft.decimal_text || (drafts.size() == 1 && one.decimal_text);
        }
        // A branch that is closed by itself closes nothing for the others.
        return ok();
    }

    [[nodiscard]] Status follow(const Value& reference, const Value& root, Draft& draft,
                                std::vector<const void*>& open) {
        if (!reference.is(Kind::string)) return wrong("a $ref that is no text");
        const std::string_view text = reference.as_text();
        if (text == "#") return add(root, root, draft, open);
        if (text.starts_with("#/")) {
            const auto target = inside(root, text.substr(1));
            if (!target) return wrong("\"$ref\": \"" + std::string(text) + "\" leads nowhere");
            return add(*target, root, draft, open);
        }
        if (text.starts_with("#")) return ok();  // an anchor: nothing is known
        if (const auto known = others_.find(text); known != others_.end()) {
            return add(*known->second, *known->second, draft, open);
        }
        const auto other = resolver_ ? resolver_(text) : std::nullopt;
        if (!other) return wrong("\"$ref\": there is no contract \"" + std::string(text) + "\"");
        WEIR_TRY(const Value* document_root, document(*other));
        others_.emplace(std::string(text), document_root);
        return add(*document_root, *document_root, draft, open);
    }

    // RFC 6901.
    [[nodiscard]] std::optional<Value> inside(const Value& root, std::string_view pointer) {
        std::optional<Value> at = root;
        while (at && !pointer.empty()) {
            pointer.remove_prefix(1);
            const std::string_view token = pointer.substr(0, pointer.find('/'));
            pointer.remove_prefix(token.size());
            std::string key;
            for (std::size_t i = 0; i < token.size(); ++i) {
                const bool escape = token[i] == '~' && i + 1 < token.size();
                key += escape ? (token[++i] == '1' ? '/' : '~') : token[i];
            }
            at = member(*at, schema_.arena_.copy(key));
        }
        return at;
    }

    OwnedSchema& schema_;
    const SchemaResolver& resolver_;
    Limits limits_;
    std::size_t documents_ = 0;
    std::map<const void*, const Shape*> known_;
    std::map<std::string, const Value*, std::less<>> others_;
    static const Shape any_;
};

const Shape SchemaReader::any_;

}  // namespace

namespace {

class ExtendedSchema final : public Schema {
  public:
    ExtendedSchema(std::shared_ptr<const Schema> schema, std::string_view name)
        : schema_(std::move(schema)), name_(name), root_(schema_->root()) {
        for (const Field& field : root_.fields) {
            if (field.name != name_) fields_.push_back(field);
        }
        fields_.push_back({name_, &any_, true});
        std::ranges::sort(fields_, {}, &Field::name);
        root_.fields = fields_;
    }
    [[nodiscard]] const Shape& root() const noexcept override { return root_; }

  private:
    std::shared_ptr<const Schema> schema_;
    std::string name_;
    std::vector<Field> fields_;
    Shape any_;
    Shape root_;
};

}  // namespace

std::shared_ptr<const Schema> with_member(std::shared_ptr<const Schema> schema, std::string_view name) {
    return std::make_shared<ExtendedSchema>(std::move(schema), name);
}

Result<std::shared_ptr<const Schema>> read_schema(std::string_view json_schema, const SchemaResolver& resolver) {
    auto schema = std::make_shared<OwnedSchema>();
    WEIR_CHECK_OK(SchemaReader(*schema, resolver).read(json_schema));
    return std::shared_ptr<const Schema>(std::move(schema));
}

}  // namespace weir::expr
