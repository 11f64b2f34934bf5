"""What the end-to-end tests share: a folder, a site and a host for each test."""

import os
import pathlib
import resource
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
from books import differences, read_entries, unbalanced  # noqa: E402
from client import Connection, Request, STRUCTURED  # noqa: E402
from host import Host  # noqa: E402
import usage  # noqa: E402
from usage_site import ROUTE, UsageSite  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))


class SiteTest(unittest.TestCase):
    """setUp makes `site` and `host` (not started); `start` starts it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.site = UsageSite(BUILD, self.folder)
        self.host = Host(BUILD, self.site.config, self.folder / "weir.log")
        self.addCleanup(self._kill)

    def _kill(self):
        if self.host.running():
            self.host.kill()

    def start(self):
        self.site.write()
        self.host.start()

    def connect(self):
        connection = Connection(self.host.address, self.site.path)
        self.addCleanup(connection.close)
        return connection

    def post(self, event):
        """The status of one structured POST on a connection of its own."""
        request = Request([event], False)
        return self.connect().post(request.body, request.content_type)[0]

    def entries(self):
        return read_entries(self.site.books)

    @staticmethod
    def pause(seconds):
        """Between two tries of something that another process has to do."""
        time.sleep(seconds)

    def expect_books(self, events):
        """Exactly these events are in the books, each once."""
        self.assertEqual(differences(self.site.expected(events), read_entries(self.site.books)), [])
        self.assertEqual(unbalanced(self.site.books), [])


def some_event(event_id="e-1", quantity="1000"):
    return usage.event(event_id, "cus_acme", "api_calls", quantity, "2026-06-15T12:00:00Z")


def limit_files(process, size):
    """Files of a running process may grow to `size` bytes (None: without limit), from now on.

    Stands in for a full disk: every write beyond it fails, as ENOSPC would.
    """
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


__all__ = ["BUILD", "Host", "ROUTE", "Request", "SiteTest", "STRUCTURED", "limit_files", "some_event", "unittest", "usage"]
