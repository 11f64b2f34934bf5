// What the documents' codes are in Tryton: ids, looked up once and kept.
#pragma once

#include <weir/call.hpp>
#include <weir/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rpc.hpp"

namespace tryton {

enum class Table { account, party, journal, currency, payment_term, product, country };

struct Row {
    std::int64_t id = 0;
    std::int64_t detail = 0;  // party: its first address. product: its unit. Else, or when there is none: 0
};

struct Company {
    std::int64_t id = 0;
    std::string currency;  // ISO 4217
};

// One thread at a time. What is found is kept until forget(); what is not found is asked for again, so that an account
// that is added later is found without a restart.
class Directory {
  public:
    Directory(Rpc& rpc, const Config& config) noexcept : rpc_(rpc), config_(config) {}

    // The company documents are posted to. `unavailable` COMPANY_MISSING: the setting or the user's rights are wrong.
    [[nodiscard]] weir::Result<Company> company(const weir::Call& call);
    // Looks up those of `names` that are not known yet, with one call. Not finding one is no error.
    [[nodiscard]] weir::Status load(const weir::Call& call, Table table, const std::set<std::string>& names);
    // load() first. When there is none, or there are several: `rejected` (ACCOUNT_UNMAPPED, CUSTOMER_UNMAPPED and so
    // on), for a journal `unavailable`.
    [[nodiscard]] weir::Result<Row> find(Table table, const std::string& name) const;
    // The period a day is in, open or not. `rejected` PERIOD_CLOSED when there is none.
    [[nodiscard]] weir::Result<std::int64_t> period(const weir::Call& call, const std::string& day);
    // Something was not as known.
    void forget() noexcept;

  private:
    struct Known {
        Row row;
        int count = 0;  // how many have this name
    };
    [[nodiscard]] weir::Status load_rows(const weir::Call& call, Table table, const std::set<std::string>& missing);

    Rpc& rpc_;
    const Config& config_;
    std::optional<Company> company_;
    std::map<Table, std::map<std::string, Known, std::less<>>> rows_;
    std::map<std::string, std::int64_t, std::less<>> periods_;  // by day
};

}  // namespace tryton
