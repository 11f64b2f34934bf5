#include "model.hpp"

#include "models.hpp"

namespace tryton {

std::unique_ptr<Model> make_model(Kind kind, Rpc& rpc, Directory& directory, const Config& config) {
    switch (kind) {
        case Kind::customer:
            return std::make_unique<CustomerModel>(rpc, directory, config);
        case Kind::invoice:
            return std::make_unique<InvoiceModel>(rpc, directory, config);
        case Kind::entry:
            break;
    }
    return std::make_unique<EntryModel>(rpc, directory, config);
}

std::string differs(std::string_view what, std::string_view there, std::string_view here) {
    return std::string(what) + " is \"" + std::string(there) + "\" in Tryton, \"" + std::string(here) +
           "\" in the record";
}

weir::Result<weir::JsonValue> Model::search_refs(const weir::Call& call, std::string_view field,
                                                 const std::set<std::string>& refs, bool per_company,
                                                 std::span<const std::string_view> fields) {
    WEIR_TRY(const Company company, directory_.company(call));
    return rpc_.call(call, Effect::read, method("search_read"), [&](weir::JsonWriter& out) {
        out.begin_array();
        out.begin_array().string(field).string("in").begin_array();
        for (const std::string& ref : refs) out.string(ref);
        out.end_array().end_array();
        if (per_company) out.begin_array().string("company").string("=").integer(company.id).end_array();
        out.end_array();
        out.integer(0).null().null().begin_array();
        for (const std::string_view name : fields) out.string(name);
        out.end_array();
    });
}

weir::Result<weir::JsonValue> Model::search_lines(const weir::Call& call, std::string_view model,
                                                  std::string_view parent, std::int64_t id,
                                                  std::span<const std::string_view> fields) {
    return rpc_.call(call, Effect::read, "model." + std::string(model) + ".search_read", [&](weir::JsonWriter& out) {
        out.begin_array().begin_array().string(parent).string("=").integer(id).end_array().end_array();
        out.integer(0).null().null().begin_array();
        for (const std::string_view name : fields) out.string(name);
        out.end_array();
    });
}

}  // namespace tryton
