#!/usr/bin/env python3
"""The billing and the support stand-in over real sockets: documents, signed webhooks, deliveries that go wrong."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import queue
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
from http_receiver import HttpReceiver  # noqa: E402
from standin import Standin  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))
BINARY = BUILD / "bin/weir-standin"
STANDARD_SECRET = "whsec_d2Vpci1zdGFuZGFyZC13ZWJob29rcy10ZXN0LWtleSE="


class Receiver(HttpReceiver):
    """A webhook's receiver: what came in is in a queue; `statuses` are answered in turn, then 200."""

    def __init__(self):
        self.received = queue.Queue()
        self.statuses = queue.Queue()
        super().__init__()

    def take(self, headers, body):
        self.received.put((dict(headers.items()), body))
        return 200 if self.statuses.empty() else self.statuses.get(), None, b""

    def next(self):
        headers, body = self.received.get(timeout=30)
        return {name.lower(): value for name, value in headers.items()}, body


class SaasTest(unittest.TestCase):
    KIND = "billing"

    def setUp(self):
        self.service = Standin(self.KIND, BINARY, settings={"webhooks": {"retry_ms": 20}}).start()
        self.addCleanup(self.service.kill)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def ok(self, method, path, body=None, headers=None):
        status, answer = self.service.call(method, path, body, headers)
        self.assertLess(status, 300, answer)
        return answer

    def refused(self, code, method, path, body=None, headers=None):
        status, answer = self.service.call(method, path, body, headers)
        self.assertEqual(answer.get("code"), code, f"{status} {answer}")
        return status

    def outcomes(self):
        return [line["outcome"] for line in self.service.tell("GET", "/_/webhooks")["deliveries"]]

    def await_outcomes(self, expected):
        deadline = time.monotonic() + 30
        while self.outcomes() != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.outcomes(), expected)


