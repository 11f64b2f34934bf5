// The ledger as the host sees it: entries in, verdicts out, and what then stands in the file.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weir/testing.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

extern const weir_component sink;

namespace {

using nlohmann::json;
using weir::testing::Harness;
using weir::testing::In;
using weir::testing::Verdict;

json line(const char* account, const char* side, const char* amount) {
    return {{"account", account}, {"side", side}, {"amount", amount}};
}

json usage_entry(const std::string& reference = "WR-1", const char* amount = "39.92") {
    return {{"company", "US01"},
            {"external_ref", reference},
            {"document_type", "usage"},
            {"document_date", "2026-06-30"},
            {"posting_date", "2026-06-30"},
            {"currency", "USD"},
            {"memo", "June usage"},
            {"lines", {line("1150", "debit", amount), line("4020", "credit", amount)}}};
}

class Ledger : public testing::Test {
  protected:
    void SetUp() override {
        char pattern[] = "/tmp/weir-ledger-XXXXXX";
        directory_ = mkdtemp(pattern);
        config_ = {{"path", directory_ + "/ledger.db"}, {"companies", {"US01", "DE01"}}};
        reopen();
    }
    void TearDown() override {
        ledger_.reset();
        std::filesystem::remove_all(directory_);
    }
    void reopen() {
        ledger_.reset();
        ledger_ = std::make_unique<Harness>(sink, config_);
        ASSERT_TRUE(*ledger_) << ledger_->error.message;
        ASSERT_EQ(ledger_->start(), WEIR_OK) << ledger_->error.message;
    }
    std::vector<Verdict> post(const std::vector<json>& entries) {
        std::vector<In> inputs;
        for (const json& entry : entries) inputs.push_back({.payload = entry.dump()});
        return ledger_->deliver(std::move(inputs));
    }
    Verdict post_one(const json& entry) { return post({entry}).at(0); }
    Verdict resolve(const json& entry) { return ledger_->resolve({{.payload = entry.dump()}}).at(0); }

    // Rows of a query as "a|b|c", read through a connection of its own.
    std::vector<std::string> query(const std::string& sql) const {
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open((directory_ + "/ledger.db").c_str(), &db), SQLITE_OK);
        std::vector<std::string> rows;
        const auto add = [](void* out, int count, char** values, char**) {
            std::string row;
            for (int i = 0; i < count; ++i) row.append(i > 0 ? "|" : "").append(values[i] ? values[i] : "NULL");
            static_cast<std::vector<std::string>*>(out)->push_back(row);
            return 0;
        };
        char* error = nullptr;
        EXPECT_EQ(sqlite3_exec(db, sql.c_str(), add, &rows, &error), SQLITE_OK) << (error ? error : "");
        sqlite3_free(error);
        sqlite3_close(db);
        return rows;
    }
    bool refused_by_sqlite(const std::string& sql) const {
        sqlite3* db = nullptr;
        sqlite3_open((directory_ + "/ledger.db").c_str(), &db);
        const int result = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
        sqlite3_close(db);
        return result != SQLITE_OK;
    }

    std::string directory_;
    json config_;
    std::unique_ptr<Harness> ledger_;
};

TEST_F(Ledger, posts_a_balanced_entry_and_names_it) {
    const Verdict verdict = post_one(usage_entry());
    ASSERT_TRUE(verdict.ok()) << verdict.code << ": " << verdict.message;
    EXPECT_EQ(verdict.remote_id, "JE-000001");
    EXPECT_EQ(query("SELECT entry, account, debit, credit, currency FROM journal"),
              (std::vector<std::string>{"JE-000001|1150|39.92||USD", "JE-000001|4020||39.92|USD"}));
    EXPECT_EQ(query("SELECT account, account_name, debit, credit, balance FROM trial_balance"),
              (std::vector<std::string>{"1150|Unbilled receivables|39.92|0.00|39.92",
                                        "4020|Usage revenue|0.00|39.92|-39.92"}));
    EXPECT_TRUE(query("SELECT * FROM unbalanced").empty());
}

