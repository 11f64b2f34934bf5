// What expressions are checked against says what the contracts say.

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "runtime/canonical/registry.hpp"
#include "runtime/expr/shape.hpp"

namespace weir::canonical {
namespace {

using expr::Shape;

class Shapes : public ::testing::Test {
  protected:
    // The shape at a path of member names; "*" is the element of a list.
    const Shape* at(const char* reference, const std::vector<std::string_view>& path) {
        const Contract* contract = contracts_.find(reference);
        if (contract == nullptr) return nullptr;
        auto schema = expr::read_schema(contract->schema_text, contracts_.resolver());
        EXPECT_TRUE(schema.ok()) << reference << ": " << schema.error().message;
        if (!schema.ok()) return nullptr;
        schema_ = *schema;
        const Shape* shape = &schema_->root();
        for (const std::string_view name : path) {
            const expr::Field* field = name == "*" ? nullptr : shape->find(name);
            shape = name == "*" ? shape->items : field == nullptr ? nullptr : field->shape;
            EXPECT_NE(shape, nullptr) << reference << ": " << name;
            if (shape == nullptr) return nullptr;
        }
        return shape;
    }
    const Contracts contracts_ = Contracts::builtin();
    std::shared_ptr<const expr::Schema> schema_;
};

TEST_F(Shapes, every_contract_has_one) {
    for (const std::string& name : contracts_.names()) {
        const Shape* root = at(name.c_str(), {});
        ASSERT_NE(root, nullptr) << name;
        EXPECT_EQ(root->types, Shape::kObject) << name;
        EXPECT_TRUE(root->closed) << name;
        EXPECT_FALSE(root->fields.empty()) << name;
    }
}

TEST_F(Shapes, decimals_are_decimals_also_behind_references) {
    const std::pair<const char*, std::vector<std::string_view>> decimals[] = {
        {"canonical/usage_event@1", {"quantity"}},
        {"canonical/invoice@1", {"total", "amount"}},
        {"canonical/invoice@1", {"lines", "*", "amount", "amount"}},
        {"canonical/invoice@1", {"tax_summary", "*", "base", "amount"}},
        {"canonical/price@1", {"tiers", "*", "unit_amount"}},
        {"canonical/credit@1", {"tax", "amount"}}};
    for (const auto& [contract, path] : decimals) {
        const Shape* shape = at(contract, path);
        ASSERT_NE(shape, nullptr) << contract;
        EXPECT_TRUE(shape->decimal_text) << contract;
        EXPECT_EQ(shape->types, Shape::kString) << contract;
    }
    EXPECT_EQ(at("canonical/case@1", {"outage", "minutes"})->unit, "min");
    EXPECT_EQ(at("canonical/customer@1", {"payment_terms", "days"})->unit, "d");
}

TEST_F(Shapes, an_amount_of_a_journal_line_is_text_or_money) {
    const Shape* amount = at("canonical/journal_entry@1", {"lines", "*", "amount"});
    ASSERT_NE(amount, nullptr);
    EXPECT_EQ(amount->types, Shape::kString | Shape::kObject);
}

}  // namespace
}  // namespace weir::canonical
