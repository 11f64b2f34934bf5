#include "runtime/flow/stages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace weir::flow {
namespace {

// A transform given as a function over (input, builder, outcomes).
class Lambda final : public plugin::TransformHandle {
  public:
    using Body = std::function<plugin::TransformResult(const BatchPtr&)>;
    explicit Lambda(Body body) : body_(std::move(body)) {}
    Status start(const plugin::CallContext&) override { return ok(); }
    plugin::TransformResult transform(const plugin::CallContext&, const BatchPtr& in) override { return body_(in); }
    void stop() override {}
    std::uint32_t traits() const noexcept override { return WEIR_TRAIT_PURE; }

  private:
    Body body_;
};

journal::Group group_of(std::initializer_list<const char*> ids) {
    BatchBuilder builder;
    for (const char* id : ids) {
        weir_record record{};
        record.id = builder.copy(str(id));
        record.source = builder.copy(str("s"));
        builder.add(record);
    }
    journal::Group group;
    group.first = 100;
    group.count = static_cast<std::uint32_t>(ids.size());
    group.records.batch = builder.seal();
    return group;
}

// One outcome kind per input; OK ones pass `copies` times.
Lambda::Body passing(std::vector<std::uint32_t> kinds, int copies = 1) {
    return [=](const BatchPtr& in) {
        plugin::TransformResult result;
        BatchBuilder builder;
        builder.keep(in);
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            plugin::Outcome outcome;
            outcome.kind = i < kinds.size() ? kinds[i] : std::uint32_t{WEIR_OUT_OK};
            outcome.code = "CODE";
            for (int copy = 0; outcome.kind == WEIR_OUT_OK && copy < copies; ++copy) {
                weir_record record = (*in)[i];
                record.origin = i;
                builder.add(record);
            }
            result.outcomes.push_back(outcome);
        }
        result.output = builder.seal();
        return result;
    };
}

std::vector<Step> steps_of(std::vector<Lambda::Body> bodies) {
    std::vector<Step> steps;
    for (auto& body : bodies) {
        Step step;
        step.label = "step " + std::to_string(steps.size() + 1);
        step.transform = std::make_unique<Lambda>(std::move(body));
        steps.push_back(std::move(step));
    }
    return steps;
}

std::vector<std::uint32_t> roots(const Stepped& stepped) {
    std::vector<std::uint32_t> result;
    for (std::size_t i = 0; i < stepped.output->size(); ++i) result.push_back(stepped.root_of(i));
    return result;
}

