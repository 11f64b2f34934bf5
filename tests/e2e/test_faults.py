#!/usr/bin/env python3
"""The faults that targets and senders have, one by one, with the real host: one document each, none lost, none twice."""

import http.client
import json
import time

from erp_base import DESTINATION, ErpTest, REASON, ROUTE, Request, entry_event, limit_files, unittest
from http_receiver import HttpReceiver


class Duplicates(ErpTest):
    def test_five_copies_of_a_webhook_at_once_become_one_document(self):
        self.start()
        answers = self.send_at_once([Request([entry_event("evt_1")], False)] * 5)
        self.assertEqual(sorted(answer["status"] for answer in answers), ["accepted"] + ["duplicate"] * 4)
        self.settled(1, accepted=1, delivered=1, suppressed=4)
        self.expect_documents("evt_1")
        self.assertEqual(len(self.posts()), 1)


class ErpDown(ErpTest):
    OPEN_MAX_SECONDS = 0.8
    BACK_OFF_MAX_SECONDS = 0.2

    def test_it_is_posted_within_one_back_off_of_its_return(self):
        self.site.erp["breaker"] = {"failures": 3, "open_for": "100ms", "open_for_max": f"{self.OPEN_MAX_SECONDS * 1000:.0f}ms"}
        self.start()
        self.erp.fault({"down": "refuse"})
        self.send(entry_event("waits"))
        self.assertEqual(self.connection()["backlog"], 1)
        self.assertEqual(self.host.metrics()[f'weir_connection_backlog{{connection="{DESTINATION}"}}'], 1)
        self.wait_for("an open breaker", lambda: self.connection()["breaker"] == "open")
        # Each probe that fails opens it again, and for longer.
        self.wait_for("a third probe of the half-open breaker", lambda: self.counter("breaker_probes") >= 3)
        self.send(entry_event("comes later", subject="Globex"))
        self.assertEqual(self.counter("breaker_closed"), 0)
        self.assertEqual(self.erp.documents(), [])

        returned = time.monotonic()
        self.erp.clear_faults()
        self.settled(2, delivered=2, pending=0)
        took = time.monotonic() - returned
        self.assertLess(took, self.OPEN_MAX_SECONDS + self.BACK_OFF_MAX_SECONDS + 1.0)  # 1 s for processes and polling
        self.expect_documents("waits", "comes later")
        line = self.connection()
        self.assertEqual((line["backlog"], line["breaker"]), (0, "closed"))
        self.assertGreaterEqual(self.counter("breaker_opened"), 1)
        self.assertEqual(self.counter("breaker_closed"), 1)
        self.assertEqual(self.counter("unknown"), 0, "nothing was sent, and that is known")


class UnmappedCustomer(ErpTest):
    ERP = {"customers": {"ACME": "C-1001"}}

    def test_it_waits_for_a_person_and_nobody_else_does(self):
        self.start()
        self.send(
            entry_event("i-1", subject="Initech", customer="Initech"),
            entry_event("a-1", subject="ACME", customer="ACME"),
            entry_event("a-2", subject="ACME", customer="ACME"),
        )
        self.settled(3, delivered=2, held=1)
        self.expect_documents("a-1", "a-2")
        (held,) = self.verb("exceptions", "list", "--code", "CUSTOMER_UNMAPPED")["exceptions"]
        self.assertEqual((held["record"]["id"], held["owner"], held["remote_status"]), ("i-1", "tests", 422))
        self.assertIn('customer "Initech" is not mapped', held["message"])

        self.erp.map_customer("Initech", "C-1003")
        self.verb("exceptions", "resubmit", held["item"], *REASON)
        self.wait_for("the document of i-1", lambda: self.erp.document(held["external_ref"]))
        self.settled(3, delivered=3, held=0)
        self.expect_documents("i-1", "a-1", "a-2")
        self.assertEqual(len(self.posts(held["external_ref"])), 2)  # the refused one, and the one that was taken
        self.assertEqual(self.verb("exceptions", "list")["exceptions"], [])
        # A second resubmission finds nothing to do, and the ERP is not asked.
        again = self.host.verb("exceptions", "resubmit", held["item"], "-c", str(self.site.config), *REASON)
        self.assertNotEqual(again.returncode, 0)
        self.assertEqual(len(self.posts(held["external_ref"])), 2)
        (entry,) = self.verb("audit", "--subject", held["item"])["entries"]
        self.assertEqual(entry["reason"], REASON[1])


