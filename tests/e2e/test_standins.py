#!/usr/bin/env python3
"""The stand-ins over real sockets: what they promise to tests of routes, fault by fault."""

import http.client
import json
import os
import pathlib
import socket
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
from standin import Standin  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))
BINARY = BUILD / "bin/weir-standin"


def entry(ref="WR-1", amount="39.92", date="2026-06-30", **more):
    return {
        "company": "US01",
        "external_ref": ref,
        "posting_date": date,
        "currency": "USD",
        "lines": [
            {"account": "1150", "side": "debit", "amount": amount},
            {"account": "4020", "side": "credit", "amount": amount},
        ],
        **more,
    }


class ErpTest(unittest.TestCase):
    SETTINGS = {}

    def setUp(self):
        self.erp = Standin("erp", BINARY, settings=self.SETTINGS).start()
        self.addCleanup(self.erp.kill)

    def post(self, body, headers=None, path="/v1/entries"):
        return self.erp.call("POST", path, body, headers)

    def expect(self, status, code, body, headers=None, path="/v1/entries"):
        found, answer = self.post(body, headers, path)
        self.assertEqual((found, answer.get("code") if isinstance(answer, dict) else answer), (status, code))
        return answer

    def await_document(self, ref, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.erp.document(ref):
                return
            time.sleep(0.02)
        self.fail(f"{ref} did not appear within {seconds} s")


class Rules(ErpTest):
    def test_posts_and_sums_exactly(self):
        for day in range(10):
            self.assertEqual(self.post(entry(f"WR-{day}", "0.10"))[0], 201)
        books = self.erp.books()
        self.assertEqual((books["documents"], books["balanced"]), (10, True))
        self.assertEqual(self.erp.balance("1150"), "1.00")
        self.assertEqual(self.erp.balance("4020"), "-1.00")

    def test_a_number_is_read_by_its_text(self):
        body = json.dumps(entry(amount="@")).replace('"@"', "1393.56").encode()
        self.assertEqual(self.post(body)[0], 201)
        self.assertEqual(self.erp.balance("1150"), "1393.56")
        too_long = json.dumps(entry("WR-2", "@")).replace('"@"', "1393.5600000000001").encode()
        self.expect(422, "INVALID_ENTRY", too_long)

    def test_a_repeated_reference(self):
        first = self.post(entry())[1]
        status, again = self.post(entry(amount="39.920"))
        self.assertEqual((status, again["id"], again["duplicate"]), (200, first["id"], True))
        self.expect(409, "DUPLICATE_REF", entry(amount="39.93"))
        self.erp.set(duplicates="conflict")
        answer = self.expect(409, "DUPLICATE_REF", entry())
        self.assertEqual(answer["existing_id"], first["id"])
        self.assertEqual(self.erp.books()["documents"], 1)

    def test_the_reference_of_the_header(self):
        body = entry()
        del body["external_ref"]
        self.assertEqual(self.post(body, {"External-Ref": "WR-H"})[0], 201)
        self.assertIsNotNone(self.erp.document("WR-H"))
        self.assertEqual(self.erp.call("GET", "/v1/documents/by-ref/WR-none")[0], 404)

    def test_rules_in_their_order(self):
        wrong = entry(company="XX", customer="Initech", currency="ZZZ", date="2026-05-31")
        wrong["lines"][0].update(account="9999", amount="1.00")
        steps = [
            ("COMPANY_UNKNOWN", lambda: wrong.update(company="US01")),
            ("CUSTOMER_UNMAPPED", lambda: self.erp.map_customer("Initech", "C-1003")),
            ("ACCOUNT_UNMAPPED", lambda: wrong["lines"][0].update(account="1150")),
            ("CURRENCY_MISMATCH", lambda: wrong.update(currency="USD")),
            ("UNBALANCED", lambda: wrong["lines"][0].update(amount="39.92")),
            ("PERIOD_CLOSED", lambda: self.erp.open_period("2026-05")),
        ]
        self.erp.close_period("2026-05")
        for code, correct in steps:
            self.expect(422, code, wrong)
            correct()
        self.assertEqual(self.post(wrong)[0], 201)

    def test_a_blocked_account(self):
        self.assertEqual(self.erp.call("PUT", "/v1/accounts/4020", {"blocked": True})[0], 200)
        self.expect(422, "ACCOUNT_BLOCKED", entry())

    def test_what_is_posted_stays_posted_when_its_period_closes(self):
        self.post(entry())
        self.erp.close_period("2026-06")
        self.assertEqual(self.post(entry())[1]["duplicate"], True)
        self.expect(422, "PERIOD_CLOSED", entry("WR-2"))

    def test_an_invoice_and_its_payment(self):
        self.erp.set(predecessors=True)
        payment = {
            "company": "US01", "external_ref": "WR-P", "customer": "weir:customer:ACME", "invoice": "ACME-0001",
            "currency": "USD", "posting_date": "2026-07-15", "amount": "1393.56", "fee": "40.71",
        }  # fmt: skip
        invoice = {
            "company": "US01", "external_ref": "WR-I", "customer": "weir:customer:ACME", "number": "ACME-0001",
            "currency": "USD", "posting_date": "2026-06-30", "tax": "106.21", "total": "1393.56",
            "lines": [{"account": "4010", "amount": "500.00"}, {"account": "4020", "amount": "600.00"},
                      {"account": "4020", "amount": "187.35"}],
        }  # fmt: skip
        self.expect(422, "PREDECESSOR_NOT_POSTED", payment, path="/v1/payments")
        self.expect(422, "UNBALANCED", {**invoice, "total": "1393.57"}, path="/v1/invoices")
        self.assertEqual(self.post(invoice, path="/v1/invoices")[0], 201)
        self.assertEqual(self.post(payment, path="/v1/payments")[0], 201)
        expected = {"1100": "0.00", "1020": "1352.85", "6500": "40.71", "4010": "-500.00", "4020": "-787.35",
                    "2200": "-106.21"}  # fmt: skip
        self.assertEqual({row["account"]: row["balance"] for row in self.erp.books()["accounts"]}, expected)

    def test_drafts_are_not_in_the_books(self):
        self.erp.set(drafts=True)
        draft = self.post(entry())[1]
        self.assertEqual((draft["status"], self.erp.books()["documents"], self.erp.books()["drafts"]), ("draft", 0, 1))
        self.assertEqual(self.post(None, path=f"/v1/entries/{draft['id']}/post")[1]["status"], "posted")
        self.assertEqual(self.erp.balance("1150"), "39.92")

    def test_paging_with_an_insert_between_pages(self):
        for number in range(5):
            self.post(entry(f"WR-{number}"))
        page = self.erp.call("GET", "/v1/entries?limit=3")[1]
        self.assertEqual((len(page["data"]), page["total"], page["totals"]), (3, 5, {"USD": "199.60"}))
        self.post(entry("WR-5"))
        rest = self.erp.call("GET", f"/v1/entries?limit=100&cursor={page['next_cursor']}")[1]
        refs = [document["external_ref"] for document in page["data"] + rest["data"]]
        self.assertEqual(refs, [f"WR-{number}" for number in range(6)])
        self.assertIsNone(rest["next_cursor"])


class IdempotencyKey(ErpTest):
    def test_the_stored_answer_is_repeated(self):
        body = json.dumps(entry()).encode()
        first = self.post(body, {"Idempotency-Key": "k1"})
        again = self.post(body, {"Idempotency-Key": "k1"})
        self.assertEqual((again[0], again[1]), first)
        self.assertEqual([line["replayed"] for line in self.erp.log()], [False, True])
        self.expect(422, "IDEMPOTENCY_KEY_REUSED", entry("WR-2"), {"Idempotency-Key": "k1"})

    def test_a_refused_request_may_come_again(self):
        body = json.dumps(entry(customer="Initech")).encode()
        self.expect(422, "CUSTOMER_UNMAPPED", body, {"Idempotency-Key": "k1"})
        self.erp.map_customer("Initech", "C-1003")
        self.assertEqual(self.post(body, {"Idempotency-Key": "k1"})[0], 201)

    def test_the_same_key_at_the_same_time(self):
        self.erp.fault({"slow": {"before_ms": 1500}}, nth=1)
        body = json.dumps(entry()).encode()
        results = []
        slow = threading.Thread(target=lambda: results.append(self.post(body, {"Idempotency-Key": "k1"})[0]))
        slow.start()
        while not self.erp.log():
            time.sleep(0.01)
        self.expect(409, "IDEMPOTENCY_IN_PROGRESS", body, {"Idempotency-Key": "k1"})
        slow.join()
        self.assertEqual(results, [201])

    def test_it_can_be_wanted_and_switched_off(self):
        self.erp.set(require_idempotency_key=True)
        self.expect(400, "IDEMPOTENCY_KEY_MISSING", entry())
        self.erp.set(idempotency=False)
        self.assertEqual(self.post(entry(), {"Idempotency-Key": "k1"})[0], 201)
        self.assertEqual(self.post(entry(), {"Idempotency-Key": "k1"})[1]["duplicate"], True)


class Sessions(ErpTest):
    SETTINGS = {"auth": "session", "tokens": []}

    def log_in(self):
        status, answer = self.post({"user": "weir", "password": "weir"}, path="/v1/sessions")
        self.assertEqual(status, 201)
        return {"Authorization": "Bearer " + answer["token"]}

    def test_sessions_end(self):
        self.expect(401, "UNAUTHENTICATED", entry())
        self.expect(401, "BAD_CREDENTIALS", {"user": "weir", "password": "no"}, path="/v1/sessions")
        session = self.log_in()
        self.assertEqual(self.post(entry(), session)[0], 201)
        self.erp.expire_sessions()
        self.expect(401, "SESSION_EXPIRED", entry("WR-2"), session)
        session = self.log_in()
        self.erp.fault({"expire_sessions": True}, method="POST", path="/v1/entries", count=1)
        self.expect(401, "SESSION_EXPIRED", entry("WR-2"), session)
        self.erp.set(session_seconds=0)
        self.expect(401, "SESSION_EXPIRED", entry("WR-2"), self.log_in())


class Faults(ErpTest):
    def port(self):
        return urllib.parse.urlsplit(self.erp.url).port

    def raw(self, data):
        """What comes back on a connection of its own until it ends; None: it was reset."""
        with socket.create_connection(("127.0.0.1", self.port()), timeout=30) as connection:
            connection.sendall(data)
            received = b""
            try:
                while part := connection.recv(65536):
                    received += part
            except ConnectionResetError:
                return None
            return received

    def http_bytes(self, body):
        text = json.dumps(body)
        return f"POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()

    def test_status_before_commit(self):
        self.erp.fault({"status": 429, "retry_after": 30}, every=3)
        statuses = [self.post(entry(f"WR-{number}"))[0] for number in range(6)]
        self.assertEqual(statuses, [201, 201, 429, 201, 201, 429])
        self.assertIsNone(self.erp.document("WR-2"))
        self.assertEqual([fault["applied"] for fault in self.erp.faults()], [2])

    def test_calls_before_retry_after_are_violations(self):
        self.erp.set(violation_grace_ms=0)
        self.erp.fault({"status": 503, "retry_after": 30}, nth=1)
        self.post(entry())
        time.sleep(0.02)
        self.post(entry())
        violation = self.erp.stats()["violations"][0]
        self.assertEqual(violation["kind"], "before_retry_after")
        self.assertGreater(violation["early_ms"], 25_000)

    def test_status_after_commit(self):
        self.erp.fault({"status": 504, "when": "after_commit"}, count=1)
        self.expect(504, "INJECTED_504", entry())
        self.assertIsNotNone(self.erp.document("WR-1"))
        self.assertEqual(self.post(entry())[1]["duplicate"], True)

    def test_late_commit(self):
        self.erp.fault({"late_commit": {"after_ms": 400, "status": 504}}, method="POST", count=1)
        self.expect(504, "INJECTED_LATE_COMMIT", entry())
        self.assertEqual(self.erp.call("GET", "/v1/documents/by-ref/WR-1")[0], 404)
        self.await_document("WR-1")
        self.assertEqual(self.post(entry())[1]["duplicate"], True)

    def test_slow_does_not_block_others(self):
        self.erp.fault({"slow": {"before_ms": 1500, "after_ms": 10}}, nth=1)
        slow = threading.Thread(target=lambda: self.post(entry("WR-slow")))
        slow.start()
        while not self.erp.log():
            time.sleep(0.01)
        self.assertEqual(self.post(entry("WR-quick"))[0], 201)
        self.assertIsNone(self.erp.document("WR-slow"))
        slow.join()
        log = {line["ref"]: line for line in self.erp.log()}
        self.assertGreaterEqual(log["WR-slow"]["done_ms"] - log["WR-slow"]["at_ms"], 1500)
        self.assertEqual(self.erp.stats()["max_in_flight"], 2)

    def test_stops_in_the_middle_of_a_delay(self):
        self.erp.fault({"slow": {"before_ms": 60000}})

        def call():
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                self.post(entry())

        slow = threading.Thread(target=call)
        slow.start()
        while not self.erp.log():
            time.sleep(0.01)
        self.erp.process.terminate()
        self.assertEqual(self.erp.process.wait(timeout=30), 0)
        slow.join()

    def test_down_refuses_connections_and_comes_back(self):
        kept = http.client.HTTPConnection("127.0.0.1", self.port())
        self.addCleanup(kept.close)
        kept.request("GET", "/v1/books")
        kept.getresponse().read()
        self.erp.fault({"down": "refuse"})
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port()))
        with self.assertRaises(OSError):
            kept.request("GET", "/v1/books")
            kept.getresponse()
        self.assertEqual(self.erp.books()["documents"], 0)
        self.erp.clear_faults()
        self.assertEqual(self.post(entry())[0], 201)

    def test_down_for_a_while(self):
        self.erp.fault({"down": "refuse"}, for_seconds=0.3)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                self.assertEqual(self.post(entry())[0], 201)
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.fail("did not come back")

    def test_down_accept_resets(self):
        self.erp.fault({"down": "accept"}, count=1)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.post(entry())
        self.assertEqual(self.post(entry())[0], 201)

    def test_cut_request(self):
        self.erp.fault({"cut": {"at": "request", "byte": 10}}, count=1)
        self.assertIsNone(self.raw(self.http_bytes(entry())))
        self.assertIsNone(self.erp.document("WR-1"))
        self.assertEqual(self.erp.log()[0]["status"], 0)

    def test_cut_response(self):
        self.erp.fault({"cut": {"at": "response", "byte": 20}}, count=1)
        self.assertEqual(self.raw(self.http_bytes(entry())), b"HTTP/1.1 201 Created"[:20])
        self.assertIsNotNone(self.erp.document("WR-1"))
        self.erp.fault({"cut": {"at": "response", "byte": 0}}, count=1)
        self.assertEqual(self.raw(self.http_bytes(entry("WR-2"))), b"")
        self.assertIsNotNone(self.erp.document("WR-2"))

    def test_wrong_content_type(self):
        self.erp.fault({"wrong_content_type": {"status": 200}}, count=1)
        status, answer = self.post(entry())
        self.assertEqual(status, 200)
        self.assertIn("<html>", answer)
        self.assertIsNone(self.erp.document("WR-1"))

    def test_closed_period(self):
        self.erp.fault({"closed_period": "2026-06"}, count=1)
        self.expect(422, "PERIOD_CLOSED", entry())
        self.assertEqual(self.post(entry())[0], 201)

    def test_quota_changes(self):
        self.erp.fault({"quota": {"requests": 1, "per_seconds": 60}}, nth=2)
        statuses = [self.post(entry(f"WR-{number}"))[0] for number in range(4)]
        self.assertEqual(statuses, [201, 201, 201, 429])

    def test_chance_is_seeded(self):
        def run():
            self.erp.reset("faults", "state")
            self.erp.fault({"status": 500}, probability=0.5, seed=7)
            return [self.post(entry(f"WR-{number}"))[0] for number in range(40)]

        first = run()
        self.assertEqual(set(first), {201, 500})
        self.assertEqual(run(), first)

    def test_bad_faults_are_refused(self):
        for do in ({}, {"explode": 1}, {"status": 99}, {"slow": {"ms": 1}}, {"cut": {"at": "x"}}, {"down": 7},
                   {"slow": {}, "cut": {}}, {"status": 500, "when": "sometimes"}):  # fmt: skip
            status, answer = self.erp.call("POST", "/_/faults", {"do": do})
            self.assertEqual((status, answer["code"]), (400, "INVALID_FAULT"), do)


