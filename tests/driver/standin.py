"""Starts a stand-in (an ERP, a billing service or a support desk), breaks it, and asks it what happened.

    with Standin("erp", binary=build / "bin/weir-standin") as erp:
        erp.fault({"status": 429, "retry_after": 30}, every=3)
        ...                                     # a host posts to erp.url + "/v1/entries"
        assert erp.document("WR-1") is not None
        assert erp.stats()["violations"] == []

sdk/standins/README.md describes every endpoint, fault and setting.
"""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.parse

READY_SECONDS = 60  # sanitizer builds on a loaded machine; a plain start takes milliseconds


class StandinError(Exception):
    """The stand-in did not start, or refused what the test told it."""


class Service:
    """One stand-in that runs: how to call it, break it, and ask it."""

    def __init__(self, kind, url=None, control=None):
        self.kind = kind
        self.url = url  # http://127.0.0.1:PORT
        self.control = control  # the same for /_/, which works while the service is down

    # ------------------------------------------------------------------------------------------ calls

    def call(self, method, path, body=None, headers=None):
        """(status, parsed JSON or text) of one request to the service; through quota and faults like any other."""
        return _call(self.url, method, path, body, headers or {})

    def tell(self, method, path, body=None):
        """The answer of the control port. StandinError: it refused."""
        status, answer = _call(self.control, method, path, body, {})
        if status >= 300:
            raise StandinError(f"{method} {path}: {status}: {answer}")
        return answer

    # ------------------------------------------------------------------------------------------ faults

    def fault(self, do, name=None, **match):
        """Adds a fault, its id: fault({"slow": {"before_ms": 50}}, method="POST", path="/v1/*", count=1)."""
        fault = {"match": match, "do": do}
        if name:
            fault["name"] = name
        return self.tell("POST", "/_/faults", fault)["id"]

    def faults(self):
        """The faults, with how often each was `seen` and `applied`."""
        return self.tell("GET", "/_/faults")["faults"]

    def clear_faults(self):
        self.tell("DELETE", "/_/faults")

    def expire_sessions(self):
        self.tell("POST", "/_/expire-sessions")

    def set(self, **settings):
        """Changes settings: set(quota={"requests": 5, "per_seconds": 1, "concurrency": 5}, drafts=True)."""
        return self.tell("PATCH", "/_/settings", settings)

    def reset(self, *what):
        """Forgets "state", "log", "faults", "stats", "settings"; everything without arguments."""
        self.tell("POST", "/_/reset", {"what": list(what)})

    # ------------------------------------------------------------------------------------------ what happened

    def log(self, after=0):
        """Every request: n, at_ms, done_ms, method, path, target, ref, key, status (0: cut), faults, replayed, committed."""
        return self.tell("GET", f"/_/log?after={after}")["entries"]

    def stats(self):
        """requests, in_flight, max_in_flight, max_per_second, violations."""
        return self.tell("GET", "/_/stats")

    # ------------------------------------------------------------------------------------------ ERP

    def books(self):
        """accounts, totals, documents, drafts, balanced; amounts are decimal texts."""
        return self.tell("GET", "/_/do/v1/books")

    def balance(self, account, company="US01", currency="USD"):
        """The balance (debit less credit) of one account, "0" if nothing was posted to it."""
        for row in self.books()["accounts"]:
            if (row["company"], row["currency"], row["account"]) == (company, currency, account):
                return row["balance"]
        return "0"

    def document(self, ref, company=None):
        """The document with this external reference, or None."""
        query = f"?company={company}" if company else ""
        status, answer = _call(
            self.control, "GET", f"/_/do/v1/documents/by-ref/{urllib.parse.quote(ref, safe='')}{query}", None, {}
        )
        if status not in (200, 404):
            raise StandinError(f"by-ref {ref}: {status}: {answer}")
        return answer if status == 200 else None

    def documents(self, kind="documents", **query):
        """All documents of a kind ("entries", "invoices", "payments", "documents"), page by page."""
        found, cursor = [], ""
        while cursor is not None:
            arguments = urllib.parse.urlencode({**query, "limit": 1000, "cursor": cursor})
            page = self.tell("GET", f"/_/do/v1/{kind}?{arguments}")
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    def close_period(self, period, company=None):
        self._set_period(period, "close", company)

    def open_period(self, period, company=None):
        self._set_period(period, "open", company)

    def _set_period(self, period, state, company):
        self.tell("POST", f"/_/do/v1/periods/{period}/{state}" + (f"?company={company}" if company else ""))

    def map_customer(self, customer, erp_id):
        self.tell("PUT", f"/_/do/v1/customers-map/{urllib.parse.quote(customer, safe='')}", {"id": erp_id})

    def unmap_customer(self, customer):
        self.tell("DELETE", f"/_/do/v1/customers-map/{urllib.parse.quote(customer, safe='')}")



class Standin(Service):
    """One process. Keeps its port, and with `state` its documents, over stop() and start().

    Kind "all" runs one of each: `services["billing"]` is its billing service, `settings` has an object per kind.
    """

    def __init__(self, kind, binary, settings=None, state=None, log=None):
        super().__init__(kind)
        self.binary = str(binary)
        self.settings = settings or {}
        self.state = state
        self.log_path = log  # standard error goes there
        self.process = None
        self.services = {}  # by kind, set by start()

    # ------------------------------------------------------------------------------------------ the process

    def start(self):
        """Starts it and returns self when it is ready. StandinError: it ended first."""
        listen = urllib.parse.urlsplit(self.url).netloc if self.url else "127.0.0.1:0"
        command = [self.binary, self.kind, "--listen", listen]
        if self.state:
            command += ["--state", str(self.state)]
        with tempfile.TemporaryDirectory(prefix="weir-standin-") as folder:
            config = pathlib.Path(folder) / "settings.json"
            config.write_text(json.dumps(self.settings))
            with open(self.log_path or os.devnull, "ab") as log:
                self.process = subprocess.Popen(
                    [*command, "--config", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
                )
            line = self.process.stdout.readline()  # ends with the process: no need for a deadline
        if not line:
            raise StandinError(f"weir-standin {self.kind} ended with {self.process.wait()} before it was ready")
        found = json.loads(line)["services"]
        self.url, self.control = found[0]["url"], found[0]["control"]
        self.services = {each["kind"]: Service(each["kind"], each["url"], each["control"]) for each in found}
        return self

    def stop(self):
        """SIGTERM, and waits."""
        self._end(lambda: self.process.terminate())

    def kill(self):
        """SIGKILL, as a crash would."""
        self._end(lambda: self.process.kill())

    def _end(self, signal):
        if self.process is None:
            return
        signal()
        self.process.wait(timeout=READY_SECONDS)
        self.process.stdout.close()
        self.process = None

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.kill()


def _call(base, method, path, body, headers):
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=READY_SECONDS)
    try:
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        text = response.read().decode()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return response.status, json.loads(text) if text and is_json else text
    finally:
        connection.close()
