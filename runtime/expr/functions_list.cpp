// The lists and sets extensions.

#include <algorithm>
#include <array>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/operators.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value slice(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    const std::int64_t begin = a[1].as_int();
    const std::int64_t end = a[2].as_int();
    if (begin < 0 || begin > end || static_cast<std::uint64_t>(end) > items.size()) {
        return context.fail(ErrorKind::index_out_of_range, "no slice from " + std::to_string(begin) + " to " +
                                                               std::to_string(end) + " of a list of " +
                                                               std::to_string(items.size()));
    }
    return context.list(items.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

// False when it costs too much.
bool flatten_into(Context& context, const List& list, std::int64_t depth, std::vector<Value>& out) {
    for (const Value& item : list.items(context.arena())) {
        if (!context.charge(1) || !context.arena().fits(out.size() * sizeof(Value))) return false;
        if (item.is(Kind::list) && depth > 0) {
            if (!flatten_into(context, item.as_list(), depth - 1, out)) return false;
        } else {
            out.push_back(item);
        }
    }
    return true;
}
Value flatten(Context& context, Arguments a) {
    const std::int64_t depth = a.size() == 2 ? a[1].as_int() : 1;
    if (depth < 0)
        return context.fail(ErrorKind::invalid_argument,
                            "a list is not flattened " + std::to_string(depth) + " levels deep");
    std::vector<Value> out;
    if (!flatten_into(context, a[0].as_list(), std::min<std::int64_t>(depth, 1000), out)) return context.limit_error();
    return context.copied_list(out);
}

// nullopt when it costs too much.
std::optional<bool> has_element(Context& context, std::span<const Value> items, const Value& wanted) {
    for (const Value& item : items) {
        const auto same = equal(item, wanted, context);
        if (!same || *same) return same;
    }
    return false;
}

Value distinct(Context& context, Arguments a) {
    std::vector<Value> kept;
    for (const Value& item : a[0].as_list().items(context.arena())) {
        const auto known = has_element(context, kept, item);
        if (!known) return context.limit_error();
        if (!*known) kept.push_back(item);
    }
    return context.copied_list(kept);
}

Value reversed(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    if (!context.charge_bytes(items.size_bytes())) return context.limit_error();
    const auto copy = context.arena().array<Value>(items.size());
    std::ranges::reverse_copy(items, copy.begin());
    return context.list(copy);
}

// All of one orderable type, or numbers; then `less` never fails.
bool is_sortable(std::span<const Value> items) {
    return std::ranges::all_of(items, [&](const Value& item) {
        const bool orderable = item.is_number() || item.is(Kind::boolean) || item.is(Kind::string) ||
                               item.is(Kind::bytes) || item.is(Kind::timestamp) || item.is(Kind::duration);
        return orderable && (item.kind() == items[0].kind());
    });
}
bool less(const Value& a, const Value& b) {
    switch (a.kind()) {
        case Kind::boolean:
            return !a.as_bool() && b.as_bool();
        case Kind::string:
        case Kind::bytes:
            return a.as_text() < b.as_text();
        case Kind::timestamp:
            return a.as_timestamp() < b.as_timestamp();
        case Kind::duration:
            return a.as_duration() < b.as_duration();
        default:
            break;
    }
    // NaN behind all numbers: without a place of its own it would break the order.
    const auto order = compare_numbers(a, b);
    if (order) return *order < 0;
    return compare_numbers(a, a).has_value() && !compare_numbers(b, b).has_value();
}
Value sorted(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    if (!is_sortable(items)) return no_such_overload(context, "sort", a);
    std::uint64_t size = items.size();
    for (const Value& item : items)
        size += item.is(Kind::string) || item.is(Kind::bytes) ? item.as_text().size() / 16 : 0;
    if (!context.charge(8 * size) || !context.charge_bytes(items.size_bytes())) return context.limit_error();
    const auto copy = context.arena().array<Value>(items.size());
    std::ranges::copy(items, copy.begin());
    std::ranges::stable_sort(copy, less);
    return context.list(copy);
}

Value range(Context& context, Arguments a) {
    const std::int64_t count = std::max<std::int64_t>(a[0].as_int(), 0);
    if (static_cast<std::uint64_t>(count) > SIZE_MAX / (2 * sizeof(Value)) ||
        !context.charge(static_cast<std::uint64_t>(count)) ||
        !context.charge_bytes(static_cast<std::size_t>(count) * sizeof(Value))) {
        (void)context.charge_bytes(SIZE_MAX);
        return context.limit_error();
    }
    const auto items = context.arena().array<Value>(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = Value::integer(static_cast<std::int64_t>(i));
    return context.list(items);
}

Value first(Context& context, Arguments a) {
    const List& list = a[0].as_list();
    return list.size() == 0 ? Value::optional(nullptr) : context.optional(list.at(0, context.arena()));
}
Value last(Context& context, Arguments a) {
    const List& list = a[0].as_list();
    return list.size() == 0 ? Value::optional(nullptr) : context.optional(list.at(list.size() - 1, context.arena()));
}

Value sum(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    Value total = Value::integer(0);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].is_error()) return items[i];
        if (!items[i].is_number()) return no_such_overload(context, "sum", std::array{items[i]});
        if (!context.charge(1)) return context.limit_error();
        total = i == 0 ? items[i] : apply_binary(context, Operator::add, total, items[i]);
        if (total.is_error()) return total;
    }
    return total;
}

