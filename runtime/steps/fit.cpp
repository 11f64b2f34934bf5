#include "runtime/steps/fit.hpp"

#include <algorithm>
#include <vector>

#include "runtime/base/text.hpp"

namespace weir::steps {

namespace {

using expr::Field;
using expr::Shape;

std::string types_of(std::uint8_t types) {
    static constexpr std::pair<std::uint8_t, std::string_view> kNames[] = {
        {Shape::kString, "a string"}, {Shape::kObject, "an object"},   {Shape::kList, "a list"},
        {Shape::kNumber, "a number"}, {Shape::kInteger, "an integer"}, {Shape::kBoolean, "a boolean"},
        {Shape::kNull, "null"}};
    if ((types & Shape::kNumber) != 0) types &= static_cast<std::uint8_t>(~Shape::kInteger);
    std::string text;
    for (const auto& [bit, name] : kNames) {
        if ((types & bit) != 0) text += (text.empty() ? "" : " or ") + std::string(name);
    }
    return text;
}

bool allows(const Shape& target, std::uint8_t types) {
    std::uint8_t allowed = target.types;
    if ((allowed & Shape::kNumber) != 0) allowed |= Shape::kInteger;
    return (allowed & types) != 0;
}

class Fit {
  public:
    Fit(Decimals decimals, Reading& reading) : decimals_(decimals), reading_(reading) {}

    void check(const Template& tree, const Shape& target) {
        switch (tree.kind) {
            case Template::Kind::constant:
                return check_constant(tree, target);
            case Template::Kind::expression:
                if (tree.fallback != nullptr) check(*tree.fallback, target);
                return check_expression(tree, target);
            case Template::Kind::object:
                return check_object(tree, {}, target);
            case Template::Kind::list:
                if (!check_type(tree.pointer, Shape::kList, target) || target.items == nullptr) return;
                for (const Template& item : tree.items) check(item, *target.items);
                return;
            case Template::Kind::each:
                if (tree.body == nullptr) return check_expression(tree, target);
                if (!check_type(tree.pointer, Shape::kList, target) || target.items == nullptr) return;
                return check(*tree.body, *target.items);
        }
    }

    void check_object(const Template& tree, const Passed& passed, const Shape& target) {
        if (!check_type(tree.pointer, Shape::kObject, target)) return;
        for (const Template::Member& member : tree.members) {
            const Field* field = target.find(member.name);
            const Shape* place = field == nullptr ? target.additional : field->shape;
            if (field == nullptr && !known_member(member.name, member.value.pointer, target)) continue;
            if (field != nullptr && field->required && may_be_nothing(member.value)) {
                reading_.problem(member.value.pointer, "missing_field",
                                 "\"" + member.name + "\" is required" + of(target) + " and may be left out here",
                                 "give it a $default");
            }
            if (place != nullptr) check(member.value, *place);
        }
        check_passed(tree, passed, target);
        check_required(tree, passed, target);
    }

  private:
    static std::string of(const Shape& target) {
        return target.name.empty() ? std::string() : " by " + std::string(target.name);
    }

    bool check_type(const std::string& pointer, std::uint8_t types, const Shape& target) {
        if (allows(target, types)) return true;
        reading_.problem(pointer, "type_mismatch", "expected " + types_of(target.types) + ", found " + types_of(types));
        return false;
    }

    bool known_member(const std::string& name, const std::string& pointer, const Shape& target) {
        if (!target.closed || target.additional != nullptr) return true;
        std::vector<std::string_view> names;
        for (const Field& field : target.fields) names.push_back(field.name);
        const std::string_view near = nearest_name(name, names);
        reading_.problem(
            pointer, "unknown_field",
            (target.name.empty() ? "the target" : std::string(target.name)) + " has no member \"" + name + "\"",
            near.empty() ? std::string() : "did you mean \"" + std::string(near) + "\"?");
        return false;
    }

    void check_constant(const Template& tree, const Shape& target) {
        JsonParser parser;
        const auto json = parser.parse(tree.json);
        if (json.ok()) check_json(tree.pointer, *json, target);
    }
    void check_json(const std::string& pointer, const JsonValue& json, const Shape& target) {
        if (!check_type(pointer, type_of(json), target)) return;
        if (const auto text = json.string()) {
            if (const auto why = expr::misfit(std::string(*text), target)) {
                reading_.problem(pointer, "type_mismatch", *why);
            }
        }
        if (json.is_object()) check_members(pointer, json, target);
        if (target.items == nullptr) return;
        for (const JsonValue item : json.elements()) check_json(pointer, item, *target.items);
    }

