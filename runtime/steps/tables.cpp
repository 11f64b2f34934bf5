#include "runtime/steps/tables.hpp"

namespace weir::steps {

std::optional<expr::Value> HostTables::look_up(std::string_view table, std::string_view key, expr::Arena& arena) const {
    weir_str json{};
    const weir_status status = service_->row(service_, str(table), str(key), &json);
    if (status != WEIR_OK) {
        unavailable_ = unavailable_ || status == WEIR_E_RETRY;
        return std::nullopt;
    }
    // The text lives as long as the instance: each row is read once a record however often it is asked for.
    const auto [entry, fresh] = seen_.try_emplace(json.data);
    if (!fresh) return entry->second;
    if (used_ == rows_.size()) rows_.emplace_back();
    JsonDocument& row = rows_[used_++];
    if (!row.parse(view(json)).ok()) {
        seen_.erase(entry);
        return std::nullopt;
    }
    entry->second = row.value(row.root(), arena);
    return entry->second;
}

bool HostTables::has_table(std::string_view table) const {
    if (service_ == nullptr) return false;
    weir_str json{};
    return service_->row(service_, str(table), str(""), &json) != WEIR_E_CONFIG;
}

std::optional<std::string> HostTables::answer(weir_status status, weir_str text) const {
    unavailable_ = unavailable_ || status == WEIR_E_RETRY;
    if (status != WEIR_OK) return std::nullopt;
    return std::string(view(text));
}

std::optional<std::string> HostTables::external_id(std::string_view system, std::string_view type,
                                                   std::string_view id) const {
    if (service_ == nullptr) return std::nullopt;
    weir_str text{};
    const weir_status status = service_->external_id(service_, str(system), str(type), str(id), &text);
    return answer(status, text);
}

std::optional<std::string> HostTables::canonical_id(std::string_view system, std::string_view type,
                                                    std::string_view external_id) const {
    if (service_ == nullptr) return std::nullopt;
    weir_str text{};
    const weir_status status = service_->canonical_id(service_, str(system), str(type), str(external_id), &text);
    return answer(status, text);
}

}  // namespace weir::steps
