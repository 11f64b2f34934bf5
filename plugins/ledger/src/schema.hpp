// The tables and views of the books. docs: README.md, "The books".
#pragma once

namespace weir::ledger {

inline constexpr int kSchemaVersion = 1;

// Amounts are whole minor units (`minor`) and their exact text (`amount`); no column holds a float, and the views
// sum integers only: SQLite's SUM over integers is exact and fails on overflow instead of rounding.
inline constexpr const char* kSchemaSql = R"sql(
CREATE TABLE currencies (
    code TEXT PRIMARY KEY, exponent INTEGER NOT NULL, per_unit INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE companies (
    code TEXT PRIMARY KEY, listed INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE accounts (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
    blocked INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE periods (
    company TEXT NOT NULL, period TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    set_by TEXT NOT NULL DEFAULT 'books' CHECK (set_by IN ('books', 'config')),
    PRIMARY KEY (company, period)
) WITHOUT ROWID;
CREATE TABLE entries (
    entry_no INTEGER PRIMARY KEY,
    company TEXT NOT NULL, external_ref TEXT NOT NULL,
    document_type TEXT NOT NULL, document_date TEXT NOT NULL, posting_date TEXT NOT NULL,
    currency TEXT NOT NULL REFERENCES currencies (code),
    memo TEXT NOT NULL, created_unix_ns INTEGER NOT NULL,
    UNIQUE (company, external_ref)
);
CREATE TABLE lines (
    entry_no INTEGER NOT NULL REFERENCES entries (entry_no),
    line_no INTEGER NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (code),
    side TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
    minor INTEGER NOT NULL CHECK (typeof(minor) = 'integer' AND minor > 0),
    amount TEXT NOT NULL, memo TEXT NOT NULL,
    PRIMARY KEY (entry_no, line_no)
) WITHOUT ROWID;

CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'a posted entry is final: post a reversal'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'a posted entry is final: post a reversal'); END;
CREATE TRIGGER lines_are_final BEFORE UPDATE ON lines
BEGIN SELECT raise(ABORT, 'a posted entry is final: post a reversal'); END;
CREATE TRIGGER lines_stay BEFORE DELETE ON lines
BEGIN SELECT raise(ABORT, 'a posted entry is final: post a reversal'); END;

CREATE VIEW journal AS
    SELECT printf('JE-%06d', e.entry_no) AS entry, e.company, e.posting_date, e.document_date, e.document_type,
           e.external_ref, l.line_no, l.account, a.name AS account_name,
           CASE l.side WHEN 'debit' THEN l.amount ELSE '' END AS debit,
           CASE l.side WHEN 'credit' THEN l.amount ELSE '' END AS credit,
           e.currency, CASE l.memo WHEN '' THEN e.memo ELSE l.memo END AS memo
    FROM entries e JOIN lines l USING (entry_no) JOIN accounts a ON a.code = l.account
    ORDER BY e.entry_no, l.line_no;

CREATE VIEW account_totals AS
    SELECT e.company, e.currency, l.account, substr(e.posting_date, 1, 7) AS period,
           sum(CASE l.side WHEN 'debit' THEN l.minor ELSE 0 END) AS debit_minor,
           sum(CASE l.side WHEN 'credit' THEN l.minor ELSE 0 END) AS credit_minor
    FROM lines l JOIN entries e USING (entry_no)
    GROUP BY e.company, e.currency, l.account, period;

CREATE VIEW trial_balance AS
    SELECT t.company, t.currency, t.account, a.name AS account_name,
           CASE c.exponent WHEN 0 THEN printf('%d', t.debit)
                ELSE printf('%d.%0*d', t.debit / c.per_unit, c.exponent, t.debit % c.per_unit) END AS debit,
           CASE c.exponent WHEN 0 THEN printf('%d', t.credit)
                ELSE printf('%d.%0*d', t.credit / c.per_unit, c.exponent, t.credit % c.per_unit) END AS credit,
           CASE WHEN t.debit < t.credit THEN '-' ELSE '' END ||
           CASE c.exponent WHEN 0 THEN printf('%d', abs(t.debit - t.credit))
                ELSE printf('%d.%0*d', abs(t.debit - t.credit) / c.per_unit, c.exponent,
                            abs(t.debit - t.credit) % c.per_unit) END AS balance
    FROM (SELECT company, currency, account, sum(debit_minor) AS debit, sum(credit_minor) AS credit
          FROM account_totals GROUP BY company, currency, account) t
    JOIN accounts a ON a.code = t.account JOIN currencies c ON c.code = t.currency
    ORDER BY t.company, t.currency, t.account;

CREATE VIEW unbalanced AS
    SELECT printf('JE-%06d', e.entry_no) AS entry, e.company, e.external_ref, count(l.line_no) AS lines,
           coalesce(sum(CASE l.side WHEN 'debit' THEN l.minor ELSE -l.minor END), 0) AS difference_minor
    FROM entries e LEFT JOIN lines l USING (entry_no)
    GROUP BY e.entry_no
    HAVING difference_minor <> 0 OR lines < 2;
)sql";

}  // namespace weir::ledger