class Throttled(ErpTest):
    DOCUMENTS = 8
    # A request counts as under way for as long as a busy machine may need to bring it over.
    ERP = {"violation_grace_ms": 700}

    def test_retry_after_of_every_third_call_holds_for_all(self):
        self.site.erp.update({"concurrency": 5, "quota": {"concurrency": 5}})
        self.start()
        self.erp.fault({"status": 429, "retry_after": 2}, method="POST", every=3)
        self.erp.fault({"slow": {"before_ms": 20}}, method="POST")
        events = [entry_event(f"t-{i}", subject=f"cus_{i}") for i in range(self.DOCUMENTS)]
        self.assertEqual(self.connect().post(Request(events, True).body, Request(events, True).content_type)[0], 202)
        self.settled(self.DOCUMENTS, delivered=self.DOCUMENTS)
        self.expect_documents(*(event["id"] for event in events))
        stats = self.erp.stats()
        self.assertEqual(stats["violations"], [])
        self.assertLessEqual(stats["max_in_flight"], 5)
        refused = [line for line in self.posts() if line["status"] == 429]
        self.assertGreaterEqual(len(refused), 2)
        self.assertEqual(self.counter("throttled"), len(refused))
        self.assertEqual(self.counter("dead"), 0)


class Killed(ErpTest):
    """kill -9 between the journal and the ERP. What is not known is asked before anything is sent again."""

    answered = True

    def die_at(self, failpoint):
        self.start(f"{failpoint}=1")
        try:
            self.send(entry_event("k-1"))
            self.answered = True
        except (OSError, http.client.HTTPException):
            self.answered = False  # it is stored, and died before it could say so: the sender will come again
        self.assertEqual(self.host.death(), -9, "the failpoint was not reached")

    def recover(self, posts, found):
        """Starts again: one document in the end, after so many POSTs in all; `found`: the probe found it."""
        self.host.start()
        if not self.answered:
            self.send(entry_event("k-1"))
        self.settled(1, delivered=1)
        self.expect_documents("k-1")
        self.assertEqual(len(self.posts()), posts)
        self.assertGreaterEqual(len(self.probes()), 1, "sent again without asking")
        self.assertEqual(self.counter("recovered_unknown"), 1)
        self.assertEqual((self.counter("unknown_found"), self.counter("unknown_absent")), (found, 1 - found))
        lanes = self.host.listing("trace", "k-1")["traces"][0]["lanes"]
        kinds = [attempt["kind"] for lane in lanes for attempt in lane["attempts"]]
        self.assertEqual(kinds, ["deliver", "resolve"] if found else ["deliver", "resolve", "deliver"])

    def test_before_the_sink_was_called(self):
        self.die_at("deliver.before_sink")
        self.assertEqual(self.posts(), [])
        self.recover(posts=1, found=0)

    def test_after_the_answer_before_it_was_journaled(self):
        self.die_at("deliver.after_sink")
        self.recover(posts=1, found=1)

    def test_after_the_bytes_before_the_answer(self):
        self.erp.fault({"slow": {"before_ms": 400}}, method="POST", count=1)
        self.start()
        self.send(entry_event("k-1"))
        self.wait_for("a request under way", lambda: self.erp.stats()["in_flight"] == 1)
        self.host.kill()
        self.wait_for_document()
        self.recover(posts=1, found=1)

    def wait_for_document(self):
        self.host.process = None  # there is none to watch
        self.wait_for("the ERP to carry out what it has read", self.erp.documents)


class Cut(ErpTest):
    """The connection breaks in the middle: the host lives on, and asks."""

    def test_in_the_request(self):
        self.erp.fault({"cut": {"at": "request", "byte": 10}}, method="POST", count=1)
        self.start()
        self.send(entry_event("c-1"))
        self.settled(1, delivered=1)
        self.expect_documents("c-1")
        self.assertEqual((self.counter("unknown"), self.counter("unknown_absent")), (1, 1))
        self.assertEqual([line["committed"] for line in self.posts()], [False, True])

    def test_in_the_response(self):
        self.erp.fault({"cut": {"at": "response", "byte": 20}}, method="POST", count=1)
        self.start()
        self.send(entry_event("c-1"))
        self.settled(1, delivered=1)
        self.expect_documents("c-1")
        self.assertEqual((self.counter("unknown"), self.counter("unknown_found")), (1, 1))
        self.assertEqual(len(self.posts()), 1)


