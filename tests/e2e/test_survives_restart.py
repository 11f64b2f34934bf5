#!/usr/bin/env python3
"""What a target asked for, and what it may be asked, holds over a restart: the new process is no more eager than the old."""

import os
from datetime import datetime

from erp_base import ErpTest, entry_event, unittest

# Long enough for a restart on a busy machine to come before it has passed.
SECONDS = 12 if "WEIR_SANITIZED" in os.environ else 3


def moment(text):
    """A time of the host's JSON, which has nanoseconds."""
    return datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00")


class RestartTest(ErpTest):
    ERP = {"violation_grace_ms": 0}

    def end(self):
        raise NotImplementedError

    def restart(self):
        self.end()
        self.host.start()

    def destination(self):
        (route,) = self.host.listing("routes")["routes"]
        return route["destinations"][0]

    def attempts(self, event_id):
        (trace,) = self.host.listing("trace", event_id)["traces"]
        return [attempt for lane in trace["lanes"] for attempt in lane["attempts"]]

    def code(self, event_id):
        """Why its last attempt failed; once the journal has it, it has what came of it for the connection, too."""
        delivery = self.delivery(event_id)
        return delivery and delivery["code"]

    def expect_not_before(self, event_id, due):
        """Settled, and the attempt that did it did not begin before `due`."""
        self.settled(1, delivered=1)
        self.assertGreaterEqual(moment(self.attempts(event_id)[-1]["started"]), due)
        self.expect_documents(event_id)


class Holds:
    """The tests; what ends the host is the business of the classes below."""

    def test_an_open_breaker(self):
        self.site.erp["breaker"] = {"failures": 2, "open_for": f"{SECONDS}s", "open_for_max": "1h"}
        self.start()
        self.erp.fault({"down": "refuse"})
        self.send(entry_event("b-1"))
        self.wait_for("an open breaker", lambda: self.connection()["breaker"] == "open" and self.code("b-1"))
        until = moment(self.connection()["blocked_until"])
        self.erp.clear_faults()  # only the breaker keeps it from being posted now
        self.restart()
        line = self.connection()
        self.assertEqual((line["breaker"], line["blocked_by"], line["backlog"]), ("open", "breaker", 1))
        self.assertLess(abs((moment(line["blocked_until"]) - until).total_seconds()), 0.1)
        self.assertEqual(self.erp.log(), [])
        self.expect_not_before("b-1", moment(line["blocked_until"]))
        self.assertEqual(self.connection()["breaker"], "closed")

    def test_a_used_up_quota(self):
        self.site.erp["quota"] = {"per_minute": 3}
        self.start()
        events = [entry_event(f"q-{i}") for i in range(4)]
        self.send(*events[:3])
        self.settled(3, delivered=3)
        used = {"window": "per_minute", "limit": 3, "used": 3}
        self.assertEqual(self.connection()["quota"], [used])
        until = moment(self.connection()["blocked_until"])
        self.restart()
        self.assertEqual(self.connection()["quota"], [used])
        self.send(events[3])
        self.wait_for("the fourth to wait", lambda: self.destination()["state"] == "quota")
        line = self.connection()
        self.assertEqual((line["blocked_by"], line["backlog"]), ("quota", 1))
        self.assertLess(abs((moment(line["blocked_until"]) - until).total_seconds()), 1.0)  # a window has slices
        self.assertEqual(len(self.posts()), 3)

    def test_a_back_off(self):
        self.site.erp["breaker"] = {"failures": 0}
        self.site.route["to"]["retry"] = {"first_delay": f"{SECONDS}s", "jitter": 0}
        self.start()
        self.erp.fault({"status": 503}, method="POST", count=1)
        self.send(entry_event("r-1"))
        self.wait_for("the first attempt to fail", lambda: self.code("r-1"))
        due = moment(self.wait_for("a due time", lambda: self.destination()["next_due"]))
        self.restart()
        self.assertLess(abs((moment(self.destination()["next_due"]) - due).total_seconds()), 0.1)
        self.assertEqual(len(self.posts()), 1)
        self.expect_not_before("r-1", due)
        self.assertEqual(self.delivery("r-1")["attempts"], 2, "attempts are counted over the restart")

    def test_what_retry_after_asked_for(self):
        self.start()
        self.erp.fault({"status": 429, "retry_after": SECONDS}, method="POST", count=1)
        self.send(entry_event("t-1"))
        self.wait_for("the target's wish", lambda: self.connection()["blocked_by"] == "throttle" and self.code("t-1"))
        until = moment(self.connection()["blocked_until"])
        self.restart()
        self.assertEqual(self.connection()["blocked_by"], "throttle")
        # It holds for the connection, not for the one record.
        self.send(entry_event("t-2", subject="somebody else"))
        self.settled(2, delivered=2)
        for event_id in ("t-1", "t-2"):
            self.assertGreaterEqual(moment(self.attempts(event_id)[-1]["started"]), until)
        self.assertEqual(self.erp.stats()["violations"], [])
        self.expect_documents("t-1", "t-2")

    def test_that_a_probe_is_too_early(self):
        self.site.erp["settle"] = f"{SECONDS}s"
        self.start()
        self.erp.fault({"status": 504, "when": "after_commit"}, method="POST", count=1)
        self.send(entry_event("u-1"))
        self.wait_for("an unknown outcome", lambda: self.delivery("u-1") and self.delivery("u-1")["state"] == "unknown")
        due = moment(self.wait_for("a due time", lambda: self.destination()["next_due"]))
        self.restart()
        self.expect_not_before("u-1", due)
        self.assertEqual(len(self.posts()), 1)


class OverStop(Holds, RestartTest):
    def end(self):
        self.assertEqual(self.host.terminate(), 0)


class OverKill(Holds, RestartTest):
    def end(self):
        self.host.kill()


if __name__ == "__main__":
    unittest.main()
