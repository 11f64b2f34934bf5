#include "runtime/steps/made.hpp"

#include <algorithm>
#include <deque>
#include <vector>

namespace weir::steps {

namespace {

using expr::Field;
using expr::Shape;

// Keeps the names it made up, and what the shapes of others live in.
class MadeSchema final : public expr::Schema {
  public:
    [[nodiscard]] const Shape& root() const noexcept override { return *root_; }

  private:
    friend class Maker;
    std::deque<Shape> shapes_;
    std::deque<std::vector<Field>> fields_;
    std::deque<std::string> names_;
    std::vector<std::shared_ptr<const void>> kept_;
    const Shape* root_ = nullptr;
};

// What may stand at a place that one of two things is written to: nothing but the types is certain.
Shape either(const Shape& a, const Shape& b) {
    Shape both;
    both.types = a.types | b.types;
    return both;
}

class Maker {
  public:
    Maker(Decimals decimals, const Reading& reading) : decimals_(decimals) { made_->kept_ = reading.kept(); }

    [[nodiscard]] std::shared_ptr<const expr::Schema> run(const Template& fields, const Passed& passed) {
        Shape root = shape_of(fields);
        if (passed.any) add_passed(fields, passed, root);
        if (root.types == Shape::kAny) return nullptr;
        made_->root_ = keep(root);
        return std::move(made_);
    }

  private:
    const Shape* keep(const Shape& shape) { return &made_->shapes_.emplace_back(shape); }

    Shape shape_of(const Template& tree) {
        switch (tree.kind) {
            case Template::Kind::constant:
                return of_constant(tree);
            case Template::Kind::expression:
                return of_expression(tree);
            case Template::Kind::object:
                return of_object(tree);
            case Template::Kind::each:
                return of_each(tree);
            case Template::Kind::list:
                break;
        }
        Shape list;
        list.types = Shape::kList;
        for (const Template& item : tree.items) {
            const Shape shape = shape_of(item);
            list.items = keep(list.items == nullptr ? shape : either(*list.items, shape));
        }
        return list;
    }

    static Shape of_constant(const Template& tree) {
        JsonParser parser;
        const auto json = parser.parse(tree.json);
        Shape shape;
        if (json.ok()) shape.types = type_of(*json);
        return shape;
    }

    Shape of_expression(const Template& tree) {
        if (!tree.expression) return {};
        Shape shape = of_value(*tree.expression);
        if (tree.fallback == nullptr) return shape;
        shape.types &= static_cast<std::uint8_t>(~unsigned{Shape::kNull});
        return either(shape, shape_of(*tree.fallback));
    }

    // What is only copied is what it was; of what is computed, the type.
    Shape of_value(const Expression& expression) {
        if (expression.path) {
            return expression.shape == nullptr ? Shape() : *expression.shape;
        }
        return expr::written_shape(expression.compiled, decimals_ == Decimals::number);
    }

    Shape of_object(const Template& tree) {
        Shape object;
        object.types = Shape::kObject;
        object.closed = true;
        auto& fields = made_->fields_.emplace_back();
        for (const Template::Member& member : tree.members) {
            const Shape* shape = keep(shape_of(member.value));
            const bool may_be_null = (shape->types & Shape::kNull) != 0;
            const bool omitted = may_be_nothing(member.value) || (member.value.omit_null && may_be_null);
            fields.push_back({made_->names_.emplace_back(member.name), shape, !omitted});
        }
        std::ranges::sort(fields, {}, &Field::name);
        object.fields = fields;
        return object;
    }

    Shape of_each(const Template& tree) {
        Shape list;
        list.types = Shape::kList;
        if (tree.body != nullptr) {
            list.items = keep(shape_of(*tree.body));
        } else if (tree.expression && tree.expression->shape != nullptr) {
            list.items = tree.expression->shape->items;
        }
        return list;
    }

    // Beside what the template makes, members of the input that it does not name.
    void add_passed(const Template& tree, const Passed& passed, Shape& root) {
        root.closed = passed.data != nullptr && passed.data->closed;
        root.additional = passed.data == nullptr ? nullptr : passed.data->additional;
        if (passed.data == nullptr || tree.kind != Template::Kind::object) return;
        auto& fields = made_->fields_.emplace_back(root.fields.begin(), root.fields.end());
        for (const Field& field : passed.data->fields) {
            if (!std::ranges::binary_search(passed.except, field.name)) fields.push_back(field);
        }
        std::ranges::sort(fields, {}, &Field::name);
        root.fields = fields;
    }

    Decimals decimals_;
    std::shared_ptr<MadeSchema> made_ = std::make_shared<MadeSchema>();
};

}  // namespace

std::shared_ptr<const expr::Schema> made_schema(const Template& fields, const Passed& passed, Decimals decimals,
                                                const Reading& reading) {
    return Maker(decimals, reading).run(fields, passed);
}

}  // namespace weir::steps