class Answered504(ErpTest):
    def test_the_probe_finds_what_was_committed_and_nothing_is_sent_again(self):
        self.erp.fault({"status": 504, "when": "after_commit"}, method="POST", count=1)
        self.start()
        self.send(entry_event("g-1"))
        self.settled(1, delivered=1)
        self.expect_documents("g-1")
        self.assertEqual((len(self.posts()), len(self.probes())), (1, 1))
        self.assertEqual((self.counter("unknown"), self.counter("unknown_found")), (1, 1))
        delivery = self.delivery("g-1")
        self.assertEqual(delivery["remote_id"], self.erp.document(delivery["external_ref"])["id"])

    def test_the_probe_waits_for_an_erp_that_is_down_after_it(self):
        self.erp.fault({"status": 504, "when": "after_commit"}, method="POST", count=1)
        self.erp.fault({"status": 503}, method="GET", count=3)
        self.start()
        self.send(entry_event("g-1"))
        self.settled(1, delivered=1)
        self.expect_documents("g-1")
        self.assertEqual(len(self.posts()), 1)
        self.assertGreaterEqual(len(self.probes()), 4)


class CommittedLate(ErpTest):
    """The ERP answers 504, and carries it out long after."""

    def late(self, settle, after_ms, **settings):
        if settings:
            self.erp.set(**settings)
        self.site.erp["settle"] = settle
        self.erp.fault({"late_commit": {"after_ms": after_ms, "status": 504}}, method="POST", count=1)
        self.start()
        self.send(entry_event("l-1"))
        self.settled(1, delivered=1)
        self.expect_documents("l-1")

    def test_settle_is_long_enough_and_the_probe_finds_it(self):
        self.late("1500ms", 700)
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(self.counter("unknown_found"), 1)

    def test_the_repetition_carries_the_same_key_and_is_told_to_wait(self):
        self.late("100ms", 1500)
        self.expect_same_key()
        self.assertEqual(self.counter("unknown_absent"), 1)
        self.assertEqual(self.posts()[1]["status"], 409)

    def test_without_keys_the_reference_keeps_it_single(self):
        self.late("100ms", 1500, idempotency=False)
        self.expect_same_key()
        self.wait_for("the late request", lambda: self.erp.stats()["in_flight"] == 0)
        self.expect_documents("l-1")

    def expect_same_key(self):
        posts = self.posts()
        self.assertGreaterEqual(len(posts), 2)
        self.assertEqual(len({(line["ref"], line["key"]) for line in posts}), 1, posts)


class Recorder(HttpReceiver):
    """A target that keeps every body as it came."""

    def __init__(self):
        self.bodies = []
        super().__init__()

    def take(self, headers, body):
        self.bodies.append(body)
        return 201, None, b""


class Numbers(ErpTest):
    """Digits are kept as they were written: no double on the way."""

    def post_text(self, event_id, data):
        event = entry_event(event_id)
        event["data"] = "DATA"
        self.assertEqual(self.connect().post(json.dumps(event).replace('"DATA"', data), "application/cloudevents+json")[0], 202)

    @staticmethod
    def entry_text(amount):
        return (
            '{"company":"US01","posting_date":"2026-06-30","currency":"USD","lines":['
            f'{{"account":"1100","side":"debit","amount":{amount}}},{{"account":"4010","side":"credit","amount":{amount}}}]}}'
        )

    def test_an_exact_number_is_posted_and_one_with_too_many_decimals_is_refused(self):
        self.start()
        self.post_text("exact", self.entry_text("1393.56"))
        self.post_text("large", self.entry_text("9007199254740993.01"))  # neither part fits a double
        self.post_text("inexact", self.entry_text("1393.5600000000001"))
        self.settled(3, delivered=2, held=1)
        self.expect_documents("exact", "large")
        self.assertEqual(self.erp.balance("1100"), "9007199254742386.57")
        (held,) = self.verb("exceptions", "list")["exceptions"]
        self.assertEqual((held["record"]["id"], held["code"]), ("inexact", "INVALID_ENTRY"))
        self.assertIn("1393.5600000000001", held["message"])
        self.assertEqual(held["record"]["payload"], self.entry_text("1393.5600000000001"))

    def test_the_target_gets_the_bytes_that_the_sender_sent(self):
        recorder = Recorder()
        self.addCleanup(recorder.close)
        self.site.erp["url"] = recorder.url
        self.start()
        sent = '{ "a": 1393.560, "b":1e2, "c" : 12345678901234567890.000000000000000001, "d": -0.0, "e": "\\u00e4/é" }'
        self.post_text("bytes", sent)
        self.settled(1, delivered=1)
        self.assertEqual(recorder.bodies, [sent.encode()])
        self.assertEqual(self.host.listing("trace", "bytes")["traces"][0]["record"]["payload"], sent)


