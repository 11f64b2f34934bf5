#!/usr/bin/env python3
"""weir contract and weir xref as people and pipelines use them; several processes at the same cross-references."""

import json
import subprocess

from base import BUILD, SiteTest, unittest

ORDER = {
    "x-weir-contract": {"name": "acme/order", "version": "1.0.0", "owner": "shop"},
    "type": "object",
    "additionalProperties": False,
    "required": ["number", "total"],
    "properties": {"number": {"type": "string"}, "total": {"$ref": "canonical/money@1"}},
}


class Contracts(SiteTest):
    def setUp(self):
        super().setUp()
        self.dir = self.site.config.parent / "contracts"

    def write(self, version, change=None):
        order = json.loads(json.dumps(ORDER))
        order["x-weir-contract"]["version"] = version
        if change:
            change(order)
        path = self.dir / "acme" / "order" / f"{version}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(order, indent=2))
        return str(path)

    def contract(self, *arguments):
        return self.host.verb("contract", *arguments)

    def test_lists_what_weir_brings_and_what_a_directory_has(self):
        self.write("1.0.0")
        done = self.contract("list", "--dir", str(self.dir), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        listed = {item["name"]: item for item in json.loads(done.stdout)["contracts"]}
        self.assertEqual(listed["acme/order"]["owner"], "shop")
        self.assertEqual(listed["canonical/invoice"]["owner_kind"], "billing")
        shown = self.contract("show", "acme/order@1", "--dir", str(self.dir))
        self.assertNotIn('"canonical/money@1"', json.dumps(json.loads(shown.stdout)["properties"]))
        self.assertEqual(self.contract("show", "acme/order@1").returncode, 2)

    def test_takes_the_directories_of_a_configuration(self):
        self.write("1.0.0")
        config = self.dir.parent / "contracts.yaml"
        config.write_text("weir: 1\ndata_dir: data\ncontracts: { dirs: [contracts] }\n")
        done = self.contract("list", "-c", str(config), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("acme/order", {item["name"] for item in json.loads(done.stdout)["contracts"]})
        missing = self.contract("list", "-c", "nowhere.yaml")
        self.assertEqual(missing.returncode, 2)
        self.assertIn('"nowhere.yaml" does not exist', missing.stderr)

    def test_diff_is_0_for_a_minor_step_and_1_for_one_that_hurts(self):
        first = self.write("1.0.0")
        minor = self.write("1.1.0", lambda order: order["properties"].update(note={"type": "string"}))
        done = self.contract("diff", first, minor, "--json")
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["compatible"], answer["level"]), (0, True, "minor"))
        major = self.write("2.0.0", lambda order: order["properties"].pop("number") and order["required"].pop(0))
        done = self.contract("diff", "acme/order@1.0.0", major, "--dir", str(self.dir))
        self.assertEqual(done.returncode, 1)
        self.assertIn("/number", done.stdout)
        self.assertIn("breaking", done.stdout)
        self.assertEqual(self.contract("diff", first, "nowhere.json").returncode, 2)

    def test_check_names_file_and_line(self):
        self.write("1.0.0")
        self.assertEqual(self.contract("check", str(self.dir)).returncode, 0)
        self.write("1.1.0", lambda order: order["properties"]["total"].update({"$ref": "canonical/monye@1"}))
        done = self.contract("check", str(self.dir))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'1\.1\.0\.json:\d+:\d+: .*no contract "canonical/monye@1"')

    def test_the_dictionary_says_what_a_quantity_is(self):
        done = self.contract("dictionary", "usage_event", "--json")
        fields = {field["field"]: field for field in json.loads(done.stdout)["contracts"][0]["fields"]}
        self.assertEqual(fields["/quantity"]["type"], "decimal")
        self.assertEqual(fields["/quantity"]["unit"], "as in unit")
        self.assertTrue(fields["/subject"]["personal"])


class CrossReferences(SiteTest):
    def xref(self, action, *arguments):
        return self.host.verb("xref", action, "-c", str(self.site.config), *arguments)

    def link(self, canonical, external, *more):
        return self.xref("link", canonical, "--system", "erp", "--type", "customer", "--id", external,
                         "--reason", "test", *more)  # fmt: skip

    def test_one_external_id_has_one_canonical_id(self):
        self.assertEqual(self.link("weir:customer:ACME", "C-1").returncode, 0)
        done = self.link("weir:customer:GLOBEX", "C-1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("weir:customer:ACME", done.stderr)
        self.assertIn("weir:customer:GLOBEX", done.stderr)
        self.assertEqual(self.link("weir:customer:ACME", "C-2").returncode, 1)
        self.assertEqual(self.link("weir:customer:ACME", "C-2", "--also").returncode, 0)
        self.assertEqual(self.link("ACME", "C-3").returncode, 2)
        links = json.loads(self.xref("show", "C-2", "--json").stdout)["links"]
        self.assertEqual([(link["id"], link["alternate"]) for link in links], [("C-1", False), ("C-2", True)])
        self.assertEqual(self.xref("show", "C-9").returncode, 1)

    def test_an_id_of_several_environments_is_shown_when_one_is_named(self):
        for environment, canonical in (("live", "weir:customer:ONE"), ("sandbox", "weir:customer:TWO")):
            self.xref("link", canonical, "--system", "stripe", "--environment", environment, "--type", "customer",
                      "--id", "c1", "--reason", "test")
        done = self.xref("show", "c1", "--system", "stripe")
        self.assertEqual(done.returncode, 1)
        self.assertIn("say --system, --environment or --type", done.stderr)
        shown = self.xref("show", "c1", "--environment", "sandbox").stdout
        self.assertIn("weir:customer:TWO", shown)
        self.assertNotIn("weir:customer:ONE", shown)

    def test_an_import_is_all_or_nothing_and_may_be_repeated(self):
        file = self.site.config.parent / "customers.csv"
        file.write_text("external_id,canonical_id,system,type\n1,weir:customer:A,erp,customer\n1,weir:customer:B,erp,customer\n")
        done = self.xref("import", str(file), "--reason", "export")
        self.assertEqual(done.returncode, 1)
        self.assertIn("customers.csv:3:1: ", done.stderr)
        self.assertEqual(json.loads(self.xref("list", "--json").stdout)["links"], [])
        file.write_text("external_id,canonical_id,system,type\n1,weir:customer:A,erp,customer\n2,weir:customer:B,erp,customer\n")
        self.assertIn("2 linked", self.xref("import", str(file), "--reason", "export").stdout)
        self.assertIn("2 were there already", self.xref("import", str(file), "--reason", "export").stdout)
        history = json.loads(self.xref("history", "--json").stdout)["history"]
        self.assertEqual([(item["action"], item["why"]) for item in history], [("link", "export")] * 2)

    def test_of_many_processes_one_wins(self):
        command = [str(BUILD / "bin/weir"), "xref", "link"]
        rest = ["-c", str(self.site.config), "--system", "erp", "--type", "customer", "--id", "C-1", "--reason", "race"]
        racing = [
            subprocess.Popen([*command, f"weir:customer:C{n}", *rest], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for n in range(8)
        ]
        for process in racing:
            process.communicate()
        self.assertEqual(sorted(process.returncode for process in racing), [0] + [1] * 7)
        self.assertEqual(len(json.loads(self.xref("list", "--json").stdout)["links"]), 1)


if __name__ == "__main__":
    unittest.main()
