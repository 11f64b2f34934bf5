#include "runtime/steps/template.hpp"

#include <algorithm>
#include <array>

#include "runtime/steps/elements.hpp"

namespace weir::steps {

namespace {

using expr::Kind;
using expr::Value;

std::string key_text(std::string_view name) {
    std::string text;
    sdk_1::append_json_string(text, name);
    return text + ':';
}

class TemplateReader {
  public:
    TemplateReader(bool omit_null, Reading& reading) : omit_null_(omit_null), reading_(reading) {}

    Template read(const JsonValue& tree, const std::string& pointer) {
        Template made;
        made.pointer = pointer;
        made.omit_null = omit_null_;
        switch (tree.type()) {
            case JsonType::string:
                made.kind = Template::Kind::expression;
                made.expression = reading_.expression(tree, pointer);
                break;
            case JsonType::array:
                made.kind = Template::Kind::list;
                for (const JsonValue item : tree.elements()) {
                    made.items.push_back(read(item, child(pointer, made.items.size())));
                }
                break;
            case JsonType::object:
                read_object(tree, made);
                break;
            default:
                made.json = tree.raw();
        }
        return made;
    }

  private:
    void read_object(const JsonValue& tree, Template& made) {
        const bool special = std::ranges::any_of(kSpecial, [&](const Form& form) { return tree[form.name].exists(); });
        if (!special) {
            made.kind = Template::Kind::object;
            for (const auto& [name, value] : tree.members()) {
                if (name.starts_with('$')) return unknown_key(name, child(made.pointer, name));
                made.members.push_back({std::string(name), key_text(name), read(value, child(made.pointer, name))});
            }
            return;
        }
        const auto form = std::ranges::find_if(kSpecial, [&](const Form& f) { return tree[f.name].exists(); });
        for (const auto& [name, value] : tree.members()) {
            if (name == form->name || std::ranges::find(form->with, name) != form->with.end()) continue;
            return unknown_key(name, child(made.pointer, name), form);
        }
        if (form->name == "$const") {
            made.json = tree["$const"].raw();
        } else if (form->name == "$value") {
            read_value(tree, made);
        } else {
            read_each(tree, made);
        }
    }

    void read_value(const JsonValue& tree, Template& made) {
        made.kind = Template::Kind::expression;
        made.expression = reading_.expression(tree["$value"], child(made.pointer, "$value"));
        if (const JsonValue otherwise = tree["$default"]; otherwise.exists()) {
            made.fallback = std::make_unique<Template>(read(otherwise, child(made.pointer, "$default")));
        }
        if (const JsonValue omit = tree["$omit_if_null"]; omit.exists()) {
            if (!omit.is_boolean()) {
                reading_.problem(child(made.pointer, "$omit_if_null"), "wrong_type", "expected true or false");
            }
            made.omit_null = omit.boolean().value_or(false);
        }
    }

    void read_each(const JsonValue& tree, Template& made) {
        made.kind = Template::Kind::each;
        made.expression = reading_.expression(tree["$each"], child(made.pointer, "$each"));
        if (made.expression) check_list(*made.expression, child(made.pointer, "$each"));
        std::string name = "item";
        if (const JsonValue as = tree["$as"]; as.exists()) {
            name = as.string().value_or("");
            if (!is_name(name)) {
                reading_.problem(child(made.pointer, "$as"), "wrong_value", "expected a name such as \"line\"");
                name = "item";
            }
        }
        made.slot = reading_.push_item(name, made.expression ? &*made.expression : nullptr);
        if (const JsonValue where = tree["$where"]; where.exists()) {
            if (auto condition = reading_.condition(where, child(made.pointer, "$where"))) {
                made.where = std::move(condition->expression);
            }
        }
        if (const JsonValue fields = tree["$fields"]; fields.exists()) {
            made.body = std::make_unique<Template>(read(fields, child(made.pointer, "$fields")));
        }
        reading_.pop_item();
    }

    void check_list(const Expression& list, const std::string& pointer) {
        if (may_be_list(list.type())) return;
        reading_.problem(pointer, "type_mismatch", "expected a list, found " + std::string(list.type()));
    }

    struct Form {
        std::string_view name;
        std::array<std::string_view, 3> with;
    };
    static constexpr std::array<Form, 3> kSpecial = {
        {{"$each", {"$as", "$where", "$fields"}}, {"$value", {"$default", "$omit_if_null", ""}}, {"$const", {}}}};

    void unknown_key(std::string_view name, const std::string& pointer, const Form* form = nullptr) {
        std::string hint =
            "a member whose name begins with \"$\" cannot be made; those with a meaning are $value, "
            "$each and $const";
        if (form != nullptr) {
            hint = "beside " + std::string(form->name) + " there may be:";
            for (const std::string_view known : form->with) hint += known.empty() ? "" : " " + std::string(known);
            if (form->with[0].empty()) hint = std::string(form->name) + " stands alone";
        }
        reading_.problem(pointer, "unknown_key", "unknown key \"" + std::string(name) + "\"", std::move(hint));
    }

