#!/usr/bin/env python3
"""One journal, copied: what verbs answer and do over the copy nobody runs is what they answer and do over a running host.

Each copy has an ERP with the same documents. The running host is paused, so that both stand still while they are asked;
then the stopped one is started, both go on, and their books and accounts must be the same.
"""

import json
import re
import shutil
import sqlite3
from datetime import datetime, timezone

from base import BUILD, Host, ROUTE as ROUTE_OF_SITE, SiteTest, some_event, unittest, usage
from erp_site import DESTINATION, ErpSite
from standin import Standin

ROUTE = "usage-to-erp"
TIMES = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
# What a clock or the order of commits decides, not the journal and the question.
LEFT_OUT = {"host", "age_seconds", "hash", "previous", "previous_hash"}


class Copy:
    """One copy of the journal with an ERP of its own."""

    def __init__(self, folder, name):
        self.folder = folder / name
        self.folder.mkdir()
        self.state = self.folder / "erp.state"
        self.erp = None
        self.host = None

    def prepare(self):
        self.erp = Standin("erp", BUILD / "bin/weir-standin", state=self.state, log=self.folder / "erp.log").start()
        self.site = ErpSite(BUILD, self.folder, self.erp.url)
        document = self.site.document
        document["connections"]["entries"]["path"] = "/v1/usage"
        self.site.route.update({"route": ROUTE, "steps": [{"usage-to-entry": usage.entry_settings()}]})
        self.site.route["to"]["retry"] = {"max_attempts": 1}
        self.site.erp["breaker"] = {"failures": 0}
        self.site.write()
        self.host = Host(BUILD, self.site.config, self.folder / "weir.log")

    def credit(self, account):
        """From now on the step posts revenue there."""
        self.site.route["steps"][0]["usage-to-entry"]["accounts"]["credit"] = account
        self.site.write()

    def close(self):
        if self.host and self.host.running():
            self.host.kill()
        if self.erp:
            self.erp.kill()

    def ask(self, *arguments):
        """(exit status, JSON or None, standard error) of a verb."""
        done = self.host.verb(*arguments, "-c", str(self.site.config), "--json")
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def status(self):
        return self.ask("status")[1]["routes"][0]

    def books(self):
        """Every document with its content, by reference."""
        documents = self.erp.documents("entries")
        return sorted((each["external_ref"], each["posting_date"], json.dumps(each["lines"])) for each in documents)