class Quota(ErpTest):
    SETTINGS = {"quota": {"requests": 3, "per_seconds": 60, "concurrency": 2}}

    def test_the_rate(self):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.erp.url).netloc)
        self.addCleanup(connection.close)
        answers = []
        for _ in range(4):
            connection.request("GET", "/v1/books")
            response = connection.getresponse()
            response.read()
            answers.append((response.status, response.getheader("X-RateLimit-Remaining")))
        self.assertEqual(answers, [(200, "2"), (200, "1"), (200, "0"), (429, "0")])
        self.assertGreater(int(response.getheader("Retry-After")), 50)
        self.assertEqual(self.erp.stats()["violations"][0]["kind"], "rate")

    def test_requests_at_a_time(self):
        self.erp.set(quota={"requests": 0})
        self.erp.fault({"slow": {"before_ms": 1500}}, count=2)
        calls = [threading.Thread(target=self.post, args=(entry(f"WR-{number}"),)) for number in range(2)]
        for call in calls:
            call.start()
        while len(self.erp.log()) < 2:
            time.sleep(0.01)
        self.expect(429, "QUOTA_EXHAUSTED", entry("WR-9"))
        for call in calls:
            call.join()
        stats = self.erp.stats()
        self.assertEqual((stats["max_in_flight"], stats["in_flight"], stats["violations"][0]["kind"]), (3, 0, "concurrency"))