class Billing(SaasTest):
    def setUp(self):
        super().setUp()
        self.ok("POST", "/v1/customers", {"id": "cus_A1", "name": "ACME", "prefix": "ACME"})

    def june(self, **more):
        lines = [{"description": "Scale", "amount": "500.00"}, {"description": "Overage", "amount": "600.00"},
                 {"description": "Overage", "amount": "187.35", "quantity": "62450"}]  # fmt: skip
        return self.ok("POST", "/v1/invoices", {"id": "in_A", "customer": "cus_A1", "lines": lines, **more})

    def test_an_invoice_from_draft_to_payout(self):
        self.assertEqual(self.june()["status"], "draft")
        invoice = self.ok("POST", "/v1/invoices/in_A/finalize")
        self.assertEqual([invoice[key] for key in ("number", "subtotal", "tax", "total")],
                         ["ACME-0001", "1287.35", "106.21", "1393.56"])  # fmt: skip
        self.assertEqual(self.refused("INVOICE_NOT_DRAFT", "POST", "/v1/invoices/in_A/finalize"), 409)
        paid = self.ok("POST", "/v1/invoices/in_A/pay", {"fee": "40.71", "payment_id": "pay_A1"})
        self.assertEqual((paid["status"], paid["amount_due"]), ("paid", "0.00"))
        self.assertEqual(self.ok("GET", "/v1/payments/pay_A1")["net"], "1352.85")
        self.assertEqual(self.ok("POST", "/v1/payouts", {"id": "po_A1"})["amount"], "1352.85")
        self.refused("NOTHING_TO_PAY_OUT", "POST", "/v1/payouts", {})
        types = [event["type"] for event in self.ok("GET", "/v1/events")["data"]]
        self.assertEqual(types, ["customer.created", "invoice.created", "invoice.finalized", "payment.succeeded",
                                 "invoice.paid", "payout.paid"])  # fmt: skip

    def test_credits(self):
        self.june()
        self.ok("POST", "/v1/invoices/in_A/finalize")
        note = self.ok("POST", "/v1/credit_notes", {"invoice": "in_A", "amount": "15.00"})
        self.assertEqual((note["tax"], note["total"]), ("1.24", "16.24"))
        self.refused("CREDIT_EXCEEDS_INVOICE", "POST", "/v1/credit_notes", {"invoice": "in_A", "amount": "1280.00"})

    def test_pending_credits_never_make_an_invoice_negative(self):
        self.ok("POST", "/v1/customers", {"id": "cus_G1", "prefix": "GLOBEX"})
        credit = {"customer": "cus_G1", "amount": "-2400.00", "external_ref": "WR-C", "description": "SLA"}
        first = self.ok("POST", "/v1/invoiceitems", credit)
        self.assertEqual(self.ok("POST", "/v1/invoiceitems", credit)["id"], first["id"])
        self.ok("POST", "/v1/invoices", {"id": "in_1", "customer": "cus_G1", "lines": [{"amount": "2000"}]})
        self.assertEqual(self.ok("POST", "/v1/invoices/in_1/finalize")["total"], "0.00")
        pending = self.ok("GET", "/v1/invoiceitems?status=pending")["data"]
        self.assertEqual([item["amount"] for item in pending], ["-400.00"])
        self.ok("POST", "/v1/invoices", {"id": "in_2", "customer": "cus_G1", "lines": [{"amount": "22000"}]})
        invoice = self.ok("POST", "/v1/invoices/in_2/finalize")
        self.assertEqual((invoice["subtotal"], invoice["tax"], invoice["total"]), ("21600.00", "1782.00", "23382.00"))

    def test_meter_events(self):
        def usage(identifier, value):
            return {"identifier": identifier, "event_name": "api_calls", "timestamp": 1780322400,
                    "payload": {"customer": "cus_A1", "value": value}}  # fmt: skip

        self.ok("POST", "/v1/meter_events", usage("u1", "9980"))
        self.ok("POST", "/v1/meter_events", usage("u2", "0.5"))
        self.assertTrue(self.ok("POST", "/v1/meter_events", usage("u1", "9980"))["duplicate"])
        self.refused("DUPLICATE_IDENTIFIER", "POST", "/v1/meter_events", usage("u1", "9981"))
        self.refused("INVALID_METER_EVENT", "POST", "/v1/meter_events", usage("u3", "-4"))
        summary = self.ok("GET", "/v1/meter_events/summary?customer=cus_A1&event_name=api_calls")
        self.assertEqual(summary, {"aggregated_value": "9980.5", "count": 2})
        self.assertEqual(self.ok("GET", "/v1/meter_events/summary?from=1780322401")["count"], 0)
        self.service.set(check_timestamps=True)
        self.refused("TIMESTAMP_OUT_OF_RANGE", "POST", "/v1/meter_events", usage("u4", "1"))

    def test_amounts_as_numbers_and_a_wrong_sum(self):
        self.service.set(amounts="number", total_off="0.01")
        self.june()
        data = self.ok("POST", "/v1/invoices/in_A/finalize")
        self.assertEqual(data["total"], 1393.57)
        self.assertEqual(self.ok("GET", "/v1/invoices/in_A")["lines"][2]["amount"], 187.35)

    def test_events_are_paged(self):
        for number in range(5):
            self.ok("POST", "/v1/customers", {"id": f"cus_{number}"})
        seen, after = [], ""
        while True:
            page = self.ok("GET", f"/v1/events?limit=2&starting_after={after}")
            seen += [event["data"]["object"]["id"] for event in page["data"]]
            if not page["has_more"]:
                break
            after = page["data"][-1]["id"]
        self.assertEqual(seen, ["cus_A1"] + [f"cus_{number}" for number in range(5)])
        self.service.set(newest_first=True)
        self.assertEqual(self.ok("GET", "/v1/events?limit=1")["data"][0]["data"]["object"]["id"], "cus_4")

    def test_webhooks_are_signed_as_stripe_does(self):
        self.ok("POST", "/v1/webhook_endpoints", {"url": self.receiver.url, "secret": "whsec_test"})
        self.june()
        headers, body = self.receiver.next()
        stamp, signature = (part.split("=", 1)[1] for part in headers["stripe-signature"].split(","))
        self.assertLess(abs(int(stamp) - time.time()), 300)
        expected = hmac.new(b"whsec_test", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        self.assertEqual(signature, expected)
        self.assertEqual(json.loads(body)["type"], "invoice.created")

    def test_webhooks_are_signed_as_standard_webhooks_are(self):
        self.ok("POST", "/v1/webhook_endpoints",
                {"url": self.receiver.url, "scheme": "standard", "secret": STANDARD_SECRET})  # fmt: skip
        self.june()
        headers, body = self.receiver.next()
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], "v1," + expected)
        self.assertEqual(headers["webhook-id"], json.loads(body)["id"])
        self.refused("INVALID_ENDPOINT", "POST", "/v1/webhook_endpoints", {"url": "https://example.com/"})

    def test_deliveries_are_retried_and_a_gone_endpoint_is_disabled(self):
        self.ok("POST", "/v1/webhook_endpoints", {"url": self.receiver.url})
        for status in (500, 503):
            self.receiver.statuses.put(status)
        self.june()
        bodies = {self.receiver.next()[1] for _ in range(3)}
        self.assertEqual(len(bodies), 1)
        self.await_outcomes(["failed", "failed", "delivered"])
        self.receiver.statuses.put(410)
        self.ok("POST", "/v1/invoices/in_A/finalize")
        self.await_outcomes(["failed", "failed", "delivered", "disabled"])
        self.assertFalse(self.ok("GET", "/v1/webhook_endpoints")["data"][0]["enabled"])

    def test_duplicates_reversed_order_and_losses(self):
        self.ok("POST", "/v1/webhook_endpoints", {"url": self.receiver.url})
        self.service.set(webhooks={"hold": True, "copies": 2})
        self.june()
        self.ok("POST", "/v1/invoices/in_A/finalize")
        self.assertEqual(len(self.service.tell("GET", "/_/webhooks")["held"]), 2)
        self.service.tell("POST", "/_/webhooks/release?order=reverse&apart_ms=300")
        types = [json.loads(self.receiver.next()[1])["type"] for _ in range(4)]
        self.assertEqual(types, ["invoice.finalized"] * 2 + ["invoice.created"] * 2)
        event = self.ok("GET", "/v1/events?type=invoice.finalized")["data"][0]["id"]
        self.service.tell("POST", f"/_/webhooks/resend/{event}?copies=5")
        self.assertEqual({json.loads(self.receiver.next()[1])["id"] for _ in range(5)}, {event})
        self.await_outcomes(["delivered"] * 9)
        self.service.reset("state")
        self.service.set(webhooks={"hold": False, "lose_every": 1})
        self.ok("POST", "/v1/customers", {"id": "cus_lost"})
        self.await_outcomes(["lost"])
        self.assertEqual(self.ok("GET", "/v1/events")["data"][0]["data"]["object"]["id"], "cus_lost")


