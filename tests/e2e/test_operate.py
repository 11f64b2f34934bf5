#!/usr/bin/env python3
"""What operators do: on a running host through its administration API, on a stopped one over its journal, alike."""

import json
import os
import stat
import urllib.error
import urllib.request

from base import ROUTE, SiteTest, some_event, unittest

DESTINATION = "books"


def refused_event(event_id):
    """One that the steps put aside: nobody knows its metric."""
    event = some_event(event_id)
    event["data"]["metric"] = "unheard_of"
    return event


class OperateTest(SiteTest):
    def verb(self, *arguments):
        return self.host.verb(*arguments, "-c", str(self.site.config))

    def done(self, *arguments):
        """What the verb prints as JSON; it must succeed."""
        done = self.verb(*arguments, "--json")
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}{done.stdout}")
        return json.loads(done.stdout)

    def hold(self, *ids):
        for event_id in ids:
            self.assertEqual(self.post(refused_event(event_id)), 202)
        self.host.await_settled(ROUTE, len(ids))

    def held(self):
        return {one["record"]["id"]: one for one in self.done("exceptions")["exceptions"]}

    def stop(self):
        self.assertEqual(self.host.terminate(), 0)

    def repair(self, event_id):
        """Edits the payload to one that can be posted."""
        item = self.held()[event_id]["item"]
        patch = json.dumps({"metric": "api_calls"})
        self.done("exceptions", "edit", item, "--patch", patch, "--reason", "the metric was renamed")
        return item

    def http(self, path, token=None):
        told = json.loads((self.folder / "data/host.json").read_text())
        request = urllib.request.Request(told["admin"] + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class Alike(OperateTest):
    """The same verbs with the same effect, whether a host runs or not."""

    def repair_and_resubmit(self, event_id):
        item = self.repair(event_id)
        dry = self.done("redrive", item, "--dry-run")
        self.assertEqual((dry["redriven"], dry["dry_run"]), (1, True))
        self.assertEqual(self.done("redrive", item, "--reason", "repaired")["redriven"], 1)

    def test_a_repaired_exception_is_posted_by_the_running_host(self):
        self.start()
        self.hold("strange")
        self.repair_and_resubmit("strange")
        line = self.host.await_settled(ROUTE, 1)
        self.assertEqual((line["delivered"] + line["resolved"], line["held"]), (1, 0), line)
        self.assertEqual(len(self.entries()), 1)
        self.assertEqual(self.held(), {})

    def test_a_repaired_exception_is_posted_at_the_next_start(self):
        self.start()
        self.hold("strange")
        self.stop()
        self.repair_and_resubmit("strange")
        self.assertEqual(len(self.entries()), 0)
        self.start()
        self.host.await_settled(ROUTE, 1)
        self.assertEqual(len(self.entries()), 1)

    def test_a_replay_posts_nothing_twice(self):
        self.start()
        for number in range(5):
            self.assertEqual(self.post(some_event(f"e-{number}")), 202)
        self.host.await_settled(ROUTE, 5)
        dry = self.done("replay", "--route", ROUTE)
        self.assertEqual((dry["replayed"], dry["dry_run"]), (5, True))
        self.assertEqual(self.done("replay", "--route", ROUTE, "--yes", "--reason", "mapping")["replayed"], 5)
        self.await_replayed()
        self.assertEqual(len(self.entries()), 5)
        self.stop()
        self.assertEqual(self.done("replay", "--route", ROUTE, "--yes", "--reason", "again")["replayed"], 5)
        self.start()
        self.await_replayed()
        self.assertEqual(len(self.entries()), 5)
        self.assertTrue(self.host.route(ROUTE)["balanced"])

    def await_replayed(self):
        for _ in range(600):
            if self.host.route(ROUTE)["replaying"] == 0:
                return
            self.pause(0.05)
        self.fail("the replay did not end")

    def test_a_paused_connection_takes_nothing_over_a_restart(self):
        self.site.document["stop_deadline"] = "300ms"  # a stop would wait for what may not be delivered
        self.start()
        self.assertTrue(self.done("pause", "--connection", DESTINATION, "--reason", "maintenance")["paused"])
        self.assertEqual(self.post(some_event("e-1")), 202)
        self.stop()
        self.start()
        self.assertEqual(self.host.route(ROUTE)["delivered"], 0)
        self.stop()
        self.assertFalse(self.done("resume", "--connection", DESTINATION, "--reason", "over")["paused"])
        self.start()
        self.assertEqual(self.host.await_settled(ROUTE, 1)["delivered"], 1)

    def test_everything_is_in_the_audit_of_both(self):
        self.start()
        self.hold("a", "b")
        self.done("exceptions", "resolve", self.held()["a"]["item"], "--reason", "running")
        self.stop()
        self.done("exceptions", "resolve", self.held()["b"]["item"], "--reason", "stopped")
        entries = self.done("audit", "--action", "resolve")["entries"]
        self.assertEqual([entry["reason"] for entry in entries], ["running", "stopped"])
        self.assertEqual({entry["actor"].split(":")[0] for entry in entries}, {"local"})
        self.assertEqual(entries[0]["actor"], entries[1]["actor"])
        self.assertTrue(self.done("audit", "verify")["intact"])

    def test_listings_are_the_same(self):
        self.start()
        self.hold("a", "b")
        names = ("status", "exceptions", "dead-letters", "offsets")
        running = {name: self.done(name) for name in names}
        self.stop()
        stopped = {name: self.done(name) for name in names}
        for listing in (*running.values(), *stopped.values()):
            listing.pop("host", None)
            for one in listing.get("exceptions", []) + listing.get("dead_letters", []):
                one.pop("age_seconds")
        self.assertEqual(running, stopped)

    def test_exit_codes(self):
        self.start()
        self.hold("a")
        item = self.held()["a"]["item"]
        self.check_exit_codes(item)
        self.stop()
        self.check_exit_codes(item)
        self.assertEqual(self.verb("reload", "--reason", "r").returncode, 1)

    def check_exit_codes(self, item):
        for code, arguments in (
            (0, ("exceptions", "show", item)),
            (0, ("routes",)),
            (0, ("connections",)),
            (2, ("exceptions", "show", "nonsense")),
            (1, ("exceptions", "show", f"{ROUTE}/{DESTINATION}/999.0")),
            (2, ("redrive", item)),  # no reason
            (2, ("redrive", "--reason", "r")),  # nothing named
            (2, ("dead-letters", "--since", "yesterday")),
            (1, ("pause", "--route", "none", "--reason", "r")),
        ):
            with self.subTest(arguments):
                done = self.verb(*arguments)
                self.assertEqual(done.returncode, code, done.stderr + done.stdout)
                self.assertEqual(done.stderr == "", code == 0, done.stderr)


class Tokens(OperateTest):
    def test_a_token_opens_what_its_role_may_until_it_is_revoked(self):
        self.start()
        self.assertEqual(self.http("/live")[0], 200)
        self.assertEqual(self.http("/v1/status")[0], 401)
        token = self.done("token", "create", "--name", "ci", "--role", "viewer")["token"]
        self.assertEqual(self.http("/v1/status", token)[0], 200)
        self.assertEqual(self.http("/ready", token)[0], 200)
        self.assertIn("weir_records_accepted_total", self.http("/metrics", token)[1])
        file = self.folder / "ci.token"
        file.write_text(token)
        url = json.loads((self.folder / "data/host.json").read_text())["admin"]
        remote = self.host.verb("status", "--url", url, "--token-file", str(file), "--json")
        self.assertEqual(remote.returncode, 0, remote.stderr)
        paused = self.host.verb("pause", "--route", ROUTE, "--reason", "r", "--url", url, "--token-file", str(file))
        self.assertEqual(paused.returncode, 1)
        self.assertIn("operator", paused.stderr)
        self.assertEqual([one["name"] for one in self.done("token", "list")["tokens"]], ["ci"])
        self.assertEqual(self.verb("token", "revoke", "ci").returncode, 0)
        self.assertEqual(self.http("/v1/status", token)[0], 401)

    def test_secrets_are_for_the_owner_only(self):
        self.start()
        token = self.done("token", "create", "--name", "ci")["token"]
        for name in ("tokens.json", "local.token"):
            file = self.folder / "data/admin" / name
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertNotIn(token, (self.folder / "data/admin/tokens.json").read_text())
        self.stop()
        self.assertFalse((self.folder / "data/admin/local.token").exists())
        self.assertFalse((self.folder / "data/host.json").exists())

    def test_a_killed_host_does_not_hide_its_journal(self):
        self.start()
        self.hold("a")
        self.host.kill()
        self.assertTrue((self.folder / "data/host.json").exists())
        self.assertIn("a", self.held())
        self.done("exceptions", "resolve", self.held()["a"]["item"], "--reason", "by hand")


if __name__ == "__main__":
    unittest.main()
