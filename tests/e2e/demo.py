#!/usr/bin/env python3
"""A month of usage becomes balanced books, while weir is killed in the middle.

Sends June 2026 of five customers over HTTP and through a file, with copies, late, malformed and conflicting events
among them; kills weir with SIGKILL half-way and starts it again; then compares the ledger with postings computed here,
apart from the product's code. Exits 0 only if they are equal to the cent.
"""

import argparse
import os
import pathlib
import shutil
import sys
import threading
import time
from collections import defaultdict
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/driver"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from books import differences, read_entries, unbalanced  # noqa: E402
from client import Connection, Request, send_all  # noqa: E402
from demo_month import make_month  # noqa: E402
from demo_report import Report  # noqa: E402
from host import Host, HostDied, VerbFailed  # noqa: E402
import usage  # noqa: E402

CONNECTIONS = 8
PATH = "/v1/usage"
TRACED = "use-acme-2026-06-14"
ROUTES = {"usage-to-ledger": "HTTP", "drop-to-ledger": "file drop", "alerts-to-partner": "alerts"}
CUSTOMERS = {
    "cus_acme": "ACME",
    "cus_globex": "Globex",
    "cus_initech": "Initech",
    "cus_umbrella": "Umbrella",
    "cus_hooli": "Hooli",
}