class Support(SaasTest):
    KIND = "support"

    def ticket(self, **more):
        body = {"id": "4711", "subject": "Outage", "custom_fields": [{"id": "outage_id", "value": "OUT-77"}],
                "comment": {"body": "please credit"}, **more}  # fmt: skip
        return self.ok("POST", "/api/v2/tickets", {"ticket": body})["ticket"]

    def test_a_ticket_its_fields_and_comments(self):
        self.ticket()
        change = {"status": "solved", "custom_fields": [{"id": "credit", "value": "CR-1"}], "comment": {"body": "done"}}
        changed = self.ok("PUT", "/api/v2/tickets/4711", {"ticket": change})["ticket"]
        self.assertEqual((changed["status"], changed["version"]), ("solved", 2))
        self.assertEqual([field["id"] for field in changed["custom_fields"]], ["outage_id", "credit"])
        comments = self.ok("GET", "/api/v2/tickets/4711/comments")["comments"]
        self.assertEqual([comment["body"] for comment in comments], ["please credit", "done"])
        self.refused("TICKET_EXISTS", "POST", "/api/v2/tickets", {"ticket": {"id": "4711", "subject": "x"}})
        self.assertEqual(self.refused("NOT_FOUND", "GET", "/api/v2/tickets/1"), 404)

    def test_if_match(self):
        self.ticket()
        change = {"ticket": {"status": "open"}}
        self.ok("PUT", "/api/v2/tickets/4711", change, {"If-Match": '"v1"'})
        self.assertEqual(self.refused("PRECONDITION_FAILED", "PUT", "/api/v2/tickets/4711", change, {"If-Match": '"v1"'}), 412)
        self.ok("PUT", "/api/v2/tickets/4711", change, {"If-Match": "*"})

    def test_refusals_that_look_like_success(self):
        self.ticket()
        bad = {"ticket": {"status": "exploded"}}
        self.assertEqual(self.refused("INVALID_STATUS", "PUT", "/api/v2/tickets/4711", bad), 422)
        self.service.set(refusals_as_200=True)
        answer = self.ok("PUT", "/api/v2/tickets/4711", bad)
        self.assertEqual((answer["messages"][0]["code"], answer["ticket"]["version"]), ("INVALID_STATUS", 1))

    def test_the_incremental_listing_misses_no_change(self):
        for number in range(1, 6):
            self.ticket(id=str(number))
        first = self.ok("GET", "/api/v2/incremental/tickets/cursor?per_page=3")
        self.assertEqual(([ticket["id"] for ticket in first["tickets"]], first["end_of_stream"]), (["1", "2", "3"], False))
        self.ok("PUT", "/api/v2/tickets/2", {"ticket": {"status": "open"}})
        rest = self.ok("GET", f"/api/v2/incremental/tickets/cursor?cursor={first['after_cursor']}")
        self.assertEqual(([ticket["id"] for ticket in rest["tickets"]], rest["end_of_stream"]), (["4", "5", "2"], True))
        none = self.ok("GET", f"/api/v2/incremental/tickets/cursor?cursor={rest['after_cursor']}")
        self.assertEqual((none["tickets"], none["after_cursor"]), ([], rest["after_cursor"]))

    def test_webhooks_are_signed_as_zendesk_does(self):
        self.ok("POST", "/api/v2/webhooks", {"url": self.receiver.url, "secret": "dGhlIHNlY3JldA"})
        self.ticket()
        headers, body = self.receiver.next()
        text = headers["x-zendesk-webhook-signature-timestamp"].encode() + body
        expected = base64.b64encode(hmac.new(b"dGhlIHNlY3JldA", text, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["x-zendesk-webhook-signature"], expected)
        self.assertEqual(json.loads(body)["subject"], "zen:ticket:4711")

    def test_faults_and_keys_work_here_too(self):
        self.service.fault({"status": 504, "when": "after_commit"}, method="POST", count=1)
        body = json.dumps({"ticket": {"subject": "x"}}).encode()
        self.assertEqual(self.service.call("POST", "/api/v2/tickets", body, {"Idempotency-Key": "k"})[0], 504)
        self.assertEqual(self.ok("POST", "/api/v2/tickets", body, {"Idempotency-Key": "k"})["ticket"]["id"], "1")
        self.assertEqual(self.ok("GET", "/api/v2/tickets")["count"], 1)


class AllThree(unittest.TestCase):
    def test_one_process_runs_all(self):
        standin = Standin("all", BINARY, settings={"erp": {"drafts": True}}).start()
        self.addCleanup(standin.kill)
        self.assertEqual(sorted(standin.services), ["billing", "erp", "support"])
        for kind, service in standin.services.items():
            self.assertEqual(service.tell("GET", "/_/health")["kind"], kind)
        self.assertTrue(standin.services["erp"].tell("GET", "/_/settings")["drafts"])


if __name__ == "__main__":
    unittest.main()