TEST(RunSteps, without_steps_shares_the_input) {
    const auto group = group_of({"a", "b"});
    const auto stepped = run_steps({}, group, {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(&*stepped->output, &*group.records.batch);
    EXPECT_EQ(stepped->end(), 102u);
}

TEST(RunSteps, leads_every_output_back_to_the_record_it_came_from) {
    auto steps = steps_of({passing({WEIR_OUT_OK, WEIR_OUT_FILTERED}), passing({}, 2)});
    const auto stepped = run_steps(steps, group_of({"a", "b", "c"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(roots(*stepped), (std::vector<std::uint32_t>{0, 0, 2, 2}));
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].index, 1u);
    EXPECT_EQ(stepped->verdicts[0].step, "step 1");
}

TEST(RunSteps, a_record_with_one_rejected_part_becomes_no_delivery_at_all) {
    auto steps = steps_of({passing({}, 2), passing({WEIR_OUT_OK, WEIR_OUT_REJECTED})});
    const auto stepped = run_steps(steps, group_of({"a", "b"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(roots(*stepped), (std::vector<std::uint32_t>{1, 1}));
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].kind, static_cast<std::uint32_t>(WEIR_OUT_REJECTED));
}

TEST(RunSteps, a_record_with_one_filtered_part_is_not_filtered) {
    auto steps = steps_of({passing({}, 2), passing({WEIR_OUT_FILTERED})});
    const auto stepped = run_steps(steps, group_of({"a"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(stepped->output->size(), 1u);
    EXPECT_TRUE(stepped->verdicts.empty());
}

TEST(RunSteps, a_technical_failure_fails_the_run_until_the_last_try) {
    const auto asks_again = passing({WEIR_OUT_OK, WEIR_OUT_RETRY});
    auto steps = steps_of({asks_again});
    const auto group = group_of({"a", "b"});
    const auto first = run_steps(steps, group, {}, false);
    ASSERT_FALSE(first.ok());
    EXPECT_EQ(first.error().errc, Errc::unavailable);
    const auto last = run_steps(steps, group, {}, true);
    ASSERT_TRUE(last.ok());
    EXPECT_EQ(roots(*last), (std::vector<std::uint32_t>{0}));
    ASSERT_EQ(last->verdicts.size(), 1u);
    EXPECT_EQ(last->verdicts[0].error_class, static_cast<std::uint32_t>(WEIR_CLASS_TECHNICAL));
}

TEST(RunSteps, a_record_that_breaks_the_transform_does_not_take_its_neighbours_along) {
    auto breaks_on_b = [](const BatchPtr& in) {
        for (const weir_record& record : in->records()) {
            if (view(record.id) == "b") {
                plugin::TransformResult result;
                result.call.end = plugin::CallEnd::broken;
                result.call.error = {Errc::unknown, "crashed", "crash", {}};
                return result;
            }
        }
        return passing({})(in);
    };
    auto steps = steps_of({breaks_on_b});
    const auto stepped = run_steps(steps, group_of({"a", "b", "c"}), {}, true);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(roots(*stepped), (std::vector<std::uint32_t>{0, 2}));
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].code, "STEP_FAILED");
}

TEST(RunSteps, a_damaged_group_accounts_for_every_record) {
    journal::Group group;
    group.first = 7;
    group.count = 3;
    group.damaged = true;
    const auto stepped = run_steps({}, group, {}, false);
    ASSERT_TRUE(stepped.ok());
    const auto rows = rows_of(*stepped, 1, 0);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[2].item.offset, 9u);
    EXPECT_EQ(rows[2].state, journal::DeliveryState::dead);
}

TEST(KeySelector, takes_the_named_attribute) {
    weir_record record{};
    record.subject = str("customer");
    record.id = str("id");
    EXPECT_EQ(view(KeySelector::parse("")->key(record)), "customer");
    EXPECT_EQ(view(KeySelector::parse("record.id")->key(record)), "id");
    record.key = str("key");
    EXPECT_EQ(view(KeySelector::parse("")->key(record)), "key");
    EXPECT_FALSE(KeySelector::parse("record.colour").ok());
}

// ---------------------------------------------------------------------------------------------- branches

// Sends each record to the branch of the same place in `names`; "" to none.
Lambda::Body sending(std::vector<std::string> names) {
    return [names = std::move(names)](const BatchPtr& in) {
        plugin::TransformResult result;
        BatchBuilder builder;
        builder.keep(in);
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            weir_record record = (*in)[i];
            record.origin = i;
            auto* attribute = reinterpret_cast<weir_attr*>(builder.allocate(sizeof(weir_attr)));
            *attribute = {str(kBranchAttribute), builder.copy(str(names[i]))};
            record.attrs = attribute;
            record.attr_count = names[i].empty() ? 0 : 1;
            builder.add(record);
            result.outcomes.push_back({});
            result.outcomes.back().kind = WEIR_OUT_OK;
        }
        result.output = builder.seal();
        return result;
    };
}

std::string ids(const Stepped& stepped) {
    std::string text;
    for (const weir_record& record : stepped.output->records()) text += std::string(view(record.id)) + " ";
    return text;
}

TEST(Branches, a_step_of_a_branch_gets_its_records_only_and_the_order_stays) {
    auto steps = steps_of({sending({"x", "", "x/late", "xy", "x"}), passing({}, 2)});
    steps[1].branch = "x";
    const auto stepped = run_steps(steps, group_of({"a", "b", "c", "d", "e"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(ids(*stepped), "a a b c c d e e ");
    EXPECT_EQ(roots(*stepped), (std::vector<std::uint32_t>{0, 0, 1, 2, 2, 3, 4, 4}));
}

TEST(Branches, a_verdict_of_a_branch_is_about_the_right_record) {
    auto steps = steps_of({sending({"x", "y", "x"}), passing({WEIR_OUT_OK, WEIR_OUT_REJECTED})});
    steps[1].branch = "x";
    const auto stepped = run_steps(steps, group_of({"a", "b", "c"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(ids(*stepped), "a b ");
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].index, 2u);
}

TEST(Branches, a_step_of_a_branch_without_records_is_not_called) {
    auto steps = steps_of({sending({"x"}), [](const BatchPtr&) -> plugin::TransformResult {
                               ADD_FAILURE() << "called";
                               return {};
                           }});
    steps[1].branch = "y";
    EXPECT_TRUE(run_steps(steps, group_of({"a"}), {}, false).ok());
}

TEST(Branches, one_record_that_breaks_a_branch_takes_no_other_along) {
    const Lambda::Body breaks = [](const BatchPtr& in) {
        plugin::TransformResult result;
        const bool bad = std::ranges::any_of(in->records(), [](const auto& r) { return view(r.id) == "c"; });
        if (!bad) return passing({})(in);
        result.call = {plugin::CallEnd::broken, Error{Errc::unavailable, "no", "no", {}}};
        return result;
    };
    auto steps = steps_of({sending({"x", "y", "x"}), breaks});
    steps[1].branch = "x";
    const auto stepped = run_steps(steps, group_of({"a", "b", "c"}), {}, true);
    ASSERT_TRUE(stepped.ok());
    EXPECT_EQ(ids(*stepped), "a b ");
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].index, 2u);
    EXPECT_EQ(stepped->verdicts[0].code, "STEP_FAILED");
}

TEST(Branches, a_destination_of_one_leaves_the_others_out_and_keeps_the_numbers_of_parts) {
    auto steps = steps_of({passing({}, 3), sending({"x", "y", "y", "x", "x", "x"})});
    auto stepped = run_steps(steps, group_of({"a", "b"}), {}, false);
    ASSERT_TRUE(stepped.ok());
    keep_branch(*stepped, "y");
    EXPECT_EQ(ids(*stepped), "a a ");
    EXPECT_EQ(stepped->part, (std::vector<std::uint32_t>{1, 2}));
    ASSERT_EQ(stepped->verdicts.size(), 1u);
    EXPECT_EQ(stepped->verdicts[0].index, 1u);
    EXPECT_EQ(stepped->verdicts[0].kind, static_cast<std::uint32_t>(WEIR_OUT_FILTERED));
    EXPECT_EQ(stepped->verdicts[0].code, "OTHER_BRANCH");
}

}  // namespace
}  // namespace weir::flow
