// Does what an expression makes fit a place of a document?
#include <algorithm>
#include <string>
#include <vector>
#include <weir/decimal.hpp>

#include "runtime/expr/checker.hpp"
#include "runtime/expr/program.hpp"
#include "runtime/expr/shape.hpp"

namespace weir::expr {

namespace {

constexpr int kDepthMax = 8;  // of members that are compared

// "a string or a number".
std::string names_of(std::uint8_t types) {
    struct Named {
        std::uint8_t bits;
        const char* name;
    };
    constexpr Named kNames[] = {{Shape::kNull, "null"},       {Shape::kBoolean, "a boolean"},
                                {Shape::kNumber, "a number"}, {Shape::kInteger, "an integer"},
                                {Shape::kString, "a string"}, {Shape::kList, "a list"},
                                {Shape::kObject, "an object"}};
    std::string text;
    for (const Named& named : kNames) {
        const bool of_number = named.bits == Shape::kInteger && (types & Shape::kNumber) != 0;
        if ((types & named.bits) != 0 && !of_number) text += (text.empty() ? "" : " or ") + std::string(named.name);
    }
    return text;
}

// What a value of the type is written as; a decimal as a number or as text.
std::uint8_t written_as(TypeKind kind) {
    switch (kind) {
        case TypeKind::null:
            return Shape::kNull;
        case TypeKind::boolean:
            return Shape::kBoolean;
        case TypeKind::integer:
        case TypeKind::uinteger:
            return Shape::kInteger | Shape::kNumber;
        case TypeKind::real:
            return Shape::kNumber;
        case TypeKind::decimal:
            return Shape::kNumber | Shape::kString;
        case TypeKind::list:
            return Shape::kList;
        case TypeKind::map:
            return Shape::kObject;
        case TypeKind::dyn:
        case TypeKind::variable:
        case TypeKind::optional:
            return Shape::kAny;
        default:
            return Shape::kString;
    }
}

std::optional<std::string> compare(const Shape& source, const Shape& target, int depth);

std::optional<std::string> units(const Shape& source, const Shape& target) {
    const auto differ = [](std::string_view a, std::string_view b) { return !a.empty() && !b.empty() && a != b; };
    if (differ(source.unit, target.unit)) {
        return "expected the unit \"" + std::string(target.unit) + "\", found \"" + std::string(source.unit) + "\"";
    }
    if (differ(source.currency, target.currency)) {
        return "expected the currency " + std::string(target.currency) + ", found " + std::string(source.currency);
    }
    return std::nullopt;
}

std::optional<std::string> members(const Shape& source, const Shape& target, int depth) {
    for (const Field& wanted : target.fields) {
        const Field* found = source.find(wanted.name);
        if (found == nullptr && wanted.required && source.closed) {
            return "the member \"" + std::string(wanted.name) + "\" is missing";
        }
        if (found == nullptr) continue;
        if (auto problem = compare(*found->shape, *wanted.shape, depth + 1)) {
            return std::string(wanted.name) + ": " + *problem;
        }
    }
    if (!target.closed) return std::nullopt;
    for (const Field& has : source.fields) {
        if (target.find(has.name) == nullptr && has.required) {
            return "there is no member \"" + std::string(has.name) + "\" there";
        }
    }
    return std::nullopt;
}

// Only when none fits: what a producer may say and the consumer does not take is for the validator.
bool share_no_text(const Shape& source, const Shape& target) {
    return !source.values.empty() && !target.values.empty() && std::ranges::none_of(source.values, [&](auto value) {
        return std::ranges::find(target.values, value) != target.values.end();
    });
}

std::optional<std::string> compare(const Shape& source, const Shape& target, int depth) {
    if (&source == &target || depth > kDepthMax) return std::nullopt;
    if ((source.types & target.types) == 0) {
        return "expected " + names_of(target.types) + ", found " + names_of(source.types);
    }
    if (auto problem = units(source, target)) return problem;
    if (share_no_text(source, target)) {
        return "expected " + listed(target.values) + ", found " + listed(source.values);
    }
    if (source.types == Shape::kObject && target.types == Shape::kObject) return members(source, target, depth);
    if (source.types == Shape::kList && source.items != nullptr && target.items != nullptr) {
        if (auto problem = compare(*source.items, *target.items, depth + 1)) return "elements: " + *problem;
    }
    return std::nullopt;
}

std::optional<std::string> compare(const Type& type, const Shape& target, int depth) {
    if (depth > kDepthMax) return std::nullopt;
    if (type.kind == TypeKind::optional) return compare(*type.first, target, depth + 1);
    const std::uint8_t written = written_as(type.kind);
    if ((written & target.types) == 0) {
        return "expected " + names_of(target.types) + ", found " + to_string(type);
    }
    // An integer of the language is written without a fraction; a whole number is asked for where no other is allowed.
    const bool real_number = type.kind == TypeKind::real || type.kind == TypeKind::decimal;
    const bool whole_only = (target.types & (Shape::kNumber | Shape::kString)) == 0;
    if (real_number && whole_only) return "expected " + names_of(target.types) + ", found " + to_string(type);
    if (type.shape != nullptr) {
        if (auto problem = units(*type.shape, target)) return problem;
        if (share_no_text(*type.shape, target)) {
            return "expected " + listed(target.values) + ", found " + listed(type.shape->values);
        }
        const bool document = type.kind == TypeKind::map || type.kind == TypeKind::list;
        if (document) return compare(*type.shape, target, depth + 1);
    }
    if (type.kind == TypeKind::list && target.items != nullptr) {
        if (auto problem = compare(*type.first, *target.items, depth + 1)) return "elements: " + *problem;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> misfit(const std::string& text, const Shape& target) {
    const bool is_there = std::ranges::find(target.values, text) != target.values.end();
    if (!target.values.empty() && !is_there) {
        const std::vector<std::string_view> values(target.values.begin(), target.values.end());
        return "expected " + listed(target.values) + ", found \"" + text + "\"" + suggestion(text, values);
    }
    if (target.decimal_text && !Decimal::parse(text).ok()) {
        return "expected a decimal such as \"12.50\", found \"" + text + "\"";
    }
    return std::nullopt;
}

std::optional<std::string> misfit(const Compiled& compiled, const Shape& target) {
    if (!compiled.type || compiled.type->type == nullptr) return std::nullopt;
    if (auto problem = compare(*compiled.type->type, target, 0)) return problem;
    for (const std::string& text : compiled.type->texts) {
        if (auto problem = misfit(text, target)) return problem;
    }
    return std::nullopt;
}

Shape written_shape(const Compiled& compiled, bool decimals_as_numbers) {
    Shape written;
    if (!compiled.type || compiled.type->type == nullptr) return written;
    const Type& type = *compiled.type->type;
    const bool optional = type.kind == TypeKind::optional;
    const Type& inner = optional ? *type.first : type;
    written.types = inner.kind == TypeKind::integer ? std::uint8_t{Shape::kInteger} : written_as(inner.kind);
    if (inner.kind == TypeKind::dyn && inner.shape != nullptr) written.types = inner.shape->types;
    if (inner.kind == TypeKind::decimal) {
        written.types = decimals_as_numbers ? Shape::kNumber | Shape::kInteger : Shape::kString;
        written.decimal_text = !decimals_as_numbers;
    } else if (inner.shape != nullptr) {
        written.decimal_text = inner.shape->decimal_text;
        written.values = inner.shape->values;
    }
    if (inner.shape != nullptr) {
        written.unit = inner.shape->unit;
        written.currency = inner.shape->currency;
    }
    return written;
}

}  // namespace weir::expr
