#include "runtime/app/lookups.hpp"

#include <utility>

#include "runtime/base/record_batch.hpp"
#include "runtime/base/record_frame.hpp"

namespace weir::app {

namespace {

// "netsuite/prod" is system and environment.
std::pair<std::string_view, std::string_view> split_system(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return {text, {}};
    return {text.substr(0, slash), text.substr(slash + 1)};
}

weir_status give(Result<std::string>&& found, weir_str* out) {
    thread_local std::string text;  // until the next call on this thread
    if (found) {
        text = *std::move(found);
        *out = str(text);
        return WEIR_OK;
    }
    return found.error().errc == Errc::not_found ? WEIR_E_NOT_FOUND : WEIR_E_RETRY;
}

}  // namespace

std::shared_ptr<const Tables> read_tables(const config::Config& config, std::vector<config::Problem>& problems) {
    auto tables = std::make_shared<Tables>();
    for (const auto& [name, settings] : config.tables) {
        canonical::TableSettings reading;
        reading.key = settings.key;
        auto table = canonical::read_table(settings.file, reading);
        if (table) {
            const std::uint64_t digest = identity_hash({}, table->text());
            tables->emplace(name, LoadedTable{std::move(*table), digest});
        } else {
            problems.push_back({settings.where, "bad_table", "table \"" + name + "\": " + table.error().message, ""});
        }
    }
    return tables;
}

Lookups::Lookups(std::shared_ptr<const Tables> tables, canonical::CrossReferences* cross_references)
    : weir_svc_lookup{}, tables_(std::move(tables)), cross_references_(cross_references) {
    struct_size = sizeof(weir_svc_lookup);
    row = &row_entry;
    external_id = &external_entry;
    canonical_id = &canonical_entry;
}

weir_status Lookups::row_entry(const void* self, weir_str table, weir_str key, weir_str* json) noexcept {
    const auto& lookups = *static_cast<const Lookups*>(static_cast<const weir_svc_lookup*>(self));
    const auto found = lookups.tables_->find(view(table));
    if (found == lookups.tables_->end()) return WEIR_E_CONFIG;
    const auto text = found->second.rows.row(view(key));
    if (!text) return WEIR_E_NOT_FOUND;
    *json = str(*text);
    return WEIR_OK;
}

weir_status Lookups::external_entry(const void* self, weir_str system, weir_str type, weir_str canonical,
                                    weir_str* external) noexcept {
    const auto& lookups = *static_cast<const Lookups*>(static_cast<const weir_svc_lookup*>(self));
    if (lookups.cross_references_ == nullptr) return WEIR_E_NOT_FOUND;
    const auto [name, environment] = split_system(view(system));
    return give(lookups.cross_references_->external_id(name, environment, view(type), view(canonical)), external);
}

weir_status Lookups::canonical_entry(const void* self, weir_str system, weir_str type, weir_str external,
                                     weir_str* canonical) noexcept {
    const auto& lookups = *static_cast<const Lookups*>(static_cast<const weir_svc_lookup*>(self));
    if (lookups.cross_references_ == nullptr) return WEIR_E_NOT_FOUND;
    const auto [name, environment] = split_system(view(system));
    return give(lookups.cross_references_->canonical_id(name, environment, view(type), view(external)), canonical);
}

}  // namespace weir::app
