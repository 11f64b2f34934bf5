#!/usr/bin/env python3
"""weir check and weir where-used: what they print, where they write it, and the status they end with."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from base import BUILD, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINT = "tests/configs/lint"
WRONG = ROOT / "tests/configs/wrong-mappings"
TODAY = ("--today", "2026-11-23")


def weir(*arguments, folder=ROOT):
    environment = dict(os.environ, WEIR_BUILD=str(BUILD.resolve()))
    return subprocess.run(
        [str(BUILD.resolve() / "bin/weir"), *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def check(name, *arguments):
    return weir("check", "-c", f"{LINT}/{name}.yaml", *TODAY, *arguments)


class Status(unittest.TestCase):
    def test_nothing_found_is_0(self):
        done = check("clean")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"{LINT}/clean.yaml is valid: 2 connections, 1 route\n")

    def test_a_warning_is_0_unless_it_is_denied(self):
        done = check("NO_RECONCILIATION")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"NO_RECONCILIATION.yaml:\d+:\d+: warning: .*\[NO_RECONCILIATION\]\n")
        self.assertIn("0 errors, 1 warning, 0 notes", done.stdout)
        for deny in ("warnings", "NO_RECONCILIATION"):
            denied = check("NO_RECONCILIATION", "--deny", deny)
            self.assertEqual(denied.returncode, 1)
            self.assertIn(": error: ", denied.stdout)
        self.assertEqual(check("NO_RECONCILIATION", "--deny", "NO_OWNER").returncode, 0)
        self.assertEqual(check("NO_TESTS", "--deny", "warnings").returncode, 0)  # a note is no warning

    def test_an_error_is_1_unless_it_is_allowed(self):
        self.assertEqual(check("NO_OWNER").returncode, 1)
        allowed = check("NO_OWNER", "--allow", "NO_OWNER")
        self.assertEqual(allowed.returncode, 0)
        self.assertNotIn("[NO_OWNER]", allowed.stdout)
        self.assertIn("1 waived", allowed.stdout)

    def test_a_configuration_that_is_not_valid_is_2_in_every_format(self):
        for form in ("text", "json", "sarif"):
            done = weir("check", "-c", str(WRONG / "01-unknown-path.yaml"), "--format", form)
            self.assertEqual(done.returncode, 2, form)
            self.assertIn("quantty", done.stdout + done.stderr)

    def test_wrong_use_is_2(self):
        for arguments in (["--deny", "NO_OWNR"], ["--allow", "x"], ["--today", "1.12.2026"], ["--format", "xml"],
                          ["--explain", "NO_OWNR"]):  # fmt: skip
            with self.subTest(arguments):
                done = check("clean", *arguments)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout if arguments[0] != "--format" else "", "")
        self.assertIn('did you mean "NO_OWNER"?', check("clean", "--deny", "NO_OWNR").stderr)

    def test_a_report_that_cannot_be_written_is_1(self):
        done = check("clean", "--output", "/nowhere/report.json", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"/nowhere/report.json"', done.stderr)


class Reports(unittest.TestCase):
    def test_json_has_findings_and_says_which_are_suppressed(self):
        report = json.loads(check("STALE_WAIVER.ok", "--json").stdout)
        self.assertEqual(report["problems"], [])
        (finding,) = report["findings"]
        self.assertEqual((finding["code"], finding["suppressed"]), ("NO_RECONCILIATION", True))
        self.assertIn("by hand", finding["why"])

    def test_sarif_goes_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "weir.sarif"
            done = check("NO_OWNER", "--format", "sarif", "--output", str(file))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            log = json.loads(file.read_text())
        (result,) = log["runs"][0]["results"]
        self.assertEqual(result["ruleId"], "NO_OWNER")
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], f"{LINT}/NO_OWNER.yaml")
        self.assertGreater(place["region"]["startLine"], 1)

    def test_every_code_is_explained(self):
        log = json.loads(check("clean", "--format", "sarif").stdout)
        codes = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
        self.assertGreater(len(codes), 30)
        for code in codes:
            done = weir("check", "--explain", code)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith(f"{code} ("))
            self.assertIn("How to repair it", done.stdout)

    def test_today_decides_about_days(self):
        def codes(day):
            report = json.loads(weir("check", "-c", f"{LINT}/DEPRECATED_MAPPING.yaml", "--json", "--today", day).stdout)
            return {finding["code"] for finding in report["findings"]}

        self.assertNotIn("DEPRECATED_MAPPING", codes("2026-11-22"))
        self.assertIn("DEPRECATED_MAPPING", codes("2026-11-23"))
        self.assertIn("SUNSET_MAPPING", codes("2027-06-30"))


class WhereUsed(unittest.TestCase):
    def where_used(self, *arguments):
        return weir("where-used", *arguments, "-c", f"{LINT}/DEPRECATED_MAPPING.yaml")

    def test_lists_routes_with_file_and_line(self):
        done = self.where_used("mapping", "to-entry")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"to-entry@1.0.0 +usage-to-erp +step 2 \(map\) +\S+DEPRECATED_MAPPING.yaml:\d+\n")
        self.assertRegex(done.stdout, r"to-entry@2.0.0 +late-usage-to-erp")

    def test_json_is_for_scripts(self):
        uses = json.loads(self.where_used("contract", "canonical/usage_event@1", "--json").stdout)["uses"]
        self.assertEqual({use["route"] for use in uses}, {"usage-to-erp", "late-usage-to-erp"})
        self.assertEqual({use["name"] for use in uses}, {"canonical/usage_event@1.0.0"})
        self.assertEqual({use["as"] for use in uses}, {"from", "step 1 (validate) schema", "step 2 (map) from"})

    def test_a_contract_is_found_by_any_of_its_names(self):
        names = ("canonical/usage_event", "canonical/usage_event@1", "canonical/usage_event@1.0.0")
        self.assertEqual(len({self.where_used("contract", name).stdout for name in names}), 1)

    def test_a_contract_is_used_where_it_is_a_part_of_another(self):
        done = self.where_used("contract", "canonical/xref")
        self.assertRegex(done.stdout, r"usage-to-erp +step 2 .map. into, part of canonical/\S+")

    def test_a_plugin_is_used_by_the_routes_of_its_connections(self):
        self.assertRegex(self.where_used("plugin", "http").stdout, r"usage-to-erp +to erp, connection erp")

    def test_steps_that_no_route_has_are_there(self):
        for step in ("split", "enrich", "wire_tap"):
            self.assertEqual(self.where_used("step", step).stdout, "nothing uses it\n")
        done = self.where_used("step", "splitt")
        self.assertEqual(done.returncode, 1)
        self.assertIn('did you mean "split"?', done.stderr)

    def test_what_is_there_and_not_used_is_0(self):
        done = self.where_used("contract", "canonical/payment")
        self.assertEqual((done.returncode, done.stdout), (0, "nothing uses it\n"))

    def test_what_is_not_there_is_1_with_what_was_meant(self):
        done = self.where_used("connection", "erq")
        self.assertEqual(done.returncode, 1)
        self.assertIn('did you mean "erp"?', done.stderr)
        self.assertEqual(self.where_used("nonsense", "erp").returncode, 2)


class Documented(unittest.TestCase):
    """The configuration that docs/howto/configure.md begins with, file by file as it says."""

    def test_the_example_is_valid(self):
        text = (ROOT / "docs/howto/configure.md").read_text()
        files = re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", text, re.DOTALL)
        self.assertEqual([name for name, _ in files], ["weir.yaml", "routes/usage-to-ledger.yaml"])
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files:
                file = pathlib.Path(folder, name)
                file.parent.mkdir(exist_ok=True)
                file.write_text(content.replace("build/release/plugins", f"{BUILD}/plugins"))
            done = weir("check", "-c", f"{folder}/weir.yaml")
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class WrongMappings(unittest.TestCase):
    """What is wrong in a file of wrong-mappings is told with its place before anything runs."""

    def test_each_is_refused_with_the_expected_lines(self):
        files = sorted(WRONG.glob("*.yaml"))
        self.assertGreaterEqual(len(files), 25)
        for file in files:
            with self.subTest(file.name):
                done = weir("check", "-c", file.name, folder=WRONG)
                self.assertEqual(done.stdout, "")
                self.assertEqual(done.returncode, 2)
                text = done.stderr.replace(f"{WRONG}/", "")
                self.assertEqual(text, file.with_suffix(".expected").read_text())

    def test_there_is_no_expectation_without_a_file(self):
        for file in WRONG.glob("*.expected"):
            self.assertTrue(file.with_suffix(".yaml").exists(), file.name)


if __name__ == "__main__":
    unittest.main()