TEST_F(Ledger, books_the_documents_of_the_first_story) {
    json invoice = usage_entry("invoice");
    invoice["lines"] = {line("1100", "debit", "1393.56"), line("4010", "credit", "500.00"),
                        line("4020", "credit", "600.00"), line("4020", "credit", "187.35"),
                        line("2200", "credit", "106.21")};
    json payment = usage_entry("payment");
    payment["lines"] = {line("1020", "debit", "1352.85"), line("6500", "debit", "40.71"),
                        line("1100", "credit", "1393.56")};
    json payout = usage_entry("payout");
    payout["lines"] = {line("1010", "debit", "1352.85"), line("1020", "credit", "1352.85")};
    for (const Verdict& verdict : post({invoice, payment, payout})) EXPECT_TRUE(verdict.ok()) << verdict.message;
    EXPECT_EQ(query("SELECT account, balance FROM trial_balance"),
              (std::vector<std::string>{"1010|1352.85", "1020|0.00", "1100|0.00", "2200|-106.21", "4010|-500.00",
                                        "4020|-787.35", "6500|40.71"}));
}

TEST_F(Ledger, a_repeat_with_the_same_content_is_a_duplicate) {
    ASSERT_TRUE(post_one(usage_entry()).ok());
    json again = usage_entry();
    again["lines"][0]["amount"] = "39.920";  // the same number
    again["lines"][1]["amount"] = {{"amount", "39.92"}, {"currency", "USD"}};
    const Verdict verdict = post_one(again);
    EXPECT_EQ(verdict.kind, WEIR_OUT_DUPLICATE) << verdict.message;
    EXPECT_EQ(verdict.remote_id, "JE-000001");
    EXPECT_EQ(query("SELECT count(*) FROM entries").at(0), "1");
}

TEST_F(Ledger, a_repeat_stays_done_after_its_period_was_closed) {
    ASSERT_TRUE(post_one(usage_entry()).ok());
    config_["closed_periods"] = {"2026-06"};
    reopen();
    EXPECT_EQ(post_one(usage_entry()).kind, WEIR_OUT_DUPLICATE);
    EXPECT_EQ(post_one(usage_entry("WR-2")).code, "PERIOD_CLOSED");
}

TEST_F(Ledger, the_same_reference_with_other_content_is_a_conflict_that_says_where) {
    ASSERT_TRUE(post_one(usage_entry()).ok());
    const Verdict verdict = post_one(usage_entry("WR-1", "40.00"));
    EXPECT_EQ(verdict.kind, WEIR_OUT_REJECTED);
    EXPECT_EQ(verdict.code, "DUPLICATE_REF");
    EXPECT_NE(verdict.message.find("JE-000001"), std::string::npos) << verdict.message;
    EXPECT_NE(verdict.message.find("40.00"), std::string::npos) << verdict.message;
    EXPECT_NE(verdict.message.find("39.92"), std::string::npos) << verdict.message;
    json other_memo = usage_entry();
    other_memo["memo"] = "July usage";
    EXPECT_EQ(post_one(other_memo).code, "DUPLICATE_REF");
    json third_line = usage_entry();
    third_line["lines"] = {line("1150", "debit", "39.92"), line("4020", "credit", "39.00"),
                           line("4020", "credit", "0.92")};
    EXPECT_EQ(post_one(third_line).code, "DUPLICATE_REF");
    json of_other_company = usage_entry("WR-1", "40.00");
    of_other_company["company"] = "DE01";
    EXPECT_TRUE(post_one(of_other_company).ok()) << "a reference is unique within its company";
}

