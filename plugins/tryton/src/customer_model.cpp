#include "models.hpp"

namespace tryton {

weir::Status CustomerModel::load(const weir::Call& call, std::span<const Document* const> documents) {
    std::set<std::string> countries;
    for (const Document* document : documents) countries.insert(std::get<Customer>(*document).address.country);
    return directory().load(call, Table::country, countries);
}

weir::Result<std::string> CustomerModel::values(const weir::Call&, const Document& document) {
    const auto& customer = std::get<Customer>(document);
    const Address& address = customer.address;
    std::string text;
    weir::JsonWriter out(text);
    out.begin_object().member("name", customer.name).member("code", customer.ref);
    if (!address.empty()) {
        out.key("addresses").begin_array().begin_array().string("create").begin_array().begin_object();
        if (!address.street.empty()) out.member("street", address.street);
        if (!address.postal_code.empty()) out.member("postal_code", address.postal_code);
        if (!address.city.empty()) out.member("city", address.city);
        if (!address.country.empty()) {
            WEIR_TRY(const std::int64_t country, id_of(Table::country, address.country));
            out.key("country").integer(country);
        }
        out.end_object().end_array().end_array().end_array();
    }
    out.end_object();
    return text;
}

weir::Result<std::vector<Found>> CustomerModel::search(const weir::Call& call, const std::set<std::string>& refs) {
    static constexpr std::string_view kFields[] = {"id", "code", "name"};
    WEIR_TRY(const weir::JsonValue rows, search_refs(call, "code", refs, false, kFields));
    std::vector<Found> all;
    for (const weir::JsonValue row : rows.elements()) {
        Found found;
        found.ref = found.number = text_at(row, "code");
        found.id = row["id"].integer().value_or(0);
        found.state = State::posted;
        found.name = text_at(row, "name");
        all.push_back(std::move(found));
    }
    return all;
}

weir::Result<std::string> CustomerModel::difference(const weir::Call&, const Found& found, const Document& document) {
    const auto& customer = std::get<Customer>(document);
    if (found.name == customer.name) return std::string{};
    return differs("name", found.name, customer.name);
}

}  // namespace tryton
