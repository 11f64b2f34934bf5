#!/usr/bin/env python3
"""From one configuration to another under load, a hundred times: nothing is lost, nothing is twice, no sender notices."""

import json
import re
import signal
import threading
import time

from base import BUILD, ROUTE, SiteTest, some_event, unittest
from client import Connection, Request

RELOADS = 100
SENDERS = 2
GAP_SECONDS_MAX = 1.0
STEADY = "steady-to-ledger"
EXTRA = "extra-to-ledger"


class Sender(threading.Thread):
    """Posts one event after another on one connection until told to stop, and keeps what it saw."""

    def __init__(self, address, path, name):
        super().__init__(daemon=True)
        self._connection = Connection(address, path)
        self._prefix = name
        self._told_to_stop = threading.Event()
        self.events = []  # all of them answered 202
        self.problems = []
        self.gap = 0.0  # the longest time without an answer

    def run(self):
        answered = time.monotonic()
        while not self._told_to_stop.is_set() and not self.problems:
            event = some_event(f"{self._prefix}-{len(self.events)}")
            try:
                status, _, body = self._connection.post(Request([event], False).body, Request([event], False).content_type)
            except Exception as error:  # whatever a sender would notice
                self.problems.append(f"{event['id']}: {error!r}")
                break
            now = time.monotonic()
            self.gap, answered = max(self.gap, now - answered), now
            if status != 202 or json.loads(body)["status"] != "accepted":
                self.problems.append(f"{event['id']}: {status} {body!r}")
            self.events.append(event)
        self._connection.close()

    def finish(self):
        self._told_to_stop.set()
        self.join()