    bool omit_null_;
    Reading& reading_;
};

}  // namespace

bool may_be_nothing(const Template& tree) {
    if (tree.fallback != nullptr) return may_be_nothing(*tree.fallback);
    if (tree.kind != Template::Kind::expression && tree.kind != Template::Kind::each) return false;
    return tree.expression && tree.expression->type().starts_with("optional");
}

Template read_template(const JsonValue& tree, const std::string& pointer, bool omit_null, Reading& reading) {
    return TemplateReader(omit_null, reading).read(tree, pointer);
}

// ---------------------------------------------------------------------------------------------------- writing

TemplateWriter::Wrote TemplateWriter::write(const Template& tree) {
    switch (tree.kind) {
        case Template::Kind::constant:
            out_ += tree.json;
            return Wrote::value;
        case Template::Kind::expression:
            return write_expression(tree);
        case Template::Kind::object:
            return write_object(tree);
        case Template::Kind::list:
            return write_list(tree);
        case Template::Kind::each:
            return write_each(tree);
    }
    return Wrote::nothing;
}

TemplateWriter::Wrote TemplateWriter::nothing(const Template& tree) {
    return tree.fallback == nullptr ? Wrote::nothing : write(*tree.fallback);
}

TemplateWriter::Wrote TemplateWriter::null(const Template& tree) {
    if (tree.omit_null || tree.fallback != nullptr) return nothing(tree);
    out_ += "null";
    return Wrote::value;
}

TemplateWriter::Wrote TemplateWriter::write_expression(const Template& tree) {
    JsonValue json;
    switch (frame_.follow(*tree.expression, json)) {
        case Frame::Found::nothing:
            return nothing(tree);
        case Frame::Found::json:
            if (json.is_null()) return null(tree);
            out_ += json.raw();
            return Wrote::value;
        case Frame::Found::unknown:
            break;
    }
    const Value value = frame_.evaluate(*tree.expression);
    if (value.is_error()) return fail(frame_.failed(*tree.expression, value));
    return write_value(tree, value);
}

TemplateWriter::Wrote TemplateWriter::write_value(const Template& tree, const Value& value) {
    if (value.is(Kind::null)) return null(tree);
    if (value.is(Kind::optional)) {
        return value.as_optional() == nullptr ? nothing(tree) : write_value(tree, *value.as_optional());
    }
    if (auto status = steps::write_value(value, decimals_, frame_.context(), out_); !status.ok()) {
        return fail(frame_.refuse(tree.expression->place, status.error().code, status.error().message));
    }
    return Wrote::value;
}

bool TemplateWriter::write_member(const Template::Member& member, bool& first) {
    const std::size_t mark = out_.size();
    if (!first) out_ += ',';
    out_ += member.key;
    const Wrote wrote = write(member.value);
    if (wrote == Wrote::value) first = false;
    if (wrote == Wrote::nothing) out_.resize(mark);
    return wrote != Wrote::failed;
}

TemplateWriter::Wrote TemplateWriter::write_object(const Template& tree) {
    out_ += '{';
    bool first = true;
    for (const Template::Member& member : tree.members) {
        if (!write_member(member, first)) return Wrote::failed;
    }
    out_ += '}';
    return Wrote::value;
}

TemplateWriter::Wrote TemplateWriter::write_list(const Template& tree) {
    out_ += '[';
    bool first = true;
    for (const Template& item : tree.items) {
        const std::size_t mark = out_.size();
        if (!first) out_ += ',';
        const Wrote wrote = write(item);
        if (wrote == Wrote::failed) return wrote;
        if (wrote == Wrote::nothing) out_.resize(mark);
        first = first && wrote == Wrote::nothing;
    }
    out_ += ']';
    return Wrote::value;
}

TemplateWriter::Wrote TemplateWriter::write_each(const Template& tree) {
    const std::size_t mark = out_.size();
    out_ += '[';
    bool first = true;
    auto visited = for_each_element(frame_, *tree.expression, tree.slot, [&](std::size_t) {
        return write_element(tree, first) ? ok() : Status(take_error());
    });
    if (!visited.ok()) return fail(std::move(visited).error());
    if (!*visited) {
        out_.resize(mark);
        return Wrote::nothing;
    }
    out_ += ']';
    return Wrote::value;
}

bool TemplateWriter::write_element(const Template& tree, bool& first) {
    if (tree.where) {
        const Value verdict = frame_.evaluate(*tree.where);
        if (verdict.is_false()) return true;
        if (!verdict.is_true()) {
            fail(verdict.is_error() ? frame_.failed(*tree.where, verdict)
                                    : frame_.unexpected(*tree.where, "true or false", verdict));
            return false;
        }
    }
    const std::size_t mark = out_.size();
    if (!first) out_ += ',';
    Wrote wrote = Wrote::value;
    if (tree.body != nullptr) {
        wrote = write(*tree.body);
    } else if (auto status = write_item(frame_, tree.slot, decimals_, out_); !status.ok()) {
        wrote = fail(frame_.refuse(tree.expression->place, status.error().code, status.error().message));
    }
    if (wrote == Wrote::nothing) out_.resize(mark);
    first = first && wrote == Wrote::nothing;
    return wrote != Wrote::failed;
}

}  // namespace weir::steps
