"""What the tests against the stand-in ERP share: a folder, an ERP, a site and a host for each test."""

import concurrent.futures
import json
import time

from base import BUILD, Host, SiteTest, limit_files, unittest
from client import Connection, Request
from erp_site import DESTINATION, ROUTE, STREAM, ErpSite, entry_event
from standin import Standin

REASON = ("--reason", "end-to-end test")


class ErpTest(SiteTest):
    """setUp starts `erp` and makes `site` and `host` (not started); `start` starts it."""

    ERP = {}  # settings of the stand-in

    def setUp(self):
        super().setUp()
        self.erp = Standin("erp", BUILD / "bin/weir-standin", settings=self.ERP, log=self.folder / "erp.log").start()
        self.addCleanup(self.erp.kill)
        self.site = ErpSite(BUILD, self.folder, self.erp.url)

    # ------------------------------------------------------------------------------------------ sending

    def start(self, failpoints=None):
        self.site.write()
        self.host.start(failpoints)

    def send(self, *events):
        """Each in a POST of its own; all must be answered 202."""
        for event in events:
            self.assertEqual(self.post(event), 202)

    def send_at_once(self, requests):
        """The bodies of the answers to requests that were sent at the same time; all must be 202."""

        def one(request):
            connection = Connection(self.host.address, self.site.path)
            try:
                return connection.post(request.body, request.content_type)
            finally:
                connection.close()

        with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
            answers = list(pool.map(one, requests))
        self.assertEqual({status for status, _, _ in answers}, {202})
        return [json.loads(body) for _, _, body in answers]

    # ------------------------------------------------------------------------------------------ waiting

    def wait_for(self, what, condition, seconds=20):
        """The first value of `condition()` that is true."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds} s: {what}\n{self.host.last_words()}")
            if self.host.process and not self.host.running():
                self.fail(f"the host ended while waiting for: {what}\n{self.host.last_words()}")
            self.pause(0.01)
        return value

    def settled(self, expected, **counts):
        """Waits until `expected` records have an outcome; the route's line must have `counts`, and be balanced."""
        line = self.host.await_settled(ROUTE, expected, seconds=25)
        self.assertEqual({name: line[name] for name in counts}, counts, line)
        self.assertTrue(line["balanced"], line)
        return line

    # ------------------------------------------------------------------------------------------ asking

    def counter(self, name):
        return self.host.metrics()[f"weir_{name}_total"]

    def connection(self, name=DESTINATION):
        listed = self.host.listing("connections")["connections"]
        return next(line for line in listed if line["connection"] == name)

    def delivery(self, event_id, route=ROUTE):
        """What `weir trace` says of the one delivery of this event, or None before there is one."""
        lanes = self.host.listing("trace", event_id)["traces"][0]["lanes"]
        found = [each for lane in lanes if lane["route"] == route for each in lane["deliveries"]]
        return found[0] if found else None

    def verb(self, *arguments):
        """The JSON of a verb that must succeed."""
        done = self.host.verb(*arguments, "-c", str(self.site.config), "--json")
        self.assertEqual(done.returncode, 0, done.stderr or done.stdout)
        return json.loads(done.stdout)

    def posts(self, ref=None):
        """Requests that wanted to write, as the ERP saw them, oldest first."""
        return [line for line in self.erp.log() if line["method"] == "POST" and ref in (None, line["ref"])]

    def probes(self):
        return [line for line in self.erp.log() if "/by-ref/" in line["path"]]

    def expect_documents(self, *event_ids):
        """The ERP has exactly one document for each of these events, and no other; its books balance."""
        refs = [self.delivery(event_id)["external_ref"] for event_id in event_ids]
        found = [document["external_ref"] for document in self.erp.documents()]
        self.assertEqual(sorted(found), sorted(refs))
        self.assertTrue(self.erp.books()["balanced"])


__all__ = ["BUILD", "DESTINATION", "ErpTest", "Host", "REASON", "ROUTE", "Request", "STREAM", "entry_event", "limit_files",
           "unittest"]  # fmt: skip