class ReloadTest(SiteTest):
    def metrics(self):
        return self.host.metrics()

    def reload(self):
        """The report of `weir reload`, which must be obeyed."""
        done = self.reload_verb("-c", str(self.site.config), "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertTrue(report["applied"], report)
        return report

    def reload_verb(self, *arguments):
        return self.host.verb("reload", "--reason", "end-to-end test", *arguments)

    def reload_there(self, *arguments):
        """`weir reload` by somebody who has no configuration: the host alone says what it thinks of the new one."""
        address = json.loads((self.folder / "data/host.json").read_text())["admin"]
        return self.reload_verb("--url", address, "--token-file", str(self.folder / "data/admin/local.token"), *arguments)

    def signal(self):
        """SIGHUP; returns when the configuration was taken, or refused. True: taken."""
        before = self.metrics()
        self.host.process.send_signal(signal.SIGHUP)
        for _ in range(2000):
            now = self.metrics()
            if now["weir_reloads_refused_total"] > before["weir_reloads_refused_total"]:
                return False
            if now["weir_reloads_total"] > before["weir_reloads_total"]:
                return True
            self.pause(0.005)
        self.fail(f"SIGHUP was not followed\n{self.host.last_words()}")


class UnderLoad(ReloadTest):
    def setUp(self):
        super().setUp()
        document = self.site.document
        document["connections"]["steady"] = {"plugin": "http", "path": "/v1/steady"}
        document["connections"]["steady-books"] = dict(document["connections"]["books"], path=str(self.folder / "steady.db"))
        document["connections"]["extra-books"] = dict(document["connections"]["books"], path=str(self.folder / "extra.db"))
        self.steps = self.site.route["steps"]
        document["routes"].append(self.another(STEADY, "steady", "steady-books"))
        self.extra = self.another(EXTRA, "usage", "extra-books")

    def another(self, name, source, destination):
        return {
            "route": name,
            "owner": "tests",
            "from": {"connection": source, "start": "oldest"},
            "steps": json.loads(json.dumps(self.steps)),
            "to": {"connection": destination},
        }

    def change(self, number):
        """The next configuration; the result is that of the reload: which routes it must touch."""
        kind = number % 4
        if kind == 0:
            # A price of something nobody uses: another setting, the same postings.
            self.steps[0]["usage-to-entry"]["prices"]["unused"] = str(number)
        elif kind == 1:
            self.site.route["to"]["retry"]["max_delay"] = f"{200 + number}ms"
        elif kind == 2:
            self.site.document["routes"].append(self.extra)
        else:
            self.site.document["routes"].remove(self.extra)
        self.site.write()
        return ({"changed": [ROUTE]}, {"changed": [ROUTE]}, {"started": [EXTRA]}, {"stopped": [EXTRA]})[kind]

    def break_it(self):
        """A wrong key in the middle of the file; its line there."""
        self.site.route["retrry"] = 1
        self.site.write()
        del self.site.route["retrry"]
        lines = self.site.config.read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if "retrry" in line)

    def apply(self, number, expected):
        if number % 2:
            self.assertTrue(self.signal(), self.host.last_words())
            return
        report = self.reload()
        self.assertEqual({name: report[name] for name in ("started", "changed", "stopped") if report[name]}, expected)
        self.assertIn(STEADY, report["unchanged"])

    def refuse(self, number):
        line = self.break_it()
        place = rf'weir\.yaml:{line}:\d+: unknown key .?.?retrry'
        if number % 20:
            self.assertRegex(self.reload_there().stdout, place)
        else:
            logged = len(self.host.log.read_text())
            self.assertFalse(self.signal())
            for _ in range(1000):  # the log is written by another thread
                if re.search(place, self.host.log.read_text()[logged:]):
                    break
                self.pause(0.01)
            self.assertRegex(self.host.log.read_text()[logged:], place)
        self.site.write()

    def steady_counts(self):
        labels = f'{{route="{STEADY}",destination="steady-books"}}'
        metrics = self.metrics()
        return [metrics[f"weir_records_{name}_total{labels}"] for name in ("accepted", "delivered")]

    def test_a_hundred_reloads(self):
        self.start()
        senders = [Sender(self.host.address, self.site.path, f"s{i}") for i in range(SENDERS)]
        steady = Sender(self.host.address, "/v1/steady", "steady")
        for sender in (*senders, steady):
            sender.start()
            self.addCleanup(sender.finish)
        counts = [self.steady_counts()]
        for number in range(RELOADS):
            if number % 10 == 9:
                self.refuse(number + 1)
            self.apply(number, self.change(number))
            counts.append(self.steady_counts())
            self.assertEqual([each for sender in (*senders, steady) for each in sender.problems], [])
        for sender in (*senders, steady):
            sender.finish()
        self.expect_nothing_noticed(senders, steady)
        self.assertEqual(counts, sorted(counts), "an unchanged route's counters went back")
        self.assertEqual(self.metrics()["weir_reloads_total"], RELOADS + 1)  # the last one looks at what came and went
        self.assertEqual(self.metrics()["weir_reloads_refused_total"], RELOADS // 10)

    def expect_nothing_noticed(self, senders, steady):
        events = [event for sender in senders for event in sender.events]
        self.assertGreater(len(events), RELOADS)
        self.assertGreater(len(steady.events), RELOADS)
        for sender in (*senders, steady):
            self.assertEqual(sender.problems, [])
            self.assertLess(sender.gap, GAP_SECONDS_MAX)
        for name, expected in ((ROUTE, len(events)), (STEADY, len(steady.events))):
            line = self.host.await_settled(name, expected, seconds=25)
            self.assertEqual((line["accepted"], line["delivered"], line["balanced"]), (expected, expected, True), line)
        self.expect_books(events)
        # The route that came and went has each event at most once, and nothing that was not sent.
        self.site.document["routes"].append(self.extra)
        self.site.write()
        self.reload()
        line = self.host.await_settled(EXTRA, len(events), seconds=25)
        self.assertEqual((line["delivered"], line["balanced"]), (len(events), True), line)


class Refused(ReloadTest):
    def expect_it_goes_on(self):
        self.assertEqual(self.post(some_event()), 202)
        self.host.await_settled(ROUTE, 1)
        self.expect_books([some_event()])

    def test_what_is_fixed_for_a_process_is_named(self):
        self.start()
        self.site.document["data_dir"] = str(self.folder / "elsewhere")
        self.site.write()
        report = json.loads(self.reload_there("--json").stdout)
        self.assertEqual((report["applied"], report["problems"]), (False, ["data_dir cannot change while the host runs: restart it"]))
        self.site.document["data_dir"] = str(self.folder / "data")
        self.site.write()
        self.expect_it_goes_on()

    def test_the_verb_shows_the_place_of_what_is_wrong_and_fails(self):
        self.start()
        self.site.document["bogus"] = 1
        self.site.write()
        done = self.reload_verb("-c", str(self.site.config))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stdout + done.stderr, r'weir\.yaml:\d+:\d+: unknown key "bogus"')
        del self.site.document["bogus"]
        self.site.write()
        self.expect_it_goes_on()

    def test_a_refusal_by_the_host_fails_as_well(self):
        self.start()
        self.site.document["bogus"] = 1
        self.site.write()
        self.assertNotEqual(self.reload_there().returncode, 0)

    def test_while_the_file_is_wrong_other_verbs_reach_the_running_host(self):
        self.start()
        self.site.document["bogus"] = 1
        self.site.write()
        self.assertEqual(self.host.verb("status", "-c", str(self.site.config)).returncode, 0)


