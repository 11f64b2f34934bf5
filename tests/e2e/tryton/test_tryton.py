#!/usr/bin/env python3
"""Documents reach a real Tryton once each, while weir and trytond are killed and everything else goes wrong, too."""

import itertools
import os
import pathlib
import random
import sys
import tempfile
import time
import unittest
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[1] / "driver"))
from client import Request, send_all  # noqa: E402
from host import Host  # noqa: E402
import rpc_log  # noqa: E402
import tryton_server  # noqa: E402
import tryton_site as site  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", HERE.parents[2] / "build/release"))
SEED = os.environ.get("WEIR_SEED", "2026-06")
ENTRIES, INVOICES, CUSTOMERS = 60, 20, 3
CLOSED_PERIOD, IN_CLOSED_PERIOD = "2026-05", 17  # the period, and the entry that lies in it
WRONG_ACCOUNT, ON_WRONG_ACCOUNT = "4099", 41  # closed in Tryton's chart, and the entry that posts to it
SETTLE_SECONDS = 90


def documents(rng):
    entries = [
        site.entry(
            number,
            Decimal(rng.randint(1, 99_999_999)) / 100,
            f"{CLOSED_PERIOD}-20" if number == IN_CLOSED_PERIOD else f"2026-06-{rng.randint(1, 30):02}",
            WRONG_ACCOUNT if number == ON_WRONG_ACCOUNT else "4020",
        )
        for number in range(ENTRIES)
    ]
    invoices = [
        site.invoice(number, rng.randint(1, 500_000), Decimal(rng.randint(1, 999)) / 10_000)
        for number in range(INVOICES)
    ]
    return entries, invoices


class RpcLogTest(unittest.TestCase):
    """The judge of the test below sees what it is there to see."""

    MOVE = "<class 'trytond.pool.account.move'>"
    CREATE = MOVE + ".create(*([{'description': 'WR-ABCDEFGHIJKLMNOP', 'lines': []}], {}), **{})"
    SEARCH = MOVE + ".search_read(*([['description', 'in', ['WR-ABCDEFGHIJKLMNOP']]], 0), **{})"
    POST = "<class 'trytond.modules.account.move.Move'>.post(*([7], {}), **{})"

    WAY = [SEARCH, "Result: []", CREATE, "Result: [7]", SEARCH, "Result: [{'id': 7}]", POST, "Result: None"]

    def problems(self, *lines):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"
            for line in lines:
                user = "" if line.startswith("Result") else " from weir@127.0.0.1/erp/"
                with open(log, "a", encoding="utf-8") as out:
                    out.write(f"@1.1 {line}{user}\n")
            calls = rpc_log.read_calls(log)
        return len(rpc_log.blind_repetitions(calls)), rpc_log.posts_done(calls)

    def test_takes_the_whole_way_for_good(self):
        self.assertEqual(self.problems(*self.WAY), (0, {("move", 7): 1}))

    def test_sees_a_create_that_nobody_searched_for(self):
        self.assertEqual(self.problems(self.CREATE, "Result: [7]")[0], 1)
        self.assertEqual(self.problems(self.SEARCH, "Result: []", self.CREATE, "Result: [7]", self.CREATE)[0], 1)

    def test_sees_a_blind_post_and_two_posts(self):
        self.assertEqual(self.problems(*self.WAY, self.POST, "Result: None"), (1, {("move", 7): 2}))

    def test_lets_what_was_refused_be_tried_again(self):
        lines = [self.SEARCH, "Result: []", self.CREATE, self.CREATE, self.CREATE, "Result: [7]"]
        self.assertEqual(self.problems(*lines)[0], 0)