TEST_F(Ledger, each_rule_refuses_with_its_code_and_nothing_stays) {
    config_["accounts"] = {{"1150", "Unbilled"},
                           {"4020", "Usage"},
                           {"9999", {{"name", "Suspense"}, {"type", "expense"}, {"blocked", true}}}};
    config_["closed_periods"] = {"2026-05", "DE01/2026-06"};
    reopen();
    const auto with = [](const char* pointer, const json& value) {
        json entry = usage_entry();
        entry[json::json_pointer(pointer)] = value;
        return entry;
    };
    const struct {
        const char* code;
        json entry;
    } cases[] = {
        {"COMPANY_UNKNOWN", with("/company", "FR01")},
        {"ACCOUNT_UNMAPPED", with("/lines/0/account", "1155")},
        {"ACCOUNT_BLOCKED", with("/lines/1/account", "9999")},
        {"CURRENCY_MISMATCH", with("/currency", "ZZZ")},
        {"CURRENCY_MISMATCH", with("/lines/0/amount", {{"amount", "39.92"}, {"currency", "EUR"}})},
        {"UNBALANCED", with("/lines/0/amount", "39.93")},
        {"UNBALANCED", with("/lines/0/side", "credit")},
        {"PERIOD_CLOSED", with("/posting_date", "2026-05-31")},
        {"PERIOD_CLOSED", with("/company", "DE01")},
        {"INVALID_ENTRY", with("/lines/0/amount", "39.925")},
        {"INVALID_ENTRY", with("/lines/0/amount", "0.00")},
        {"INVALID_ENTRY", with("/lines/0/amount", "-39.92")},
        {"INVALID_ENTRY", with("/lines/0/amount", 39.92)},
        {"INVALID_ENTRY", with("/lines/0/side", "dr")},
        {"INVALID_ENTRY", with("/posting_date", "2026-06-31")},
        {"INVALID_ENTRY", with("/posting_date", "06/30/2026")},
        {"INVALID_ENTRY", with("/currency", "usd")},
        {"INVALID_ENTRY", with("/company", json())},
        {"INVALID_ENTRY", with("/lines", json::array({line("1150", "debit", "1.00")}))},
        {"INVALID_ENTRY", with("/lines", "none")},
    };
    for (const auto& c : cases) {
        const Verdict verdict = post_one(c.entry);
        EXPECT_EQ(verdict.kind, WEIR_OUT_REJECTED) << c.entry;
        EXPECT_EQ(verdict.code, c.code) << c.entry << verdict.message;
        EXPECT_FALSE(verdict.message.empty());
    }
    EXPECT_EQ(query("SELECT count(*) FROM entries").at(0), "0");
}

TEST_F(Ledger, the_first_broken_rule_in_the_documented_order_is_named) {
    json entry = usage_entry();
    entry["lines"][0]["amount"] = "1.00";
    entry["posting_date"] = "2026-05-31";
    config_["closed_periods"] = {"2026-05"};
    reopen();
    EXPECT_EQ(post_one(entry).code, "UNBALANCED");
    entry["lines"][0]["account"] = "none";
    EXPECT_EQ(post_one(entry).code, "ACCOUNT_UNMAPPED");
    entry["company"] = "none";
    EXPECT_EQ(post_one(entry).code, "COMPANY_UNKNOWN");
}

TEST_F(Ledger, payloads_that_are_no_entry_are_rejected_each_for_itself) {
    const std::string good = usage_entry().dump();
    std::vector<In> inputs;
    for (const char* bad : {"", "null", "[]", "{}", "{", "\"text\"", "{\"company\":\"US01\",\"company\":\"DE01\"}",
                            "{\"lines\":[[[[]]]]}"}) {
        inputs.push_back({.payload = bad});
    }
    for (std::size_t cut = 1; cut < good.size(); cut += 7) inputs.push_back({.payload = good.substr(0, cut)});
    const std::size_t bad_count = inputs.size();
    inputs.push_back({.payload = good});
    const auto verdicts = ledger_->deliver(std::move(inputs));
    for (std::size_t i = 0; i < bad_count; ++i) EXPECT_EQ(verdicts[i].code, "INVALID_ENTRY") << i;
    EXPECT_TRUE(verdicts.back().ok()) << verdicts.back().message;
}