class State(unittest.TestCase):
    def test_documents_survive_a_kill_and_a_torn_line(self):
        with tempfile.TemporaryDirectory(prefix="weir-standin-") as folder:
            state = pathlib.Path(folder) / "erp.state"
            erp = Standin("erp", BINARY, state=state).start()
            self.addCleanup(erp.kill)
            body = json.dumps(entry()).encode()
            erp.call("POST", "/v1/entries", body, {"Idempotency-Key": "k1"})
            erp.close_period("2026-05")
            erp.kill()
            with open(state, "ab") as file:
                file.write(b'[["documents","JE-99')
            url = erp.url
            erp.start()
            self.assertEqual(erp.url, url)
            self.assertEqual(erp.balance("1150"), "39.92")
            self.assertEqual(erp.call("POST", "/v1/entries", body, {"Idempotency-Key": "k1"})[0], 201)
            self.assertTrue(erp.log()[0]["replayed"])
            self.assertEqual(erp.call("POST", "/v1/entries", entry("WR-2", date="2026-05-01"))[1]["code"], "PERIOD_CLOSED")
            self.assertEqual(erp.call("POST", "/v1/entries", entry("WR-3"))[1]["id"], "JE-00000002")
            erp.reset()
            erp.kill()
            erp.start()
            self.assertEqual(erp.books()["documents"], 0)


if __name__ == "__main__":
    unittest.main()
