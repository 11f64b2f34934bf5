"""Reads the ledger's books from its SQLite file, beside the ledger's own code."""

import pathlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    account: str
    side: str  # "debit" or "credit"
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    external_ref: str
    posting_date: str
    currency: str
    memo: str
    lines: tuple

    def total(self, side):
        return sum((line.amount for line in self.lines if line.side == side), Decimal(0))


def read_entries(path):
    """Every posted entry, in the order of its number; none when there is no file yet."""
    if not pathlib.Path(path).exists():
        return []
    with _open(path) as books:
        lines = {}
        for number, account, side, amount in books.execute(
            "SELECT entry_no, account, side, amount FROM lines ORDER BY entry_no, line_no"
        ):
            lines.setdefault(number, []).append(Line(account, side, Decimal(amount)))
        return [
            Entry(ref, date, currency, memo, tuple(lines.get(number, ())))
            for number, ref, date, currency, memo in books.execute(
                "SELECT entry_no, external_ref, posting_date, currency, memo FROM entries ORDER BY entry_no"
            )
        ]


def unbalanced(path):
    """What the books' own view `unbalanced` lists."""
    with _open(path) as books:
        return books.execute("SELECT * FROM unbalanced").fetchall()


class _open:
    """A read-only connection that closes itself (sqlite3's own context manager only ends the transaction)."""

    def __init__(self, path):
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)

    def __enter__(self):
        return self._connection

    def __exit__(self, *_):
        self._connection.close()


def differences(expected, found):
    """What is missing, what is there twice and what should not be there, as lines of text; none when all is well.

    Both are lists of Entry; each expected entry must be in the books exactly once, with the same content.
    """
    wanted, present = Counter(expected), Counter(found)
    problems = [f"missing: {_short(entry)}" for entry in wanted - present]
    problems += [f"not expected, or twice: {_short(entry)}" for entry in present - wanted]
    twice = [ref for ref, count in Counter(entry.external_ref for entry in found).items() if count > 1]
    problems += [f"reference in the books twice: {ref}" for ref in twice]
    return problems


def _short(entry):
    lines = ", ".join(f"{line.side} {line.account} {line.amount}" for line in entry.lines)
    return f"{entry.external_ref} {entry.posting_date} {entry.memo!r}: {lines} {entry.currency}"
