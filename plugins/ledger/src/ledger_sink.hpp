// The ledger sink: posts each record as one journal entry.
#pragma once

#include "books.hpp"

#include <weir/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::ledger {

// "Accounts receivable", or {"name": ..., "type": ..., "blocked": true}.
struct AccountConfig {
    std::string name;
    std::string type;  // empty: from the code's first digit
    bool blocked = false;
};
void decode_config(const json& value, AccountConfig& out, const detail::ConfigPath& path);

struct SinkConfig {
    std::string path;
    std::vector<std::string> companies;
    std::map<std::string, AccountConfig> accounts;  // empty: the default chart
    std::chrono::milliseconds busy_timeout{5'000};  // wait for another process that holds the write lock
    std::vector<std::string> closed_periods;        // "2026-05", or "US01/2026-05" for one company
};
WEIR_CONFIG(SinkConfig, path, companies, accounts, busy_timeout, closed_periods)

// The chart of accounts used when the configuration has none.
[[nodiscard]] std::vector<Account> default_chart();

class LedgerSink final : public Sink<SinkConfig> {
  public:
    LedgerSink(Host host, SinkConfig config);

    void start(Call& call) override;
    void probe(Call& call) override;
    void limits(weir_sink_limits& limits) override;
    void deliver(Call& call, Delivery& delivery) override;
    void resolve(Call& call, Delivery& delivery) override;

  private:
    void report(const Verdict& verdict, const Item& item) const;
    void report_failure(const Error& error);

    BooksConfig books_config_;
    std::optional<Books> books_;
    EntryParser parser_;
    std::vector<Entry> entries_;  // of the batch
    std::vector<Item> items_;     // those of the entries
};

}  // namespace weir::ledger