TEST_F(Ledger, numbers_entries_without_gaps_whatever_was_refused_between) {
    std::vector<json> entries;
    for (int i = 0; i < 20; ++i) {
        entries.push_back(usage_entry("WR-" + std::to_string(i)));
        if (i % 3 == 0) entries.back()["lines"][0]["amount"] = "1.00";
    }
    post(entries);
    post_one(usage_entry("WR-later"));
    EXPECT_EQ(query("SELECT count(*), min(entry_no), max(entry_no) FROM entries").at(0), "14|1|14");
}

TEST_F(Ledger, the_same_reference_twice_in_one_batch_is_posted_once) {
    const auto verdicts = post({usage_entry(), usage_entry(), usage_entry("WR-1", "1.00")});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].kind, WEIR_OUT_DUPLICATE);
    EXPECT_EQ(verdicts[2].code, "DUPLICATE_REF");
    EXPECT_EQ(query("SELECT count(*) FROM entries").at(0), "1");
}

TEST_F(Ledger, answers_whether_it_happened) {
    EXPECT_EQ(resolve(usage_entry()).kind, WEIR_OUT_RETRY) << "absent: surely not there";
    ASSERT_TRUE(post_one(usage_entry()).ok());
    reopen();
    const Verdict found = resolve(usage_entry());
    EXPECT_TRUE(found.ok());
    EXPECT_EQ(found.remote_id, "JE-000001");
    EXPECT_EQ(resolve(usage_entry("WR-1", "40.00")).code, "DUPLICATE_REF");
}

TEST_F(Ledger, uses_the_hosts_reference_when_the_payload_has_none) {
    json entry = usage_entry();
    entry.erase("external_ref");
    ASSERT_TRUE(post_one(entry).ok());
    EXPECT_EQ(query("SELECT external_ref FROM entries").at(0), "WR-ABCDEFGHIJKLMNOP");
}

TEST_F(Ledger, a_dry_run_gives_real_verdicts_and_posts_nothing) {
    ledger_->call_flags = WEIR_CALL_DRY_RUN;
    json unbalanced = usage_entry("WR-2");
    unbalanced["lines"][0]["amount"] = "1.00";
    const auto verdicts = post({usage_entry(), unbalanced});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].code, "UNBALANCED");
    EXPECT_EQ(query("SELECT count(*) FROM entries").at(0), "0");
}

