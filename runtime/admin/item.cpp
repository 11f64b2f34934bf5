#include "runtime/admin/item.hpp"

#include <charconv>
#include <utility>

namespace weir::admin {

namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string item_name(std::string_view route, std::string_view destination, journal::ItemId item) {
    std::string name(route);
    name += '/';
    name += destination.empty() ? kStepsDestination : destination;
    name += '/' + std::to_string(item.offset) + '.' + std::to_string(item.part);
    return name;
}

Result<ItemName> parse_item_name(std::string_view text) {
    const Error bad{Errc::invalid,
                    "not the name of a delivery: \"" + std::string(text.substr(0, 300)) +
                        "\", expected one like \"usage-to-ledger/erp/42.0\"",
                    "BAD_ITEM",
                    {}};
    const auto last = text.rfind('/');
    if (last == std::string_view::npos || last == 0) return bad;
    const auto middle = text.rfind('/', last - 1);
    if (middle == std::string_view::npos || middle == 0 || middle + 1 == last) return bad;
    ItemName name;
    name.route = text.substr(0, middle);
    name.destination = destination_named(text.substr(middle + 1, last - middle - 1));
    const std::string_view number = text.substr(last + 1);
    const auto dot = number.find('.');
    if (!read_number(number.substr(0, dot), name.item.offset)) return bad;
    if (dot != std::string_view::npos && !read_number(number.substr(dot + 1), name.item.part)) return bad;
    return name;
}

Result<journal::ListedDelivery> find_item(journal::Inspector& inspector, std::string_view name) {
    WEIR_TRY(const ItemName wanted, parse_item_name(name));
    journal::DeliveryFilter filter;
    filter.route = wanted.route;
    filter.destination = wanted.destination;
    filter.item = wanted.item;
    filter.limit = 1;
    WEIR_TRY(auto found, inspector.deliveries(filter));
    if (!found.empty()) return std::move(found.front());
    return Error{Errc::not_found,
                 "no delivery \"" + std::string(name) +
                     "\" is written down: it was plainly delivered, is still to do, "
                     "or never was",
                 "NO_SUCH_ITEM",
                 {}};
}

}  // namespace weir::admin