class OutOfOrder(ErpTest):
    """invoice.paid comes before invoice.finalized, over another path and another route."""

    PAYMENTS = "payments-to-erp"

    def setUp(self):
        super().setUp()
        self.site.route["provides"] = {"object": "invoice", "key": "record.subject"}
        self.site.document["connections"]["payments"] = {"plugin": "http", "path": "/v1/payments"}
        self.site.document["routes"].append(
            {
                "route": self.PAYMENTS,
                "owner": "tests",
                "from": {"connection": "payments", "start": "oldest"},
                "after": [{"object": "invoice", "key": "record.subject", "wait": "1h"}],
                "to": dict(self.site.route["to"]),
            }
        )

    def pay(self, number):
        self.site.path = "/v1/payments"
        self.send(entry_event(f"paid-{number}", subject=number))
        self.site.path = "/v1/entries"

    def finalize(self, number):
        self.send(entry_event(f"finalized-{number}", subject=number))

    def test_the_payment_waits_for_its_invoice_and_only_for_its_own(self):
        self.start()
        self.pay("ACME-0001")
        self.wait_for("the payment to wait", lambda: self.counter("predecessor_waits") >= 1)
        self.finalize("GLOBEX-0001")
        self.pay("GLOBEX-0001")
        self.host.await_settled(ROUTE, 1)
        self.wait_for("Globex's payment", lambda: len(self.posts()) == 2)
        self.assertEqual(self.host.route(self.PAYMENTS)["pending"], 1)

        self.finalize("ACME-0001")
        self.host.await_settled(ROUTE, 2)
        self.host.await_settled(self.PAYMENTS, 2)
        expected = ["finalized-GLOBEX-0001", "paid-GLOBEX-0001", "finalized-ACME-0001", "paid-ACME-0001"]
        self.assertEqual([line["ref"] for line in self.posts()], self.refs(expected))

    def test_a_restart_forgets_neither_who_waits_nor_what_is_there(self):
        self.start()
        self.finalize("ACME-0001")
        self.host.await_settled(ROUTE, 1)
        self.pay("GLOBEX-0001")
        self.wait_for("the payment to wait", lambda: self.counter("predecessor_waits") >= 1)
        self.host.kill()
        self.host.start()
        self.pay("ACME-0001")
        self.wait_for("ACME's payment", lambda: len(self.posts()) == 2)
        self.finalize("GLOBEX-0001")
        self.host.await_settled(self.PAYMENTS, 2)
        expected = ["finalized-ACME-0001", "paid-ACME-0001", "finalized-GLOBEX-0001", "paid-GLOBEX-0001"]
        self.assertEqual([line["ref"] for line in self.posts()], self.refs(expected))

    def refs(self, event_ids):
        routes = {"finalized": ROUTE, "paid": self.PAYMENTS}
        return [self.delivery(each, routes[each.split("-")[0]])["external_ref"] for each in event_ids]


class DiskFull(ErpTest):
    """No room for the outcome of what the ERP has already taken. (Senders and intake: test_disk_full.py.)"""

    def test_an_outcome_that_cannot_be_stored_is_not_posted_again(self):
        self.erp.fault({"slow": {"before_ms": 300}}, method="POST", count=1)
        self.start()
        self.send(entry_event("d-1"), entry_event("d-2"))
        self.wait_for("a request under way", lambda: self.erp.stats()["in_flight"] == 1)
        limit_files(self.host.process, 1)
        self.wait_for("the ERP's document", self.erp.documents)
        self.assertEqual(self.post(entry_event("d-3")), 503)
        self.assertTrue(self.host.running())
        limit_files(self.host.process, None)
        self.wait_for("intake to go on", lambda: self.post(entry_event("d-3")) == 202)
        self.settled(3, delivered=3)
        self.expect_documents("d-1", "d-2", "d-3")
        self.assertEqual(len([line for line in self.posts() if line["committed"]]), 3)


if __name__ == "__main__":
    unittest.main()