TEST_F(Ledger, a_locked_database_means_surely_not_posted) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((directory_ + "/ledger.db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    config_["busy_timeout"] = "1ms";
    ledger_.reset();
    ledger_ = std::make_unique<Harness>(sink, config_);
    EXPECT_EQ(ledger_->start(), WEIR_E_RETRY);
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    ASSERT_EQ(ledger_->start(), WEIR_OK) << ledger_->error.message;
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    const Verdict verdict = post_one(usage_entry());
    EXPECT_EQ(verdict.kind, WEIR_OUT_RETRY);
    EXPECT_EQ(verdict.code, "sqlite_busy");
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    EXPECT_TRUE(post_one(usage_entry()).ok());
}

TEST_F(Ledger, a_period_closed_in_the_books_takes_nothing_more) {
    ASSERT_TRUE(post_one(usage_entry()).ok());
    query("UPDATE periods SET state = 'closed' WHERE company = 'US01' AND period = '2026-06'");
    EXPECT_EQ(post_one(usage_entry("WR-2")).code, "PERIOD_CLOSED");
    reopen();
    EXPECT_EQ(post_one(usage_entry("WR-2")).code, "PERIOD_CLOSED") << "the configuration does not reopen it";
    query("UPDATE periods SET state = 'open' WHERE company = 'US01' AND period = '2026-06'");
    EXPECT_TRUE(post_one(usage_entry("WR-2")).ok());
}

TEST_F(Ledger, a_period_closed_by_the_configuration_opens_with_it) {
    config_["closed_periods"] = {"2026-06"};
    reopen();
    EXPECT_EQ(post_one(usage_entry()).code, "PERIOD_CLOSED");
    config_.erase("closed_periods");
    reopen();
    EXPECT_TRUE(post_one(usage_entry()).ok());
}

TEST_F(Ledger, posted_entries_can_be_neither_changed_nor_removed) {
    ASSERT_TRUE(post_one(usage_entry()).ok());
    EXPECT_TRUE(refused_by_sqlite("UPDATE lines SET minor = 1"));
    EXPECT_TRUE(refused_by_sqlite("UPDATE entries SET memo = ''"));
    EXPECT_TRUE(refused_by_sqlite("DELETE FROM lines"));
    EXPECT_TRUE(refused_by_sqlite("DELETE FROM entries"));
}

TEST_F(Ledger, keeps_currencies_with_and_without_minor_units_apart) {
    json yen = usage_entry("yen", "1235");
    yen["currency"] = "JPY";
    json dinar = usage_entry("dinar", "1.235");
    dinar["currency"] = "KWD";
    for (const Verdict& verdict : post({yen, dinar, usage_entry()})) EXPECT_TRUE(verdict.ok()) << verdict.message;
    EXPECT_EQ(query("SELECT currency, balance FROM trial_balance WHERE account = '1150'"),
              (std::vector<std::string>{"JPY|1235", "KWD|1.235", "USD|39.92"}));
    json half_yen = usage_entry("half", "0.5");
    half_yen["currency"] = "JPY";
    EXPECT_EQ(post_one(half_yen).code, "INVALID_ENTRY");
}

TEST_F(Ledger, sums_stay_exact_where_doubles_would_not) {
    std::vector<json> entries;
    for (int i = 0; i < 300; ++i) entries.push_back(usage_entry("WR-" + std::to_string(i), "0.10"));
    entries.push_back(usage_entry("large", "9007199254740.93"));
    for (const Verdict& verdict : post(entries)) ASSERT_TRUE(verdict.ok()) << verdict.message;
    EXPECT_EQ(query("SELECT balance FROM trial_balance WHERE account = '1150'").at(0), "9007199254770.93");
}

TEST_F(Ledger, what_was_reported_survives_a_kill) {
    const pid_t child = fork();
    if (child == 0) {
        Harness other(sink, config_);
        const auto verdicts = other.deliver({{.payload = usage_entry("from-child").dump()}});
        // No destructor, no checkpoint: as a kill would leave it.
        _exit(verdicts.size() == 1 && verdicts[0].ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    reopen();
    EXPECT_TRUE(resolve(usage_entry("from-child")).ok());
    EXPECT_TRUE(query("SELECT * FROM unbalanced").empty());
}

TEST_F(Ledger, refuses_a_file_that_is_not_a_ledger) {
    ledger_.reset();
    std::filesystem::remove(directory_ + "/ledger.db");
    query("CREATE TABLE somebody_elses (x)");
    ledger_ = std::make_unique<Harness>(sink, config_);
    EXPECT_EQ(ledger_->start(), WEIR_E_RETRY);
    EXPECT_STREQ(ledger_->error.code, "not_a_ledger") << ledger_->error.message;
    EXPECT_EQ(query("SELECT name FROM sqlite_schema").at(0), "somebody_elses");
}

TEST(LedgerConfig, says_what_is_wrong_and_where) {
    const struct {
        const char* pointer;
        json config;
    } cases[] = {
        {"/path", {{"companies", {"US01"}}}},
        {"/companies", {{"path", "x.db"}}},
        {"/closed_periods/0", {{"path", "x.db"}, {"companies", {"US01"}}, {"closed_periods", {"2026-13"}}}},
        {"/closed_periods/0", {{"path", "x.db"}, {"companies", {"US01"}}, {"closed_periods", {"DE01/2026-05"}}}},
        {"/accounts/1/type", {{"path", "x.db"}, {"companies", {"US01"}}, {"accounts", {{"1", {{"type", "money"}}}}}}},
        {"/chart", {{"path", "x.db"}, {"companies", {"US01"}}, {"chart", json::object()}}},
    };
    for (const auto& c : cases) {
        const Harness ledger(sink, c.config);
        EXPECT_FALSE(ledger) << c.config;
        EXPECT_STREQ(ledger.error.pointer, c.pointer) << ledger.error.message;
    }
}

}  // namespace
