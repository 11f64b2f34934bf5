#!/usr/bin/env python3
"""Idempotency-Key over the real server: the first answer again, and nothing taken twice, over stops and crashes."""

import concurrent.futures
import json

from base import ROUTE, STRUCTURED, SiteTest, some_event, unittest
from client import BATCH


class IdempotencyKey(SiteTest):
    def setUp(self):
        super().setUp()
        self.site.document["connections"]["usage"]["idempotency_key"] = "required"

    def send(self, key, body, content_type=STRUCTURED):
        """(status, body as text)"""
        headers = {"Idempotency-Key": key} if key is not None else None
        status, _, text = self.connect().post(json.dumps(body), content_type, headers)
        return status, text if isinstance(text, str) else text.decode()

    def expect_problem(self, answer, status, code):
        self.assertEqual(answer[0], status, answer)
        self.assertEqual(json.loads(answer[1])["code"], code)

    def test_a_key_is_required_and_must_be_one(self):
        self.start()
        self.expect_problem(self.send(None, some_event()), 400, "IDEMPOTENCY_KEY_MISSING")
        self.expect_problem(self.send('"open', some_event()), 400, "IDEMPOTENCY_KEY_INVALID")
        self.assertEqual(self.host.route(ROUTE)["accepted"], 0)

    def test_the_first_answer_is_given_again_over_restarts(self):
        self.start()
        batch = [some_event("b-1"), {"specversion": "1.0", "id": "bad"}, some_event("b-2"), some_event("b-1")]
        first = self.send('"one"', some_event("e-1"))
        mixed = self.send('"mixed"', batch, BATCH)
        self.assertEqual(first, (202, '{"status":"accepted"}'))
        self.assertEqual(json.loads(mixed[1])["duplicates"], 1, mixed)
        for stop in (None, self.host.terminate, self.host.kill):
            if stop is not None:
                stop()
                self.start()
            self.assertEqual(self.send('"one"', some_event("e-1")), first)
            self.assertEqual(self.send("one", some_event("e-1")), first, "the bare token is the same key")
            self.assertEqual(self.send('"mixed"', batch, BATCH), mixed)
            self.expect_problem(self.send('"one"', some_event("e-2")), 422, "IDEMPOTENCY_KEY_REUSED")
            self.expect_problem(self.send('"mixed"', batch[:1], BATCH), 422, "IDEMPOTENCY_KEY_REUSED")
        route = self.host.await_settled(ROUTE, 3)
        self.assertEqual(route["accepted"], 3, "e-2 is nowhere, not even held")
        self.expect_books([some_event("e-1"), some_event("b-1"), some_event("b-2")])

    def test_many_at_once_with_one_key_are_taken_once(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
            answers = list(pool.map(lambda _: self.send('"k"', some_event()), range(40)))
        self.assertEqual({status for status, _ in answers} - {409}, {202})
        self.assertEqual({text for status, text in answers if status == 202}, {'{"status":"accepted"}'})
        self.assertEqual(self.host.await_settled(ROUTE, 1)["suppressed"], 0, "no repetition came to the journal")
        self.expect_books([some_event()])

    def test_a_refused_request_leaves_its_key_unused(self):
        self.start()
        self.assertEqual(self.send('"k"', {"specversion": "1.0"})[0], 400)
        self.assertEqual(self.send('"k"', some_event())[0], 202)


if __name__ == "__main__":
    unittest.main()