class DestinationAway(ReloadTest):
    def test_intake_goes_on_and_the_way_back_is_a_reload(self):
        self.start()
        connection = self.site.document["connections"]["books"]
        connection["path"] = str(self.folder / "missing/books.db")
        self.site.write()
        self.assertEqual(self.reload()["changed"], [ROUTE])
        self.assertEqual(self.post(some_event()), 202)
        (state,) = [each for each in self.host.listing("routes")["routes"][0]["destinations"]]
        self.assertEqual((state["connected"], state["state"]), (False, "connecting"))
        self.assertIn("missing/books.db", state["last_error"])
        connection["path"] = str(self.site.books)
        self.site.write()
        self.reload()
        self.host.await_settled(ROUTE, 1)
        self.expect_books([some_event()])


class PluginVersions(ReloadTest):
    """Two versions of the ledger: the same code, with another number in its manifest."""

    def setUp(self):
        super().setUp()
        self.plugins = self.folder / "plugins"
        self.plugins.mkdir(mode=0o755)
        for plugin in (BUILD / "plugins").glob("*.so"):
            if plugin.name != "bench_map.so":
                (self.plugins / plugin.name).write_bytes(plugin.read_bytes())
        self.site.document["plugins"]["dirs"] = [str(self.plugins)]
        self.version = next(each["version"] for each in self.listed() if each["id"] == "ledger")
        major, minor, patch = self.version.split(".")
        self.newer = f"{major}.{int(minor) + 1}.{patch}"
        self.assertEqual(len(self.version), len(self.newer), "the number is replaced in the file, byte for byte")

    def listed(self):
        return json.loads(self.host.verb("plugins", "--dir", str(self.plugins), "--json").stdout)["plugins"]

    def drop_newer(self):
        library = (self.plugins / "ledger.so").read_bytes()
        (self.plugins / "ledger-newer.so").write_bytes(library.replace(self.version.encode(), self.newer.encode()))

    def pin(self, version):
        self.site.document["connections"]["books"]["plugin"] = f"ledger@{version}"
        self.site.write()
        return self.reload()

    def running_version(self):
        listed = self.host.listing("connections")["connections"]
        return next(each["version"] for each in listed if each["connection"] == "books")

    def test_a_pinned_route_stays_until_the_pin_changes_and_can_go_back(self):
        self.site.document["connections"]["books"]["plugin"] = f"ledger@{self.version}"
        self.start()
        self.assertEqual(self.post(some_event("e-0")), 202)
        self.drop_newer()
        self.assertIn(self.newer, [each["version"] for each in self.listed() if each["id"] == "ledger"])
        events = [some_event("e-0")]
        for number, version in enumerate((self.version, self.newer, self.version), 1):
            report = self.pin(version)
            self.assertEqual(report["unchanged" if number == 1 else "changed"], [ROUTE])
            self.assertEqual(self.running_version(), version)
            events.append(some_event(f"e-{number}"))
            self.assertEqual(self.post(events[-1]), 202)
            self.host.await_settled(ROUTE, len(events))
        self.expect_books(events)

    def test_without_a_pin_the_newer_one_is_taken_at_a_reload(self):
        self.start()
        self.drop_newer()
        self.assertEqual(self.running_version(), self.version)
        self.assertEqual(self.reload()["changed"], [ROUTE])
        self.assertEqual(self.running_version(), self.newer)
        self.assertEqual(self.post(some_event()), 202)
        self.host.await_settled(ROUTE, 1)
        self.expect_books([some_event()])

    def test_a_pin_that_nothing_satisfies_is_refused(self):
        self.start()
        self.site.document["connections"]["books"]["plugin"] = "ledger@99.0.0"
        self.site.write()
        self.assertRegex(self.reload_there().stdout, r"weir\.yaml:\d+:\d+: .*99\.0\.0")
        self.site.document["connections"]["books"]["plugin"] = "ledger"
        self.site.write()
        self.assertEqual(self.running_version(), self.version)


if __name__ == "__main__":
    unittest.main()
