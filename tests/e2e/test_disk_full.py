#!/usr/bin/env python3
"""No room left: senders hear 503 with Retry-After, nothing accepted is lost, and room is all it takes to go on.

What becomes of outcomes that cannot be stored: test_faults.py.
"""

from base import ROUTE, Request, SiteTest, limit_files, some_event, unittest

LIMIT_BYTES = 256 * 1024
POSTS_MAX = 500


class DiskFull(SiteTest):
    def test_senders_wait_and_nothing_is_lost(self):
        self.start()
        limit_files(self.host.process, LIMIT_BYTES)
        acknowledged, refused, retry_after = self.post_until_refused()
        self.assertRegex(retry_after or "", r"^\d+$")
        self.assertTrue(self.host.running(), self.host.last_words())

        limit_files(self.host.process, None)
        self.assertTrue(self.accepted_again(refused), "still refused after there was room")
        events = [event for request in acknowledged + [refused] for event in request.events]
        line = self.host.await_settled(ROUTE, len(events))
        self.assertEqual((line["delivered"], line["balanced"]), (len(events), True))
        self.expect_books(events)

    def test_a_kill_while_it_is_full_loses_nothing_either(self):
        self.start()
        limit_files(self.host.process, LIMIT_BYTES)
        acknowledged, refused, _ = self.post_until_refused()
        self.host.kill()
        self.host.start()
        self.assertTrue(self.accepted_again(refused))
        events = [event for request in acknowledged + [refused] for event in request.events]
        self.host.await_settled(ROUTE, len(events))
        self.expect_books(events)

    def post_until_refused(self):
        """(requests answered 202, the request answered 503, its Retry-After)."""
        connection = self.connect()
        acknowledged = []
        for number in range(POSTS_MAX):
            event = some_event(f"d-{number}")
            event["data"]["note"] = "x" * 10_000
            request = Request([event], False)
            status, headers, body = connection.post(request.body, request.content_type)
            if status != 202:
                self.assertEqual(status, 503, body)
                return acknowledged, request, headers["Retry-After"]
            acknowledged.append(request)
        self.fail(f"{POSTS_MAX} posts were accepted: the limit was never felt")

    def accepted_again(self, request):
        """Sends as often as a patient sender would."""
        connection = self.connect()
        for _ in range(100):
            status, headers, _ = connection.post(request.body, request.content_type)
            if status == 202:
                return True
            self.assertEqual(status, 503)
            self.pause(min(float(headers["Retry-After"]), 0.2))
        return False


if __name__ == "__main__":
    unittest.main()
