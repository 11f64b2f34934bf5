#!/usr/bin/env python3
"""What a sender hears from the real server: 202 only for what is stored, and a reason for everything else."""

import json

from base import ROUTE, STRUCTURED, SiteTest, some_event, unittest
from client import BATCH

TOKEN = "correct-horse-battery-staple"


class HttpStatuses(SiteTest):
    def answer(self, body, content_type=STRUCTURED, headers=None):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return self.connect().post(body, content_type, headers)

    def expect_problem(self, answer, status):
        """A problem document (RFC 9457) with this status."""
        found, headers, body = answer
        self.assertEqual(found, status, body)
        self.assertEqual(headers["Content-Type"].split(";")[0], "application/problem+json", body)
        self.assertEqual(json.loads(body)["status"], status)

    def test_a_good_event_is_accepted_and_posted(self):
        self.start()
        self.assertEqual(self.answer(some_event())[0], 202)
        self.host.await_settled(ROUTE, 1)
        self.expect_books([some_event()])

    def test_the_same_event_again_is_accepted_and_changes_nothing(self):
        self.start()
        self.assertEqual([self.answer(some_event())[0] for _ in range(3)], [202] * 3)
        self.assertEqual(self.host.await_settled(ROUTE, 1)["suppressed"], 2)
        self.expect_books([some_event()])

    def test_broken_json_is_400(self):
        self.start()
        self.expect_problem(self.answer('{"specversion": "1.0", '), 400)

    def test_an_event_without_id_is_400(self):
        self.start()
        event = some_event()
        del event["id"]
        self.expect_problem(self.answer(event), 400)

    def test_an_unknown_content_type_is_415(self):
        self.start()
        self.expect_problem(self.answer("hello", "text/plain"), 415)

    def test_a_body_above_the_limit_is_413(self):
        self.site.document["connections"]["usage"]["max_body_bytes"] = 4096
        self.start()
        self.expect_problem(self.answer(some_event(quantity="1" * 5000)), 413)

    def test_a_bad_item_does_not_sink_the_good_ones_of_its_batch(self):
        self.start()
        good = [some_event(f"b-{i}") for i in range(4)]
        bad = {"specversion": "1.0", "id": "b-bad"}
        status, _, body = self.answer(good[:2] + [bad] + good[2:], BATCH)
        self.assertEqual(status, 202, body)
        answer = json.loads(body)
        self.assertEqual((answer["accepted"], answer["rejected"]), (4, 1))
        self.assertEqual([(item["index"], item["status"]) for item in answer["items"]], [(2, "rejected")])
        self.host.await_settled(ROUTE, len(good))
        self.expect_books(good)

    def test_nothing_is_stored_of_what_was_refused(self):
        self.start()
        self.answer('{"specversion": "1.0", ')
        self.answer("hello", "text/plain")
        self.assertEqual(self.host.route(ROUTE)["accepted"], 0)

    def test_without_the_token_it_is_401(self):
        secret = self.folder / "token"
        secret.write_text(TOKEN)
        secret.chmod(0o600)
        self.site.document["connections"]["usage"]["auth"] = {
            "mode": "bearer",
            "secrets": [f"${{secret:file:{secret}}}"],
        }
        self.start()
        self.expect_problem(self.answer(some_event()), 401)
        self.expect_problem(self.answer(some_event(), headers={"Authorization": "Bearer wrong"}), 401)
        self.assertEqual(self.answer(some_event(), headers={"Authorization": f"Bearer {TOKEN}"})[0], 202)


if __name__ == "__main__":
    unittest.main()
