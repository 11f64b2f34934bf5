// The service weir.lookup/1: the tables of one configuration and the host's cross-references.
#pragma once

#include <weir/lookup.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/canonical/cross_references.hpp"
#include "runtime/canonical/tables.hpp"
#include "runtime/config/config.hpp"

namespace weir::app {

struct LoadedTable {
    canonical::Table rows;
    std::uint64_t digest = 0;  // of its text: tells whether it changed
};
using Tables = std::map<std::string, LoadedTable, std::less<>>;

// Reads every table of the configuration; what is wrong with one is a problem at its place.
[[nodiscard]] std::shared_ptr<const Tables> read_tables(const config::Config& config,
                                                        std::vector<config::Problem>& problems);

// The table a plugin gets. [any]
class Lookups final : public weir_svc_lookup {
  public:
    // `cross_references` may be null: then nothing is known; otherwise it outlives this.
    Lookups(std::shared_ptr<const Tables> tables, canonical::CrossReferences* cross_references);

  private:
    static weir_status row_entry(const void* self, weir_str table, weir_str key, weir_str* json) noexcept;
    static weir_status external_entry(const void* self, weir_str system, weir_str type, weir_str canonical,
                                      weir_str* external) noexcept;
    static weir_status canonical_entry(const void* self, weir_str system, weir_str type, weir_str external,
                                       weir_str* canonical) noexcept;

    std::shared_ptr<const Tables> tables_;
    canonical::CrossReferences* cross_references_;
};

}  // namespace weir::app