class StoppedAndRunning(SiteTest):
    def setUp(self):
        super().setUp()
        first = self.copy_of("first")
        first.prepare()
        self.fill(first)
        self.copied_at = datetime.now(timezone.utc).isoformat()
        self.stopped, self.running = self.duplicate(first, "stopped"), self.duplicate(first, "running")
        self.running.host.start()
        for copy in (self.stopped, self.running):
            copy.erp.open_period("2026-05")
        self.both("pause", "--route", ROUTE, "--reason", "so that both stand still")

    def copy_of(self, name):
        copy = Copy(self.folder, name)
        self.addCleanup(copy.close)
        return copy

    def fill(self, copy):
        """A journal with two delivered records, three held and four dead; the host is stopped again."""
        copy.erp.close_period("2026-05")
        copy.host.start()
        self.site, self.host = copy.site, copy.host
        copy.site.path = "/v1/usage"
        unheard = some_event("unheard")
        unheard["data"]["metric"] = "unheard_of"
        for event in (some_event("ok-1"), some_event("ok-2"), unheard, self.in_may("may-1"), self.in_may("may-2")):
            self.assertEqual(self.post(event), 202)
        self.host.await_settled(ROUTE, 5)
        copy.erp.fault({"status": 503, "code": "BUSY"}, method="POST")
        for number in range(4):
            self.assertEqual(self.post(some_event(f"dead-{number}")), 202)
        line = self.host.await_settled(ROUTE, 9)
        self.assertEqual((line["delivered"], line["held"], line["dead"]), (2, 3, 4))
        self.assertEqual(self.host.terminate(), 0)
        copy.erp.stop()

    @staticmethod
    def in_may(event_id):
        return usage.event(event_id, "cus_globex", "api_calls", "500", "2026-05-15T12:00:00Z")

    def duplicate(self, first, name):
        copy = self.copy_of(name)
        shutil.copy(first.state, copy.state)
        copy.prepare()
        shutil.copytree(first.site.data_dir, copy.site.data_dir)
        return copy

    # ------------------------------------------------------------------------------------------ asking both

    def both(self, *arguments, status=0):
        """Asks both the same; the answer, which must be the same."""
        stopped, running = self.stopped.ask(*arguments), self.running.ask(*arguments)
        self.assertEqual(self.comparable(stopped), self.comparable(running), arguments)
        self.assertEqual(stopped[0], status, stopped)
        return stopped[1]

    def comparable(self, value):
        """Without what depends on when it was asked."""
        if isinstance(value, dict):
            return {key: self.comparable(each) for key, each in value.items() if key not in LEFT_OUT}
        if isinstance(value, (list, tuple)):
            return [self.comparable(each) for each in value]
        if isinstance(value, str):
            if TIMES.match(value) and value > self.copied_at[:19]:
                return "after the copy"
            return value.replace(str(self.stopped.folder), "FOLDER").replace(str(self.running.folder), "FOLDER")
        return value

    def items(self):
        """{event id: the name of its delivery} of everything open."""
        listed = self.both("dead-letters", "list", "--state", "all")["dead_letters"]
        return {each["record"]["id"]: each["item"] for each in listed}

    def settle(self, copy):
        for _ in range(2000):
            line = copy.status()
            if line["pending"] == 0 and line["replaying"] == 0:
                return line
            self.pause(0.01)
        self.fail(f"not settled: {line}\n{copy.host.last_words()}")

    def go_on(self):
        """Starts the stopped one; both go on to the end: (status line, books) of both, which must be the same."""
        self.both("resume", "--route", ROUTE, "--reason", "compared")
        self.stopped.host.start()
        lines = [self.settle(copy) for copy in (self.stopped, self.running)]
        self.assertEqual(lines[0], lines[1])
        self.assertTrue(lines[0]["balanced"])
        books = [copy.books() for copy in (self.stopped, self.running)]
        self.assertEqual(books[0], books[1])
        refs = [ref for ref, _, _ in books[0]]
        self.assertEqual(len(refs), len(set(refs)))
        audits = [self.audit(copy) for copy in (self.stopped, self.running)]
        self.assertEqual(audits[0], audits[1])
        for copy in (self.stopped, self.running):
            self.assertTrue(copy.ask("audit", "verify")[1]["intact"])
        return lines[0], books[0]

    def audit(self, copy):
        """What was done; but for the reload, which only a running host has."""
        entries = copy.ask("audit", "--limit", "1000")[1]["entries"]
        return [self.comparable({**each, "sequence": 0}) for each in entries if each["action"] != "reload"]

    # ------------------------------------------------------------------------------------------ the tests

    def test_what_is_listed(self):
        items = self.items()
        self.assertEqual(len(items), 7)
        for question in (
            ("status",),
            ("offsets",),
            ("dead-letters", "list"),
            ("dead-letters", "list", "--state", "held"),
            ("dead-letters", "list", "--code", "BUSY", "--limit", "2"),
            ("dead-letters", "list", "--text", "cus_acme"),
            ("dead-letters", "show", items["dead-0"]),
            ("exceptions", "list"),
            ("exceptions", "list", "--code", "PERIOD_CLOSED"),
            ("exceptions", "list", "--destination", "-"),
            ("exceptions", "show", items["may-1"]),
            ("exceptions", "show", items["unheard"]),
            ("trace", "ok-1"),
            ("trace", "dead-0"),
            ("audit",),
            ("audit", "verify"),
        ):
            with self.subTest(question):
                self.both(*question)

    def test_what_is_refused(self):
        items = self.items()
        reason = ("--reason", "test")
        for status, question in (
            (1, ("exceptions", "show", f"{ROUTE}/{DESTINATION}/99.0")),
            (2, ("exceptions", "show", "nonsense")),
            (2, ("exceptions", "assign", items["may-1"], "--to", "mia")),
            (2, ("redrive", "--state", "held", "--dry-run")),
            (1, ("replay", "--route", "nobody's")),
            (1, ("trace", "never-sent")),
            (1, ("redrive", items["unheard"], "--mapping", "original", *reason)),
            (1, ("exceptions", "resubmit", items["unheard"], "--mapping", "original", *reason)),
            (1, ("exceptions", "resolve", items["dead-0"], *reason)),
        ):
            with self.subTest(question):
                self.both(*question, status=status)

    def test_what_people_do_with_exceptions(self):
        items = self.items()
        self.both("exceptions", "assign", items["may-1"], "--to", "mia", "--reason", "her customer")
        self.assertEqual(len(self.both("exceptions", "list", "--assignee", "mia")["exceptions"]), 1)
        self.both("exceptions", "note", items["may-1"], "--note", "asked ACME", "--reason", "for the record")
        self.both("exceptions", "edit", items["may-1"], "--patch", '{"posting_date":"2026-06-01"}', "--reason", "May is closed")
        self.both("exceptions", "edit", items["unheard"], "--patch", '{"metric":"api_calls"}', "--reason", "renamed")
        self.both("exceptions", "resolve", items["may-2"], "--remote-id", "CN-17", "--reason", "by hand")
        self.both("dead-letters", "resolve", items["dead-3"], "--reason", "not needed")
        self.both("exceptions", "show", items["may-1"])
        self.both("exceptions", "show", items["may-2"])
        self.both("redrive", items["may-1"], "--mapping", "current", "--reason", "loses the edit", status=1)
        self.both("exceptions", "resubmit", items["may-1"], "--reason", "edited")
        self.both("exceptions", "resubmit", items["unheard"], "--reason", "edited")
        self.both("trace", "may-1")
        line, books = self.go_on()
        self.assertEqual((line["delivered"], line["resolved"], line["held"], line["dead"]), (4, 2, 0, 3), line)
        self.assertEqual(len(books), 4)
        self.assertIn("2026-06-01", [date for _, date, _ in books])

    def test_redrive(self):
        items = self.items()
        dry = self.both("redrive", "--route", ROUTE, "--code", "BUSY", "--dry-run")
        self.assertEqual((dry["dry_run"], dry["redriven"]), (True, 4))
        self.assertEqual(len(self.items()), 7, "a dry run changed something")
        self.both("redrive", items["dead-0"], "--mapping", "original", "--reason", "by id")
        for copy in (self.stopped, self.running):
            copy.credit("4010")
        self.assertTrue(self.running.ask("reload", "--reason", "another account")[1]["applied"])
        self.both("redrive", "--route", ROUTE, "--code", "BUSY", "--key", "dead-1", "--reason", "original by itself")
        current = self.both("redrive", "--route", ROUTE, "--code", "BUSY", "--mapping", "current", "--reason", "by query")
        self.assertEqual(current["redriven"], 2)
        self.both("redrive", items["may-1"], "--mapping", "current", "--reason", "May is open again")
        line, books = self.go_on()
        self.assertEqual((line["delivered"], line["held"], line["dead"]), (7, 2, 0), line)
        # ok-1, ok-2, dead-0 and dead-1 as they were mapped then; dead-2, dead-3 and may-1 as now.
        self.assertEqual(sorted("4010" in lines for _, _, lines in books), [False] * 4 + [True] * 3)

    def test_replay(self):
        dry = self.both("replay", "--route", ROUTE)
        self.assertEqual((dry["dry_run"], dry["replayed"]), (True, 2))
        self.assertEqual(self.both("status")["routes"][0]["replaying"], 0)
        self.both("replay", "--route", ROUTE, "--id", "ok-1", "--yes", "--reason", "by id")
        self.both("replay", "--route", ROUTE, "--event-since", "2026-06-01T00:00:00Z", "--yes", "--reason", "June")
        before = self.stopped.books()
        line, books = self.go_on()
        self.assertEqual(line["delivered"], 2)
        self.assertEqual(books, before, "a replay posted something twice")


class WhatScriptsSee(SiteTest):
    """Exit statuses, and where options may stand."""

    def pause_route(self):
        done = self.host.verb("pause", "--route", ROUTE_OF_SITE, "--reason", "first", "-c", str(self.site.config))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_changed_audit_fails(self):
        self.start()
        self.pause_route()
        self.assertEqual(self.host.terminate(), 0)
        (segment,) = (self.folder / "data/journal").glob("segment-*.db")
        books = sqlite3.connect(segment)
        books.execute("UPDATE audit SET reason = 'another'")
        books.commit()
        books.close()
        done = self.host.verb("audit", "verify", "-c", str(self.site.config))
        self.assertIn("was changed", done.stdout + done.stderr)
        self.assertNotEqual(done.returncode, 0)

    def test_the_configuration_may_stand_before_the_second_word(self):
        self.start()
        before = self.host.verb("exceptions", "-c", str(self.site.config), "list", "--json")
        after = self.host.verb("exceptions", "list", "-c", str(self.site.config), "--json")
        self.assertEqual((before.returncode, before.stdout), (after.returncode, after.stdout))


if __name__ == "__main__":
    unittest.main()
