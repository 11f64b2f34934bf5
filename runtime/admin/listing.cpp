#include "runtime/admin/listing.hpp"

#include <charconv>
#include <iterator>
#include <utility>

#include "runtime/admin/item.hpp"

namespace weir::admin {

namespace {

Error bad_cursor(std::string_view cursor) {
    return {Errc::invalid,
            "cursor: expected what `next` of another answer said, found \"" + std::string(cursor) + "\"",
            "BAD_CURSOR",
            {}};
}

Result<std::uint64_t> parse_number(std::string_view text, std::string_view whole) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    // SQLite's integers have a sign.
    if (failed != std::errc{} || end != text.data() + text.size() || number > INT64_MAX) return bad_cursor(whole);
    return number;
}

template <class Value>
void set(std::optional<Value>& to, const Json& parameters, const char* name) {
    if (const auto at = parameters.find(name); at != parameters.end()) to = at->get<Value>();
}

}  // namespace

journal::DeliveryFilter selection(const Json& parameters) {
    journal::DeliveryFilter filter;
    set(filter.route, parameters, "route");
    set(filter.destination, parameters, "destination");
    if (filter.destination) filter.destination = destination_named(*filter.destination);
    set(filter.code, parameters, "code");
    set(filter.key, parameters, "key");
    set(filter.text, parameters, "text");
    set(filter.external_ref, parameters, "external_ref");
    set(filter.assignee, parameters, "assignee");
    set(filter.since_wall_ns, parameters, "since");
    set(filter.until_wall_ns, parameters, "until");
    return filter;
}

std::vector<journal::DeliveryState> states_named(std::string_view name) {
    if (name == "held") return {journal::DeliveryState::held};
    if (name == "all") return {journal::DeliveryState::dead, journal::DeliveryState::held};
    return {journal::DeliveryState::dead};
}

// The cursor says in which state the next page begins, and after which row.
Result<Page> read_page(journal::Inspector& inspector, const journal::DeliveryFilter& filter,
                       const std::vector<journal::DeliveryState>& states, std::size_t limit, std::string_view cursor) {
    std::size_t at = 0;
    journal::DeliveryFilter asked = filter;
    if (!cursor.empty()) {
        const auto colon = cursor.find(':');
        if (colon == std::string_view::npos) return bad_cursor(cursor);
        WEIR_TRY(const std::uint64_t state, parse_number(cursor.substr(0, colon), cursor));
        WEIR_TRY(asked.after, parse_number(cursor.substr(colon + 1), cursor));
        if (state >= states.size()) return bad_cursor(cursor);
        at = state;
    }
    Page page;
    for (; at < states.size(); ++at, asked.after = 0) {
        asked.state = states[at];
        asked.limit = limit - page.deliveries.size();
        WEIR_TRY(auto some, inspector.deliveries(asked));
        const bool full = some.size() >= asked.limit;
        std::ranges::move(some, std::back_inserter(page.deliveries));
        if (!full) continue;
        // Whether more match is not looked up: the next page may be empty.
        page.next = std::to_string(at) + ":" + std::to_string(page.deliveries.back().number);
        return page;
    }
    return page;
}

Result<std::uint64_t> number_cursor(const Json& parameters) {
    const auto at = parameters.find("cursor");
    if (at == parameters.end()) return 0;
    const auto& text = at->get_ref<const std::string&>();
    if (!text.starts_with('n')) return bad_cursor(text);
    return parse_number(std::string_view(text).substr(1), text);
}

std::string cursor_of(std::uint64_t number) { return "n" + std::to_string(number); }

}  // namespace weir::admin