// Is every element of `inner` in `outer`?
std::optional<bool> includes(Context& context, const Value& outer, const Value& inner) {
    const auto items = outer.as_list().items(context.arena());
    for (const Value& wanted : inner.as_list().items(context.arena())) {
        const auto found = has_element(context, items, wanted);
        if (!found || !*found) return found;
    }
    return true;
}
Value set_contains(Context& context, Arguments a) {
    const auto all = includes(context, a[0], a[1]);
    return all ? Value::boolean(*all) : context.limit_error();
}
Value set_equivalent(Context& context, Arguments a) {
    const auto one = includes(context, a[0], a[1]);
    const auto other = includes(context, a[1], a[0]);
    return one && other ? Value::boolean(*one && *other) : context.limit_error();
}
Value set_intersects(Context& context, Arguments a) {
    const auto items = a[0].as_list().items(context.arena());
    for (const Value& wanted : a[1].as_list().items(context.arena())) {
        const auto found = has_element(context, items, wanted);
        if (!found) return context.limit_error();
        if (*found) return Value::boolean(true);
    }
    return Value::boolean(false);
}

constexpr std::string_view kSection = "Lists and sets";

}  // namespace

std::vector<Declaration> list_declarations() {
    return {
        {kSection,
         "slice",
         "The elements from one position up to another, which is not included.",
         {{"list(T).slice(int, int) -> list(T)", slice}},
         {{"[1, 2, 3, 4].slice(1, 3)", "[2, 3]"}, {"[1].slice(0, 2)", "error"}}},
        {kSection,
         "flatten",
         "Lists inside the list replaced by their elements, one level deep or so many.",
         {{"list(list(T)).flatten() -> list(T)", flatten},
          {"list(dyn).flatten() -> list(dyn)", flatten},
          {"list(dyn).flatten(int) -> list(dyn)", flatten}},
         {{"[[1], [2, 3]].flatten()", "[1, 2, 3]"}, {"[1, [2, [3]]].flatten(2)", "[1, 2, 3]"}}},
        {kSection,
         "distinct",
         "Every element once, where it stands first.",
         {{"list(T).distinct() -> list(T)", distinct}},
         {{"[1, 2, 1].distinct()", "[1, 2]"}}},
        {kSection,
         "reverse",
         "The elements backwards.",
         {{"list(T).reverse() -> list(T)", reversed}},
         {{"[1, 2].reverse()", "[2, 1]"}}},
        {kSection,
         "sort",
         "In ascending order. The elements must be of one type.",
         {{"list(T).sort() -> list(T)", sorted}},
         {{"[3, 1, 2].sort()", "[1, 2, 3]"}, {"[1, 'a'].sort()", "error"}}},
        {kSection,
         "lists.range",
         "The whole numbers from 0 to below the argument.",
         {{"lists.range(int) -> list(int)", range}},
         {{"lists.range(3)", "[0, 1, 2]"}}},
        {kSection,
         "first",
         "The first element; empty when there is none.",
         {{"list(T).first() -> optional(T)", first}},
         {{"[7, 8].first().value()", "7"}}},
        {kSection,
         "last",
         "The last element; empty when there is none.",
         {{"list(T).last() -> optional(T)", last}},
         {{"[7, 8].last().value()", "8"}}},
        {kSection,
         "sum",
         "The sum of numbers; 0 of none.",
         {{"list(T).sum() -> dyn", sum}},
         {{"[1, 2, 3].sum()", "6"}, {"[0.1, 0.2].sum()", "0.3"}, {"[].sum()", "0"}},
         Availability::weir_only},
        {kSection,
         "sets.contains",
         "Is every element of the second list in the first?",
         {{"sets.contains(list(T), list(T)) -> bool", set_contains}},
         {{"sets.contains([1, 2, 3], [3, 1])", "true"}}},
        {kSection,
         "sets.equivalent",
         "Have both lists the same elements, however often and in whatever order?",
         {{"sets.equivalent(list(T), list(T)) -> bool", set_equivalent}},
         {{"sets.equivalent([1, 2, 2], [2, 1])", "true"}}},
        {kSection,
         "sets.intersects",
         "Have both lists an element in common?",
         {{"sets.intersects(list(T), list(T)) -> bool", set_intersects}},
         {{"sets.intersects([1, 2], [2, 3])", "true"}}},
    };
}

}  // namespace weir::expr
