// Values the host has itself: rows of its lookup tables, and its cross-references.
#pragma once

#include "finder.hpp"

#include <weir/lookup.h>
#include <weir/host.hpp>
#include <weir/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

// Keys are those of rows. Tables do not change while the route runs: the same key, the same answer.
class TableFinder final : public Finder {
  public:
    // `config` must outlive it. ConfigError: there is no such table.
    TableFinder(const Host& host, const Config& config);
    [[nodiscard]] std::vector<Answer> find(const Call& call, std::span<const std::string> keys) override;

  private:
    [[nodiscard]] Answer find_one(std::string_view key);

    const Config& config_;
    const weir_svc_lookup& lookup_;
    JsonParser parser_;
};

// Keys are ids: external ones, or canonical ones.
class XrefFinder final : public Finder {
  public:
    // `config` must outlive it.
    XrefFinder(const Host& host, const Config& config);
    [[nodiscard]] std::vector<Answer> find(const Call& call, std::span<const std::string> keys) override;

  private:
    [[nodiscard]] Answer find_one(std::string_view key) const;

    const Xref& xref_;
    const weir_svc_lookup& lookup_;
};

}  // namespace weir::enrich