class Faults:
    """Things that go wrong, one after another, each once weir has got some calls further."""

    def __init__(self, rng, host, tryton):
        self.host = host
        self.tryton = tryton
        self.counts = {"weir killed": 0, "trytond killed": 0, "sessions expired": 0}
        self.plan = [self.kill_weir, self.kill_tryton, self.expire_sessions] * 3 + [self.kill_both]
        rng.shuffle(self.plan)
        self.rng = rng

    def run(self, settled):
        """Until the plan is through, or settled() says that there is nothing left to disturb."""
        for fault in self.plan:
            # The next create or post, or the one after it: the steps a kill must not split into two documents.
            if not self.await_writes(self.rng.randint(1, 2), settled):
                return
            fault()

    def await_writes(self, more, settled):
        with open(self.tryton.log, encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            for look in itertools.count(1):
                more -= sum(1 for line in log if " from weir@" in line and (">.create(" in line or ">.post(" in line))
                if more <= 0:
                    return True
                if look % 100 == 0 and settled():
                    return False
                time.sleep(0.005)  # between two looks at what another process does

    def kill_weir(self):
        self.host.kill()
        self.host.start()
        self.counts["weir killed"] += 1

    def kill_tryton(self):
        self.tryton.kill()
        self.tryton.start()
        self.counts["trytond killed"] += 1

    def kill_both(self):
        self.tryton.kill()
        self.host.kill()
        self.tryton.start()
        self.host.start()
        self.counts["weir killed"] += 1
        self.counts["trytond killed"] += 1

    def expire_sessions(self):
        self.tryton.expire_sessions()
        self.counts["sessions expired"] += 1


class TrytonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        missing = tryton_server.missing_packages()
        if missing:
            message = f"Tryton is not installed; ./dev setup installs: {' '.join(missing)}"
            print(message)
            raise unittest.SkipTest(message)
        cls.template = tryton_server.template(BUILD / "tests/e2e/tryton")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-tryton-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # trytond asks for a fresh session before it posts; this one is seldom fresh.
        self.tryton = tryton_server.TrytonServer(self.template, self.folder / "tryton", session_seconds=2)
        self.addCleanup(self._kill, self.tryton)
        self.tryton.start()
        self.site = site.TrytonSite(BUILD, self.folder, self.tryton.url)
        self.host = Host(BUILD, self.site.config, self.folder / "weir.log")
        self.addCleanup(self._kill, self.host)
        self.host.start()
        self.accepted = 0

    @staticmethod
    def _kill(process):
        if process.running():
            process.kill()

    # ------------------------------------------------------------------------------------------------- the test

    def test_each_document_is_posted_once_whatever_happens(self):
        rng = random.Random(SEED)
        entries, invoices = documents(rng)
        customers = [site.customer(number) for number in range(1, CUSTOMERS + 1)]
        self.send(customers)
        self.await_settled()
        self.tryton.client().close_period(CLOSED_PERIOD)
        everything = entries + invoices
        rng.shuffle(everything)
        started = time.monotonic()
        self.send(everything)
        faults = Faults(rng, self.host, self.tryton)
        faults.run(self.settled)
        self.await_settled()
        print(f"seed {SEED}: {faults.counts}, settled after {time.monotonic() - started:.0f} s")
        self.assertGreaterEqual(min(faults.counts.values()), 3, faults.counts)

        self.expect_exceptions(entries)
        refused = {IN_CLOSED_PERIOD, ON_WRONG_ACCOUNT}
        self.expect_books(entries, refused, invoices)
        self.tryton.client().reopen_period(CLOSED_PERIOD)
        self.redrive(entries[IN_CLOSED_PERIOD])
        self.expect_books(entries, refused - {IN_CLOSED_PERIOD}, invoices)
        self.expect_customers(customers)
        self.expect_no_blind_repetition()

    # ------------------------------------------------------------------------------------------------- steps

    def send(self, events):
        requests = [Request(events[at : at + 10], True) for at in range(0, len(events), 10)]
        outcome = send_all(self.host.address, self.site.path, requests, 2)
        self.assertEqual((outcome.unanswered, outcome.refused), ([], []))
        self.accepted += len(events)

    def settled(self):
        line = self.host.route(site.ROUTE)
        return line["accepted"] >= self.accepted and line["pending"] == 0

    def await_settled(self):
        try:
            return self.host.await_settled(site.ROUTE, self.accepted, SETTLE_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.tryton.last_words()}") from None

    def held(self):
        return {row["record"]["id"]: row for row in self.host.listing("exceptions")["exceptions"]}

    def redrive(self, event):
        """Has the held record delivered again, and waits until it is."""
        item = self.held()[event["id"]]["item"]
        reason = f"period {CLOSED_PERIOD} is open again"
        done = self.host.verb("redrive", "-c", str(self.site.config), item, "--reason", reason)
        self.assertEqual(done.returncode, 0, done.stderr)
        deadline = time.monotonic() + SETTLE_SECONDS
        while not (self.settled() and event["id"] not in self.held()):
            self.assertLess(time.monotonic(), deadline, f"not delivered: {self.held()}")
            time.sleep(0.1)  # between two looks at what another process does

    # ------------------------------------------------------------------------------------------------- what must be

    def expect_exceptions(self, entries):
        """Exactly the two business errors, with Tryton's own text; nothing was given up."""
        self.assertEqual(self.host.listing("dead-letters", "--state", "dead")["dead_letters"], [])
        held = self.held()
        closed, wrong = entries[IN_CLOSED_PERIOD]["id"], entries[ON_WRONG_ACCOUNT]["id"]
        self.assertEqual({id_: (row["state"], row["code"]) for id_, row in held.items()},
                         {closed: ("held", "PERIOD_CLOSED"), wrong: ("held", "ACCOUNT_BLOCKED")})  # fmt: skip
        self.assertRegex(held[closed]["message"], r'(in closed period "2026-05"|field "Period" in "Account Move")')
        self.assertEqual(
            held[wrong]["message"],
            'The value for field "Account" in "Account Move Line" is not valid according to its domain.',
        )

    def expect_books(self, entries, refused, invoices):
        client = self.tryton.client()
        expected = {
            site.reference(event): self.entry_content(event)
            for number, event in enumerate(entries)
            if number not in refused
        }
        moves = client.moves()
        self.assertEqual(len({move["description"] for move in moves}), len(moves), "a reference is there twice")
        self.assertEqual({move["description"]: self.move_content(move) for move in moves}, expected)
        found = client.invoices()
        self.assertEqual(len({row["reference"] for row in found}), len(found), "a reference is there twice")
        self.assertEqual(
            {
                row["reference"]: (row["state"], Decimal(row["total_amount"]["decimal"]), row["party."]["code"])
                for row in found
            },
            {
                site.reference(event): ("posted", Decimal(event["data"]["subtotal"]), event["data"]["customer"])
                for event in invoices
            },
        )
        # Tryton numbers invoices without gaps; a post that was repeated would have used a number up.
        self.assertEqual(sorted(row["number"] for row in found), [f"I2026-{n:06}" for n in range(1, INVOICES + 1)])

    @staticmethod
    def entry_content(event):
        data = event["data"]
        debit, credit = data["lines"]
        return ("posted", data["posting_date"],
                [(debit["account"], debit["party"], Decimal(debit["amount"])),
                 (credit["account"], None, -Decimal(credit["amount"]))])  # fmt: skip

    @staticmethod
    def move_content(move):
        date = f"{move['date']['year']}-{move['date']['month']:02}-{move['date']['day']:02}"
        lines = [
            (line["account."]["code"], line["party."] and line["party."]["code"],
             Decimal(line["debit"]["decimal"]) - Decimal(line["credit"]["decimal"]))
            for line in move["lines"]
        ]  # fmt: skip
        return (move["state"], date, sorted(lines, key=lambda line: line[0]))

    def expect_customers(self, customers):
        codes = sorted(row["code"] for row in self.tryton.client().parties())
        for customer in customers:
            self.assertEqual(codes.count(customer["data"]["code"]), 1)

    def expect_no_blind_repetition(self):
        calls = rpc_log.read_calls(self.tryton.log)
        verbs = [call.verb for call in calls]
        self.assertGreater(verbs.count("create"), ENTRIES // 5, "the log does not have weir's calls")
        self.assertEqual(rpc_log.blind_repetitions(calls), [])
        self.assertEqual({what: times for what, times in rpc_log.posts_done(calls).items() if times > 1}, {})


if __name__ == "__main__":
    unittest.main()
