"""A folder with a configuration that takes usage over HTTP and posts it to a ledger."""

import json
import pathlib

import usage

ROUTE = "usage-to-ledger"
DESTINATION = "books"

ACCOUNTS = {
    usage.RECEIVABLE: {"name": "Unbilled receivables", "type": "asset"},
    usage.REVENUE: {"name": "Usage revenue", "type": "revenue"},
}


class UsageSite:
    """`config` is the file to run with, `path` where events are posted, `books` the ledger's file."""

    path = "/v1/usage"

    def __init__(self, build, folder, stateful=False):
        self.folder = pathlib.Path(folder).resolve()
        self.books = self.folder / "books.db"
        self.config = self.folder / "weir.yaml"
        self.build = pathlib.Path(build).resolve()
        self.document = self._document(stateful)
        self.write()

    def write(self):
        """Writes `document` to the file; JSON is YAML."""
        self.config.write_text(json.dumps(self.document, indent=2))

    @property
    def route(self):
        return self.document["routes"][0]

    def _document(self, stateful):
        dirs = [str(self.build / "plugins")]
        steps = [{"usage-to-entry": usage.entry_settings()}]
        if stateful:
            dirs.append(str(self.build / "tests/crash/plugins"))
            steps.insert(0, {"once": {}})
        return {
            "weir": 1,
            "data_dir": str(self.folder / "data"),
            "plugins": {"dirs": dirs},
            "http": {"listen": "127.0.0.1:0"},
            # The smallest segment, so that journals rotate in tests.
            "journal": {"segment_size": "1MiB", "disk_reserve": 0},
            "connections": {
                "usage": {"plugin": "http", "path": self.path},
                DESTINATION: {
                    "plugin": "ledger",
                    "path": str(self.books),
                    "companies": [usage.COMPANY],
                    "accounts": ACCOUNTS,
                },
            },
            "routes": [
                {
                    "route": ROUTE,
                    "owner": "tests",
                    "from": {"connection": "usage", "start": "oldest"},
                    "steps": steps,
                    "to": {"connection": DESTINATION, "retry": {"first_delay": "20ms", "max_delay": "200ms"}},
                }
            ],
        }

    @staticmethod
    def expected(events):
        """The postings that these events must become."""
        return [usage.expected_entry(event, ROUTE, DESTINATION) for event in events]
