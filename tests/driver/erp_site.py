"""A folder with a configuration that takes journal entries over HTTP and posts them to the stand-in ERP."""

import json
import pathlib

ROUTE = "entries-to-erp"
DESTINATION = "erp"
STREAM = "entries"


def entry_event(event_id, subject="ACME", amount="39.92", customer=None, **more):
    """A CloudEvent whose data is a journal entry of the ERP; `subject` is its ordering key."""
    data = {
        "company": "US01",
        "posting_date": "2026-06-30",
        "currency": "USD",
        "lines": [
            {"account": "1150", "side": "debit", "amount": amount},
            {"account": "4020", "side": "credit", "amount": amount},
        ],
    }
    if customer:
        data["customer"] = customer
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "//entries.example",
        "type": "io.weir.journal.entry.v1",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": {**data, **more},
    }


class ErpSite:
    """`config` is the file to run with, `path` where entries are posted, `document` what to change before `write`."""

    path = "/v1/entries"

    def __init__(self, build, folder, erp_url):
        self.folder = pathlib.Path(folder).resolve()
        self.config = self.folder / "weir.yaml"
        self.data_dir = self.folder / "data"
        self.document = self._document(pathlib.Path(build).resolve(), erp_url)
        self.write()

    def write(self):
        """Writes `document` to the file; JSON is YAML."""
        self.config.write_text(json.dumps(self.document, indent=2))

    @property
    def erp(self):
        """The settings of the connection to the ERP."""
        return self.document["connections"][DESTINATION]

    @property
    def route(self):
        return self.document["routes"][0]

    def _document(self, build, erp_url):
        return {
            "weir": 1,
            "data_dir": str(self.data_dir),
            "plugins": {"dirs": [str(build / "plugins")]},
            "http": {"listen": "127.0.0.1:0"},
            "stop_deadline": "2s",
            "journal": {"segment_size": "1MiB", "disk_reserve": 0},
            "connections": {
                STREAM: {"plugin": "http", "path": self.path},
                DESTINATION: {
                    "plugin": "http",
                    "url": f"{erp_url}/v1/entries",
                    "external_ref_header": "External-Ref",
                    "probe_url": f"{erp_url}/v1/documents/by-ref/{{external_ref}}",
                    "remote_id": "json:/id",
                    "settle": "100ms",
                    "timeout": "10s",
                },
            },
            "routes": [
                {
                    "route": ROUTE,
                    "owner": "tests",
                    "from": {"connection": STREAM, "start": "oldest"},
                    "to": {"connection": DESTINATION, "retry": {"first_delay": "20ms", "max_delay": "200ms", "max_attempts": 1000}},
                }
            ],
        }
