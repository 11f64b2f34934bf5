#!/usr/bin/env python3
"""A mapping that changes while the host runs: new records get the new one, old ones whichever a person chooses."""

import json

from erp_base import REASON, ROUTE, ErpTest, entry_event, unittest

MAPPING = "entry-for-erp"


def mapping(version, memo):
    """A mapping file: everything as it came, and a memo of this version."""
    return {
        "mapping": MAPPING,
        "version": version,
        "owner": "finance",
        "map": {"pass": True, "fields": {"memo": f"'{memo} ' + record.subject"}},
    }


class MappingTest(ErpTest):
    def setUp(self):
        super().setUp()
        self.site.document["include"] = ["mappings/*.yaml"]
        (self.folder / "mappings").mkdir()
        self.write_mapping("1.0.0", "first")
        self.site.route["steps"] = [{"map": f"{MAPPING}@1"}]

    def write_mapping(self, version, memo):
        file = self.folder / f"mappings/{MAPPING}-{version}.yaml"
        file.write_text(json.dumps(mapping(version, memo)))

    def memos(self):
        return {document["external_ref"]: document["memo"] for document in self.erp.documents()}

    def memo_of(self, event_id):
        return self.memos()[self.delivery(event_id)["external_ref"]]

    def reload(self):
        report = self.verb("reload", *REASON)
        self.assertEqual(report["changed"], [ROUTE])

    def dead(self, *event_ids):
        self.wait_for(f"{event_ids} to be dead letters",
                      lambda: all((self.delivery(each) or {}).get("state") == "dead" for each in event_ids))

    def test_new_records_get_the_new_version_and_old_ones_either(self):
        self.site.route["to"]["retry"] = {"first_delay": "10ms", "max_attempts": 2}
        self.start()
        self.send(entry_event("before"))
        self.settled(1, delivered=1)
        self.erp.fault({"down": "refuse"})
        self.send(entry_event("as-mapped", subject="BOLT"), entry_event("anew", subject="CORE"))
        self.dead("as-mapped", "anew")

        self.write_mapping("1.1.0", "second")
        self.reload()
        self.erp.clear_faults()
        self.send(entry_event("after", subject="DUNE"))
        self.wait_for("the new record", lambda: self.delivery("after") or self.settled(4, dead=2))
        for event_id, which in (("as-mapped", "original"), ("anew", "current")):
            item = self.delivery(event_id)["item"]
            self.verb("redrive", item, "--mapping", which, *REASON)
        self.settled(4, delivered=4, dead=0)

        self.assertEqual(self.memo_of("before"), "first ACME")
        self.assertEqual(self.memo_of("after"), "second DUNE")
        self.assertEqual(self.memo_of("as-mapped"), "first BOLT")
        self.assertEqual(self.memo_of("anew"), "second CORE")
        self.expect_documents("before", "after", "as-mapped", "anew")


if __name__ == "__main__":
    unittest.main()
