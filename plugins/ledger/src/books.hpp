// Double-entry books in one SQLite file: the posting rules, the journal and its numbering.
#pragma once

#include "entry.hpp"
#include "sqlite.hpp"

#include <weir/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace weir::ledger {

struct Account {
    std::string code;
    std::string name;
    std::string type;  // asset, liability, equity, revenue, expense
    bool blocked = false;
};

struct ClosedPeriod {
    std::string company;  // empty: every company
    std::string period;   // YYYY-MM
};

struct BooksConfig {
    std::string path;
    std::vector<std::string> companies;
    std::vector<Account> accounts;
    std::vector<ClosedPeriod> closed_periods;
    int busy_timeout_ms = 5000;  // how long to wait for another process that holds the write lock
};

// What the books said about one entry.
struct Verdict {
    enum class Kind : std::uint8_t {
        posted,     // entry_number says under which number
        duplicate,  // posted before with the same content, under entry_number
        rejected,   // a posting rule refuses it: code and message
        absent,     // find() only: not in the books
    };
    Kind kind = Kind::rejected;
    std::string code;
    std::string message;
    std::string entry_number;  // "JE-000123"
};

// One owner, one thread at a time. Another process may read the file at any time (WAL) and may close periods.
class Books {
  public:
    // Creates the file when missing and brings companies, accounts and configured periods up to date.
    // `unavailable`: cannot be opened now (locked, no space, no directory); `corrupt`: not a ledger database, or
    // one of a newer weir.
    [[nodiscard]] static Result<Books> open(BooksConfig config);

    enum class Mode : std::uint8_t { post, dry_run };

    // Posts each entry that the rules allow, all in one transaction that is durable on return; one verdict per
    // entry, in order. With dry_run the verdicts are real and nothing stays.
    // `unavailable`: nothing of the batch was posted. `unknown`: the commit failed in a way that leaves open
    // whether it will be found after a crash; find() tells, on a connection opened anew.
    [[nodiscard]] Result<std::vector<Verdict>> post(std::span<const Entry> entries, std::int64_t now_unix_ns,
                                                    Mode mode = Mode::post);

    // Looks an entry up by company and reference: duplicate (found, same content), rejected with DUPLICATE_REF
    // (found, other content) or absent. `unavailable`: cannot tell now.
    [[nodiscard]] Result<Verdict> find(const Entry& entry);

    // Reads the file's schema version. Free of side effects.
    [[nodiscard]] Status probe();

  private:
    struct Statements {
        Statement find_entry;
        Statement find_lines;
        Statement insert_entry;
        Statement insert_line;
        Statement period_state;
        Statement insert_period;
        Statement last_number;
    };
    // An entry whose amounts are known to be good.
    struct Priced {
        const Entry* entry = nullptr;
        int exponent = 0;
        std::vector<std::int64_t> minor;  // one per line
    };

    explicit Books(BooksConfig config) : config_(std::move(config)) {}

    [[nodiscard]] Status create_or_check_schema();
    [[nodiscard]] Status apply_config();
    [[nodiscard]] Status prepare();
    [[nodiscard]] Status commit();

    [[nodiscard]] Result<std::vector<Verdict>> post_in_transaction(std::span<const Entry> entries,
                                                                   std::int64_t now_unix_ns);
    [[nodiscard]] Result<Verdict> post_one(const Entry& entry, std::int64_t now_unix_ns);
    [[nodiscard]] Result<Verdict> insert(const Priced& priced, std::int64_t now_unix_ns);
    [[nodiscard]] Status insert_lines(const Priced& priced, std::int64_t number);

    [[nodiscard]] std::optional<Verdict> check_master_data(const Entry& entry) const;
    [[nodiscard]] std::optional<Verdict> price(const Entry& entry, Priced& priced) const;
    [[nodiscard]] Result<bool> period_is_open(const Entry& entry);
    // Says in which field the stored entry differs; empty: it does not.
    [[nodiscard]] Result<std::string> difference(const Entry& entry, std::int64_t number);
    [[nodiscard]] Result<std::string> difference_in_lines(const Entry& entry, std::int64_t number, int exponent);

    BooksConfig config_;
    std::unordered_set<std::string> companies_;
    std::unordered_map<std::string, bool> accounts_;  // code -> blocked
    Database db_;
    Statements sql_;                                      // after db_: finalized before it closes
    std::unordered_map<std::string, bool> open_periods_;  // within one transaction
    std::int64_t next_number_ = 0;                        // within one transaction
};

// 123 is "JE-000123".
[[nodiscard]] std::string entry_number(std::int64_t number);

}  // namespace weir::ledger
