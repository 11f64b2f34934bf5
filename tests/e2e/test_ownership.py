#!/usr/bin/env python3
"""Who owns what, from the configuration: what another system writes is held and audited, however it gets there."""

import json
import pathlib
import tempfile
import urllib.request

from base import BUILD, unittest
from host import Host

FIELDS = {
    "id": "record.data.id", "legal_name": "record.data.legal_name", "owner_system": "'crm'", "type": "'company'",
    "status": "'active'", "default_currency": "'USD'", "time_zone": "'UTC'", "billing_address": {"country": "'US'"},
}  # fmt: skip
CUSTOMER = {
    "id": "C-1", "legal_name": "Acme", "owner_system": "crm", "type": "company", "status": "active",
    "default_currency": "USD", "time_zone": "UTC", "billing_address": {"country": "US"},
}  # fmt: skip
CONTRACT = "canonical/customer@1"
ROUTES = {
    "mapped": {"steps": [{"map": {"into": CONTRACT, "fields": FIELDS}}]},
    "mapped-exact": {"steps": [{"map": {"into": "canonical/customer@1.0.0", "fields": FIELDS}}]},
    "as-it-came": {"from": {"contract": CONTRACT}},
    "declared-at-the-end": {"to": {"contract": CONTRACT}},
    "something-else": {"steps": [{"map": {"fields": {"name": "record.data.legal_name"}}}], "from": {"contract": CONTRACT}},
}


class Ownership(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-ownership-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.host = Host(BUILD, self.folder / "weir.json", self.folder / "log")
        self.addCleanup(lambda: self.host.running() and self.host.kill())

    def start(self, writer):
        routes = [
            {"route": name, "owner": "finance", "steps": route.get("steps", []),
             "from": {"connection": writer, **route.get("from", {})}, "to": {"connection": f"{name}-out", **route.get("to", {})}}
            for name, route in ROUTES.items()
        ]  # fmt: skip
        (self.folder / "weir.json").write_text(json.dumps({
            "weir": 1, "data_dir": "data", "plugins": {"dirs": [str(BUILD.resolve() / "plugins")]},
            "http": {"listen": "127.0.0.1:0"},
            "ownership": {"customer": {"system": "crm", "members": [{"member": "/payment_terms", "system": "erp"}]}},
            "connections": {
                "crm": {"plugin": "http", "path": "/crm", "type": "customer"},
                "erp": {"plugin": "http", "path": "/erp", "type": "customer"},
                **{f"{name}-out": {"plugin": "file", "path": f"{name}.ndjson"} for name in ROUTES},
            },
            "routes": routes,
        }))  # fmt: skip
        self.host.start()

    def post(self, path, customer):
        address = "http://{}:{}{}".format(*self.host.address, path)
        request = urllib.request.Request(address, json.dumps(customer).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.status, 202)
        return {name: self.host.await_settled(name, 1) for name in ROUTES}

    def test_what_another_system_writes_is_held_and_audited(self):
        self.start("erp")
        settled = self.post("/erp", CUSTOMER)
        self.assertEqual({name for name, route in settled.items() if route["held"] == 0}, {"something-else"})
        held = self.host.listing("exceptions")["exceptions"]
        self.assertEqual({one["code"] for one in held}, {"NOT_OWNER"})
        audit = [entry for entry in self.host.listing("audit")["entries"] if entry["action"] == "refuse"]
        self.assertEqual({entry["subject"].split("/")[0] for entry in audit}, set(ROUTES) - {"something-else"})
        self.assertEqual({entry["reason"] for entry in audit}, {"NOT_OWNER"})

    def test_the_owner_may_write_its_own_members_and_no_others(self):
        self.start("crm")
        settled = self.post("/crm", CUSTOMER)
        self.assertEqual({name: route["delivered"] for name, route in settled.items()}, dict.fromkeys(ROUTES, 1))

    def test_a_member_of_another_owner_is_held_alone(self):
        self.start("crm")
        settled = self.post("/crm", {**CUSTOMER, "payment_terms": {"code": "NET30"}})
        self.assertEqual(
            {name for name, route in settled.items() if route["held"]}, {"as-it-came", "declared-at-the-end"}
        )


if __name__ == "__main__":
    unittest.main()
