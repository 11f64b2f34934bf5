#include "books.hpp"

#include "money.hpp"
#include "schema.hpp"

#include <cstdio>
#include <utility>

namespace weir::ledger {
namespace {

Verdict rejected(std::string code, std::string message) {
    return {Verdict::Kind::rejected, std::move(code), std::move(message), {}};
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

// `line 2: account "1155": ...`; people count lines from 1.
std::string at_line(std::size_t index) { return "line " + std::to_string(index + 1) + ": "; }

}  // namespace

std::string entry_number(std::int64_t number) {
    char text[32];
    const int size = std::snprintf(text, sizeof text, "JE-%06lld", static_cast<long long>(number));
    return {text, static_cast<std::size_t>(size)};
}

Result<std::vector<Verdict>> Books::post(std::span<const Entry> entries, std::int64_t now_unix_ns, Mode mode) {
    // IMMEDIATE: the write lock is taken, or refused, before any work; no upgrade can fail half-way.
    WEIR_CHECK_OK(execute(db_.get(), "BEGIN IMMEDIATE"));
    open_periods_.clear();
    auto verdicts = post_in_transaction(entries, now_unix_ns);
    if (!verdicts.ok() || mode == Mode::dry_run) {
        // SQLite may have rolled back by itself (full disk); then this statement fails, harmlessly.
        if (sqlite3_get_autocommit(db_.get()) == 0) (void)execute(db_.get(), "ROLLBACK");
        return verdicts;
    }
    WEIR_CHECK_OK(commit());
    return verdicts;
}

Status Books::commit() {
    auto committed = execute(db_.get(), "COMMIT");
    if (committed.ok()) return ok();
    const int cause = sqlite3_extended_errcode(db_.get()) & 0xff;
    if (sqlite3_get_autocommit(db_.get()) == 0) (void)execute(db_.get(), "ROLLBACK");
    Error error = std::move(committed).error();
    // A failed write or sync of the write-ahead log: this process rolled back, but the frames may be in the file
    // and a recovery after a crash would find them. Everything else left no commit record behind.
    if (cause == SQLITE_IOERR) error.errc = Errc::unknown;
    return error;
}

Result<std::vector<Verdict>> Books::post_in_transaction(std::span<const Entry> entries, std::int64_t now_unix_ns) {
    WEIR_TRY([[maybe_unused]] const bool row, sql_.last_number.step());
    next_number_ = sql_.last_number.integer(0) + 1;
    sql_.last_number.reset();

    std::vector<Verdict> verdicts;
    verdicts.reserve(entries.size());
    for (const Entry& entry : entries) {
        WEIR_TRY(Verdict verdict, post_one(entry, now_unix_ns));
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

Result<Verdict> Books::post_one(const Entry& entry, std::int64_t now_unix_ns) {
    // A repeat of a posted entry stays done, even if its period was closed or an account blocked since.
    WEIR_TRY(Verdict known, find(entry));
    if (known.kind == Verdict::Kind::duplicate) return known;

    if (auto refused = check_master_data(entry)) return *std::move(refused);
    Priced priced{&entry, 0, {}};
    if (auto refused = price(entry, priced)) return *std::move(refused);
    WEIR_TRY(const bool open, period_is_open(entry));
    if (!open) {
        return rejected("PERIOD_CLOSED", "posting date " + entry.posting_date + ": period " +
                                             std::string(entry.period()) + " of company " + in_quotes(entry.company) +
                                             " is closed");
    }
    if (known.kind == Verdict::Kind::rejected) return known;
    return insert(priced, now_unix_ns);
}

std::optional<Verdict> Books::check_master_data(const Entry& entry) const {
    if (!companies_.contains(entry.company)) {
        return rejected("COMPANY_UNKNOWN", "company " + in_quotes(entry.company) + ": not one of these books");
    }
    for (std::size_t i = 0; i < entry.lines.size(); ++i) {
        const std::string& code = entry.lines[i].account;
        const auto account = accounts_.find(code);
        if (account == accounts_.end()) {
            return rejected("ACCOUNT_UNMAPPED",
                            at_line(i) + "account " + in_quotes(code) + ": not in the chart of accounts");
        }
        if (account->second) {
            return rejected("ACCOUNT_BLOCKED", at_line(i) + "account " + in_quotes(code) + ": blocked for posting");
        }
    }
    return std::nullopt;
}

std::optional<Verdict> Books::price(const Entry& entry, Priced& priced) const {
    const auto exponent = currency_exponent(entry.currency);
    if (!exponent) {
        return rejected("CURRENCY_MISMATCH", "currency " + in_quotes(entry.currency) + ": expected an ISO 4217 code");
    }
    priced.exponent = *exponent;
    std::int64_t debit = 0;
    std::int64_t credit = 0;
    for (std::size_t i = 0; i < entry.lines.size(); ++i) {
        const Line& line = entry.lines[i];
        if (!line.currency.empty() && line.currency != entry.currency) {
            return rejected("CURRENCY_MISMATCH", at_line(i) + "currency " + in_quotes(line.currency) +
                                                     ": expected the entry's currency " + in_quotes(entry.currency));
        }
        const auto minor = parse_minor(line.amount, *exponent);
        if (!minor.ok()) return rejected("INVALID_ENTRY", at_line(i) + "amount " + minor.error().message);
        if (*minor <= 0) {
            return rejected("INVALID_ENTRY", at_line(i) + "amount " + in_quotes(line.amount) +
                                                 ": expected above zero; the side says the direction");
        }
        (line.side == Side::debit ? debit : credit) += *minor;  // kLinesMax * kMinorMax fits
        priced.minor.push_back(*minor);
    }
    if (debit != credit) {
        return rejected("UNBALANCED", "debits are " + format_minor(debit, *exponent) + ", credits " +
                                          format_minor(credit, *exponent) + " " + entry.currency +
                                          ": expected equal sums");
    }
    return std::nullopt;
}

Result<bool> Books::period_is_open(const Entry& entry) {
    std::string key = entry.company + '\n' + std::string(entry.period());
    if (const auto known = open_periods_.find(key); known != open_periods_.end()) return known->second;
    sql_.period_state.bind(1, entry.company).bind(2, entry.period());
    WEIR_TRY(const bool row, sql_.period_state.step());
    const bool open = !row || sql_.period_state.text(0) == "open";
    sql_.period_state.reset();
    open_periods_.emplace(std::move(key), open);
    return open;
}

Result<Verdict> Books::insert(const Priced& priced, std::int64_t now_unix_ns) {
    const Entry& entry = *priced.entry;
    WEIR_CHECK_OK(sql_.insert_period.bind(1, entry.company).bind(2, entry.period()).run());
    WEIR_CHECK_OK(sql_.insert_entry.bind(1, next_number_)
                      .bind(2, entry.company)
                      .bind(3, entry.external_ref)
                      .bind(4, entry.document_type)
                      .bind(5, entry.document_date)
                      .bind(6, entry.posting_date)
                      .bind(7, entry.currency)
                      .bind(8, entry.memo)
                      .bind(9, now_unix_ns)
                      .run());
    WEIR_CHECK_OK(insert_lines(priced, next_number_));
    return Verdict{Verdict::Kind::posted, {}, {}, entry_number(next_number_++)};
}

Status Books::insert_lines(const Priced& priced, std::int64_t number) {
    for (std::size_t i = 0; i < priced.minor.size(); ++i) {
        const Line& line = priced.entry->lines[i];
        // The amount is written from the minor units, so that text and number cannot disagree.
        const std::string amount = format_minor(priced.minor[i], priced.exponent);
        WEIR_CHECK_OK(sql_.insert_line.bind(1, number)
                          .bind(2, static_cast<std::int64_t>(i + 1))
                          .bind(3, line.account)
                          .bind(4, to_string(line.side))
                          .bind(5, priced.minor[i])
                          .bind(6, amount)
                          .bind(7, line.memo)
                          .run());
    }
    return ok();
}

Result<Verdict> Books::find(const Entry& entry) {
    sql_.find_entry.bind(1, entry.company).bind(2, entry.external_ref);
    WEIR_TRY(const bool row, sql_.find_entry.step());
    if (!row) return Verdict{Verdict::Kind::absent, {}, {}, {}};
    const std::int64_t number = sql_.find_entry.integer(0);
    auto differs = difference(entry, number);
    sql_.find_entry.reset();
    if (!differs.ok()) return std::move(differs).error();
    std::string name = entry_number(number);
    if (differs->empty()) return Verdict{Verdict::Kind::duplicate, {}, {}, std::move(name)};
    return Verdict{
        Verdict::Kind::rejected, "DUPLICATE_REF",
        "external reference " + in_quotes(entry.external_ref) + " is " + name + " with other content: " + *differs,
        std::move(name)};
}

Result<std::string> Books::difference(const Entry& entry, std::int64_t number) {
    const std::pair<std::string_view, std::string_view> fields[] = {{"document_type", entry.document_type},
                                                                    {"document_date", entry.document_date},
                                                                    {"posting_date", entry.posting_date},
                                                                    {"currency", entry.currency},
                                                                    {"memo", entry.memo}};
    int column = 1;
    for (const auto& [name, value] : fields) {
        const std::string_view stored = sql_.find_entry.text(column++);
        if (stored != value) {
            return std::string(name) + " is " + in_quotes(value) + ", was posted as " + in_quotes(stored);
        }
    }
    // The currency was posted, so it is of the table.
    return difference_in_lines(entry, number, currency_exponent(entry.currency).value_or(2));
}

Result<std::string> Books::difference_in_lines(const Entry& entry, std::int64_t number, int exponent) {
    std::string found;
    std::size_t count = 0;
    sql_.find_lines.bind(1, number);
    for (;; ++count) {
        WEIR_TRY(const bool row, sql_.find_lines.step());
        if (!row) break;
        if (count >= entry.lines.size() || !found.empty()) continue;
        const Line& line = entry.lines[count];
        const auto minor = parse_minor(line.amount, exponent);
        const bool same_currency = line.currency.empty() || line.currency == entry.currency;
        const bool same = sql_.find_lines.text(0) == line.account && sql_.find_lines.text(1) == to_string(line.side) &&
                          minor.ok() && sql_.find_lines.integer(2) == *minor && sql_.find_lines.text(4) == line.memo &&
                          same_currency;
        if (same) continue;
        found = at_line(count) + "is " + std::string(to_string(line.side)) + " " + line.account + " " + line.amount +
                ", was posted as " + std::string(sql_.find_lines.text(1)) + " " + std::string(sql_.find_lines.text(0)) +
                " " + std::string(sql_.find_lines.text(3));
    }
    if (found.empty() && count != entry.lines.size()) {
        found = std::to_string(entry.lines.size()) + " lines, was posted with " + std::to_string(count);
    }
    return found;
}

Status Books::probe() { return execute(db_.get(), "SELECT count(*) FROM sqlite_schema"); }

}  // namespace weir::ledger