    void check_members(const std::string& pointer, const JsonValue& json, const Shape& target) {
        for (const auto& [key, value] : json.members()) {
            const Field* field = target.find(key);
            const Shape* place = field == nullptr ? target.additional : field->shape;
            if (place != nullptr) check_json(pointer, value, *place);
            if (field == nullptr) (void)known_member(std::string(key), pointer, target);
        }
        for (const Field& field : target.fields) {
            if (!field.required || json[field.name].exists()) continue;
            reading_.problem(pointer, "missing_field",
                             "\"" + std::string(field.name) + "\" is required" + of(target) + " and not there");
        }
    }

    void check_expression(const Template& tree, const Shape& target) {
        if (!tree.expression) return;
        if (const auto why = expr::misfit(tree.expression->compiled, target)) {
            return reading_.problem(tree.pointer, "type_mismatch", *why);
        }
        // What is taken over as it stands keeps its form; what is computed is written as the step says.
        if (tree.expression->path || tree.expression->type() != "decimal") return;
        const bool as_numbers = decimals_ == Decimals::number;
        if (allows(target, expr::written_shape(tree.expression->compiled, as_numbers).types)) return;
        reading_.problem(tree.pointer, "type_mismatch",
                         std::string("expected ") + types_of(target.types) + ", and decimals are written as " +
                             (as_numbers ? "numbers" : "texts"),
                         as_numbers ? "leave out \"decimals: number\"" : "write \"decimals: number\"");
    }

    // Members that come over from the input as they are.
    void check_passed(const Template& tree, const Passed& passed, const Shape& target) {
        if (!passed.any || passed.data == nullptr) return;
        for (const Field& field : passed.data->fields) {
            if (std::ranges::binary_search(passed.except, field.name)) continue;
            const Field* wanted = target.find(field.name);
            const Shape* place = wanted == nullptr ? target.additional : wanted->shape;
            if (place == nullptr && target.closed) {
                reading_.problem(
                    tree.pointer, "unknown_field",
                    "the member \"" + std::string(field.name) + "\" is taken over, and there is none" + of(target),
                    "add it to drop");
            } else if (place != nullptr && field.shape != nullptr) {
                check_shapes(tree.pointer + "/" + std::string(field.name), *field.shape, *place);
            }
        }
    }
    void check_shapes(const std::string& pointer, const Shape& given, const Shape& target) {
        std::string why;
        if (!allows(target, given.types)) {
            why = "expected " + types_of(target.types) + ", found " + types_of(given.types);
        } else if (!given.unit.empty() && !target.unit.empty() && given.unit != target.unit) {
            why = "expected " + std::string(target.unit) + ", found " + std::string(given.unit);
        } else if (!given.currency.empty() && !target.currency.empty() && given.currency != target.currency) {
            why = "expected an amount in " + std::string(target.currency) + ", found one in " +
                  std::string(given.currency);
        }
        if (!why.empty()) reading_.problem(pointer, "type_mismatch", why);
    }

    void check_required(const Template& tree, const Passed& passed, const Shape& target) {
        for (const Field& field : target.fields) {
            if (!field.required) continue;
            const auto has = [&](const Template::Member& member) { return member.name == field.name; };
            if (std::ranges::any_of(tree.members, has)) continue;
            const bool dropped = std::ranges::binary_search(passed.except, field.name);
            if (passed.any && !dropped) {
                const Field* given = passed.data == nullptr ? nullptr : passed.data->find(field.name);
                const bool closed = passed.data != nullptr && passed.data->closed;
                if ((given != nullptr && given->required) || (given == nullptr && !closed)) continue;
            }
            reading_.problem(tree.pointer, "missing_field",
                             "\"" + std::string(field.name) + "\" is required" + of(target) + " and not made here");
        }
    }

    Decimals decimals_;
    Reading& reading_;
};

}  // namespace

std::uint8_t type_of(const JsonValue& json) {
    switch (json.type()) {
        case JsonType::null:
            return Shape::kNull;
        case JsonType::boolean:
            return Shape::kBoolean;
        case JsonType::number:
            return json.integer() ? Shape::kInteger : Shape::kNumber;
        case JsonType::string:
            return Shape::kString;
        case JsonType::array:
            return Shape::kList;
        default:
            return Shape::kObject;
    }
}

void check_fit(const Template& fields, const Passed& passed, Decimals decimals, const Shape& target, Reading& reading) {
    Fit fit(decimals, reading);
    if (fields.kind == Template::Kind::object) return fit.check_object(fields, passed, target);
    fit.check(fields, target);
}

}  // namespace weir::steps
