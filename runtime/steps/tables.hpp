// The host's lookup tables and cross-references, as expressions ask for them.
#pragma once

#include <weir/lookup.h>

#include <deque>
#include <string>
#include <unordered_map>
#include <weir/host.hpp>

#include "runtime/expr/context.hpp"
#include "runtime/steps/json_document.hpp"

namespace weir::steps {

// One thread; begin() before each record.
class HostTables final : public expr::Tables {
  public:
    void begin(const weir_svc_lookup* service) {
        service_ = service;
        used_ = 0;
        if (!seen_.empty()) seen_.clear();
        unavailable_ = false;
    }
    // Something could not be read now, whatever the expression made of it: the record must be tried again.
    [[nodiscard]] bool unavailable() const noexcept { return unavailable_; }

    [[nodiscard]] std::optional<expr::Value> look_up(std::string_view table, std::string_view key,
                                                     expr::Arena& arena) const override;
    [[nodiscard]] bool has_table(std::string_view table) const override;
    [[nodiscard]] std::optional<std::string> external_id(std::string_view system, std::string_view type,
                                                         std::string_view id) const override;
    [[nodiscard]] std::optional<std::string> canonical_id(std::string_view system, std::string_view type,
                                                          std::string_view external_id) const override;

  private:
    [[nodiscard]] std::optional<std::string> answer(weir_status status, weir_str text) const;

    const weir_svc_lookup* service_ = nullptr;
    mutable std::deque<JsonDocument> rows_;                      // of this record; stable addresses
    mutable std::unordered_map<const char*, expr::Value> seen_;  // by the row's text
    mutable std::size_t used_ = 0;
    mutable bool unavailable_ = false;
};

}  // namespace weir::steps