class Demo:
    def __init__(self, build, folder, seed):
        self.folder = folder
        self.month = make_month(seed)
        self.report = Report()
        self.host = Host(build, ROOT / "config/demo/weir.yaml", folder / "weir.log")
        self.drop = folder / "drop" / "hooli-2026-06.ndjson"
        self.waiting = []

    def run(self):
        self.report.title("weir demo: a month of usage becomes balanced books, with kill -9 in the middle")
        with self.host:
            self.start()
            self.send_and_kill()
            self.restart_and_resend()
            self.send_trouble()
            self.await_settled()
            self.show_books()
            self.show_suppressed_held_dead()
            self.show_trace()
            self.stop()
        self.report.verdict(
            f"The books equal the expected ones: {len(self.month.over_http) + len(self.month.in_file)} postings, each exactly once, to the cent.",
            f"{self.report.failures} statements do not hold. The log: {self.host.log}",
        )
        return 0 if self.report.failures == 0 else 1

    # ------------------------------------------------------------------------------------------ the month

    def start(self):
        self.drop.parent.mkdir(parents=True)
        (self.folder / "alerts.ndjson").write_text("".join(line + "\n" for line in self.month.alerts))
        self.report.chapter("weir starts")
        self.host.start()
        self.report.quote(self.host.banner)

    def send_and_kill(self):
        events = sum(len(request.events) for request in self.month.requests)
        self.report.chapter("June 2026 comes in, and weir is killed half-way")
        self.report.fact(
            f"{events} events of 4 customers over HTTP, single posts and batches, on {CONNECTIONS} connections; "
            f"{len(self.month.drop)} lines"
        )
        self.report.fact("of a fifth in a file that another system writes while weir reads it")
        middle = len(self.month.drop) // 2
        self._append_to_drop(self.month.drop[:middle])

        kill_at = len(self.month.requests) // 2
        reached = threading.Event()
        killer = threading.Thread(target=lambda: (reached.wait(60), self.host.kill()))
        killer.start()
        outcome = self._send(self.month.requests, lambda count: reached.set() if count >= kill_at else None)
        reached.set()
        killer.join()
        self.waiting = outcome.unanswered
        self._append_to_drop(self.month.drop[middle:])
        self.report.fact(
            f"kill -9 after {len(outcome.acknowledged)} answered requests; {len(self.waiting)} of "
            f"{len(self.month.requests)} have no answer; the file grows on"
        )

    def restart_and_resend(self):
        self.report.chapter("weir starts again, and the sender sends again what was not answered")
        began = time.monotonic()
        self.host.start()
        took = time.monotonic() - began
        outcome = self._send(self.waiting)
        self.report.fact(f"ready after {took * 1000:.0f} ms; {len(outcome.acknowledged)} requests sent again")
        self.report.check(not outcome.unanswered and not outcome.refused, "every request is answered 202")

    def send_trouble(self):
        self.report.chapter("What real senders do as well")
        outcome = self._send(self.month.copies)
        self.report.check(
            len(outcome.acknowledged) == len(self.month.copies),
            f"{len(self.month.copies)} events come a second time, byte for byte: answered as done",
        )
        status, _, _ = self._post(Request([self.month.conflict], False))
        self.report.check(status == 202, f"one id comes again with another quantity: taken ({status}), and held")
        for body, content_type in self.month.malformed:
            status, _, answer = self._post_raw(body, content_type)
            self.report.check(status in (400, 415), f"refused with {status}: {body[:40]!r} as {content_type}")
        status, _, answer = self._post(self.month.bad_item)
        self.report.check(
            200 <= status < 300, f"a batch with one bad item: {status}, the good ones are taken, the bad one is named"
        )

    def await_settled(self):
        expected = {
            "usage-to-ledger": len(self.month.over_http) + len(self.month.held),
            "drop-to-ledger": len(self.month.drop),
            "alerts-to-partner": len(self.month.alerts),
        }
        self.lines = {name: self.host.await_settled(name, count) for name, count in expected.items()}
        self.expected_accepted = expected

    # ------------------------------------------------------------------------------------------ what came of it

    def show_books(self):
        found = read_entries(self.folder / "books.db")
        expected = self.expected_entries()
        self.report.chapter("The books")
        customer_of = {entry.external_ref: subject for subject, entry in expected}
        wanted, booked = totals(expected), totals((customer_of.get(entry.external_ref, "?"), entry) for entry in found)
        rows = [
            (CUSTOMERS.get(subject, "not expected"), booked[subject][0], money(booked[subject][1]),
             wanted[subject][0], money(wanted[subject][1]))
            for subject in sorted({*wanted, *booked})
        ]  # fmt: skip
        rows.append(
            ("all", len(found), money(sum(amount for _, amount in booked.values())),
             len(expected), money(sum(amount for _, amount in wanted.values())))
        )  # fmt: skip
        self.report.table(("customer", "entries", "USD in the books", "expected", "USD expected"), rows, right=(1, 2, 3, 4))
        self.report.line()
        self._show_accounts(found)
        problems = differences([entry for _, entry in expected], found)
        self.report.check(not problems, f"all {len(expected)} postings are there, each once, and no other", problems)
        self.report.check(not unbalanced(self.folder / "books.db"), "every entry is balanced")

    def expected_entries(self):
        """(customer, posting) for each event that must be in the books."""
        ways = (("usage-to-ledger", self.month.over_http), ("drop-to-ledger", self.month.in_file))
        return [(event["subject"], usage.expected_entry(event, route, "erp")) for route, events in ways for event in events]

    def _show_accounts(self, found):
        accounts = defaultdict(lambda: {"debit": Decimal(0), "credit": Decimal(0)})
        for entry in found:
            for line in entry.lines:
                accounts[line.account][line.side] += line.amount
        rows = [(account, money(sides["debit"]), money(sides["credit"])) for account, sides in sorted(accounts.items())]
        debit, credit = (sum((sides[side] for sides in accounts.values()), Decimal(0)) for side in ("debit", "credit"))
        rows.append(("sum", money(debit), money(credit)))
        self.report.table(("account", "debit USD", "credit USD"), rows, right=(1, 2))
        self.report.check(debit == credit, "debits equal credits")

    def show_suppressed_held_dead(self):
        self.report.chapter("Nothing is unaccounted for")
        names = ("accepted", "delivered", "filtered", "held", "dead", "pending", "suppressed")
        rows = [(name, *(line[key] for key in names)) for name, line in self.lines.items()]
        self.report.table(("route", *names), rows, right=range(1, 8))
        self.report.check(
            all(line["balanced"] for line in self.lines.values()),
            "accepted = delivered + filtered + held + dead + pending, on every route",
        )
        wrong = [f"{name}: {self.lines[name]['accepted']}, expected {count}" for name, count in self.expected_accepted.items()
                 if self.lines[name]["accepted"] != count]  # fmt: skip
        self.report.check(not wrong, "each event was accepted once", wrong)
        copies, suppressed = len(self.month.copies), self.lines["usage-to-ledger"]["suppressed"]
        self.report.check(
            suppressed >= copies,
            f"{suppressed} suppressed at the door: {copies} copies, {suppressed - copies} sent again though stored before the kill",
        )
        self._show_put_aside()

    def _show_put_aside(self):
        listed = self.host.listing("dead-letters")["dead_letters"]
        rows = [(item["state"], item["record"].get("id", "?"), item["code"], item["message"]) for item in listed]
        self.report.line()
        self.report.table(("state", "event", "code", "why"), sorted(rows))
        held = {(item["record"].get("id"), item["code"]) for item in listed if item["state"] == "held"}
        missing = set(self.month.held.items()) - held
        self.report.check(not missing, "each is held under the reason it was sent for", missing)
        torn = [item for item in listed if item["route"] == "drop-to-ledger"]
        self.report.check(len(torn) == 1, "the torn line of the file is held, the lines around it are posted", torn)
        dead = sorted(item["record"].get("id") for item in listed if item["state"] == "dead")
        self.report.check(dead == self.month.dead, "what a partner who is not there did not take is dead, and kept", dead)

    def show_trace(self):
        self.report.chapter(f"Where a posting comes from: weir trace {TRACED}")
        done = self.host.verb("trace", "-c", str(self.host.config), TRACED)
        self.report.quote(done.stdout.splitlines())
        self.report.check(done.returncode == 0 and "JE-" in done.stdout, "from the event to the number in the ledger")

    def stop(self):
        status = self.host.terminate()
        self.report.check(status == 0, "SIGTERM ends it in order")

    # ------------------------------------------------------------------------------------------ sending

    def _send(self, requests, on_acknowledged=None):
        return send_all(self.host.address, PATH, requests, CONNECTIONS, on_acknowledged)

    def _post(self, request):
        return self._post_raw(request.body, request.content_type)

    def _post_raw(self, body, content_type):
        connection = Connection(self.host.address, PATH)
        answer = connection.post(body, content_type)
        connection.close()
        return answer

    def _append_to_drop(self, lines):
        with open(self.drop, "a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)


def totals(entries):
    """{customer: [entries, amount]} of (customer, entry) pairs."""
    by_customer = defaultdict(lambda: [0, Decimal(0)])
    for customer, entry in entries:
        by_customer[customer][0] += 1
        by_customer[customer][1] += entry.total("credit")
    return by_customer


def money(value):
    return f"{value:,.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="the build folder: bin/weir and plugins/ are in it")
    parser.add_argument("--folder", help="where data, drop and books go; default: demo/ in the build folder's parent")
    parser.add_argument("--seed", type=int, default=2026, help="other quantities (default 2026)")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    folder = pathlib.Path(arguments.folder).resolve() if arguments.folder else build.parent / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # config/demo/weir.yaml reads them, with defaults for use by hand.
    os.environ["WEIR_BUILD"] = str(build)
    os.environ["WEIR_DEMO"] = str(folder)
    demo = Demo(build, folder, arguments.seed)
    try:
        return demo.run()
    except (HostDied, VerbFailed, TimeoutError) as problem:
        print(f"the demo could not go on: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
