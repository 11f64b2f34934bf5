#!/usr/bin/env python3
"""A look-up's source goes down: its last value for as long as declared, marked; then records wait, and intake answers."""

import json
import time

from base import BUILD, SiteTest, unittest
from standin import Standin

ROUTE = "usage-with-customer"
STATES = ("held", "dead")


def event(event_id, subject="cus_acme"):
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "//usage.example",
        "type": "com.example.usage.v1",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": {"quantity": 1},
    }


class LookupDown(SiteTest):
    def setUp(self):
        super().setUp()
        self.billing = Standin("billing", BUILD / "bin/weir-standin", log=self.folder / "billing.log").start()
        self.addCleanup(self.billing.kill)
        self.create("cus_acme", "ACME Inc")
        self.out = self.folder / "out.ndjson"

    def create(self, customer, name):
        status, answer = self.billing.call("POST", "/v1/customers", {"id": customer, "name": name})
        self.assertLess(status, 300, answer)

    def start_with(self, **settings):
        document = self.site.document
        document["connections"] = {
            "usage": {"plugin": "http", "path": self.site.path},
            "out": {"plugin": "file", "path": str(self.out), "envelope": "cloudevents"},
        }
        lookup = {"url": f"{self.billing.url}/v1/customers/{{subject}}", "pointer": "/name", "into": "customer",
                  "timeout": "2s", "fresh_for": "50ms", **settings}  # fmt: skip
        document["routes"] = [
            {
                "route": ROUTE,
                "owner": "tests",
                "from": {"connection": "usage", "start": "oldest"},
                "steps": [{"enrich": lookup}],
                "to": {"connection": "out"},
            }
        ]
        self.start()

    def send(self, *events):
        for one in events:
            self.assertEqual(self.post(one), 202)

    def written(self):
        """The records that were delivered, by id."""
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return {record["id"]: record for record in map(json.loads, lines)}

    def wait_for(self, what, condition, seconds=40):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline or not self.host.running():
                self.fail(f"not within {seconds} s: {what}\n{self.host.last_words()}")
            self.pause(0.02)
        return value

    def wait_written(self, event_id):
        return self.wait_for(event_id, lambda: self.written().get(event_id))

    def expect_nothing_given_up(self):
        line = self.host.route(ROUTE)
        self.assertEqual([line[state] for state in STATES], [0, 0], line)

    def test_the_last_value_is_used_and_marked_also_after_a_crash(self):
        self.start_with(stale_for="1h")
        self.send(event("e-1"))
        first = self.wait_written("e-1")
        self.assertEqual(first["data"], {"quantity": 1, "customer": "ACME Inc"})
        self.assertNotIn("enrichstale", first)
        self.billing.fault({"down": "refuse"})
        self.pause(0.1)  # until it is no longer fresh
        self.send(event("e-2"))
        second = self.wait_written("e-2")
        self.assertEqual(second["data"], {"quantity": 1, "customer": "ACME Inc"})
        self.assertGreaterEqual(int(second["enrichstale"]), 0)
        self.host.kill()
        self.host.start()
        self.pause(1.0)
        self.send(event("e-3"))
        third = self.wait_written("e-3")
        self.assertEqual(third["data"]["customer"], "ACME Inc")
        self.assertGreaterEqual(int(third["enrichstale"]), 1)
        self.billing.clear_faults()
        self.send(event("e-4"))
        self.assertNotIn("enrichstale", self.wait_written("e-4"))
        self.expect_nothing_given_up()

    def test_beyond_staleness_records_wait_while_intake_answers(self):
        self.start_with()
        self.create("cus_beta", "Beta Ltd")
        self.send(event("e-1"))
        self.wait_written("e-1")
        self.billing.fault({"down": "refuse"})
        self.pause(0.1)  # until it is no longer fresh
        self.send(event("e-2"))
        # More often than a step that fails is tried before its records are given up.
        self.wait_for("waits", lambda: self.host.metrics()["weir_step_waits_total"] >= 7)
        self.send(event("e-3", "cus_beta"), event("e-4"))
        self.assertEqual(set(self.written()), {"e-1"})
        self.expect_nothing_given_up()
        self.billing.clear_faults()
        self.host.await_settled(ROUTE, 4)
        written = self.written()
        self.assertEqual(list(written), ["e-1", "e-2", "e-3", "e-4"])
        self.assertEqual(written["e-3"]["data"]["customer"], "Beta Ltd")
        self.assertFalse([record for record in written.values() if "enrichstale" in record])
        self.expect_nothing_given_up()
        log = self.host.log.read_text()
        self.assertEqual(log.count("records wait for what a step needs"), 1, log)


if __name__ == "__main__":
    unittest.main()
