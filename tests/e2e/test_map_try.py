#!/usr/bin/env python3
"""weir map try: steps and mappings as they are configured, over one document."""

import os
import pathlib
import subprocess
import tempfile

from base import BUILD, unittest


class MapTry(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "contracts").mkdir()

    def configure(self, steps):
        (self.folder / "weir.yaml").write_text(
            f"""weir: 1
data_dir: data
http: {{ listen: "127.0.0.1:8080" }}
plugins: {{ dirs: ["{BUILD.resolve()}/plugins"] }}
contracts: {{ dirs: [contracts] }}
connections:
  in: {{ plugin: http, path: /v1/in }}
  out: {{ plugin: file, path: out.ndjson }}
include: ["mappings/*.yaml"]
routes:
  - {{ route: r, owner: finance, from: {{ connection: in }}, steps: {steps}, to: {{ connection: out }} }}
"""
        )

    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def attempt(self, document, what="r"):
        environment = dict(os.environ, WEIR_BUILD=str(BUILD.resolve()))
        command = [BUILD.resolve() / "bin/weir", "map", "try", what, "-c", "weir.yaml", "--input", "-"]
        return subprocess.run(
            command, cwd=self.folder, env=environment, input=document, capture_output=True, text=True
        )


class Numbers(MapTry):
    """Every digit of a number in a setting reaches the plugin."""

    EXACT = '{"total": 99999999999999.99, "code": 12345678901234567.89}'
    SCHEMA = (
        '{"type": "object", "properties": {"total": {"type": "number", "maximum": 99999999999999.99}, '
        '"code": {"enum": [12345678901234567.89]}}}'
    )

    def check_bounds(self, what="r"):
        done = self.attempt(self.EXACT, what)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        over = self.attempt('{"total": 99999999999999.991}', what)
        self.assertIn("/total: expected at most 99999999999999.99, found 99999999999999.991", over.stderr)
        near = self.attempt('{"code": 12345678901234568}', what)
        self.assertIn("/code: expected one of [12345678901234567.89], found 12345678901234568", near.stderr)

    def setUp(self):
        super().setUp()
        self.write("mappings/m.yaml", "{ mapping: m, version: 1.0.0, owner: x, map: { fields: { a: \"'a'\" } } }")
        self.write("contracts/acme/bounds/1.0.0.json", self.contract(self.SCHEMA))

    @staticmethod
    def contract(schema):
        about = '{"x-weir-contract": {"name": "acme/bounds", "version": "1.0.0", "owner": "finance"}, '
        return about + schema[1:]

    def test_of_a_schema_in_the_route(self):
        self.configure("[{ validate: { schema: " + self.SCHEMA + " } }]")
        self.check_bounds()

    def test_of_a_contract_that_is_named(self):
        self.configure("[{ validate: { schema: acme/bounds@1 } }]")
        self.check_bounds()

    def test_of_a_schema_in_a_file_beside_the_route(self):
        self.write("mappings/bounds.json", self.SCHEMA)
        self.write(
            "mappings/other.yaml",
            "route: other\nowner: finance\nfrom: { connection: in }\n"
            "steps: [{ validate: { schema_file: bounds.json } }]\nto: { connection: out }\n",
        )
        self.configure("[]")
        self.check_bounds("other")

    def test_of_constants_in_a_mapping(self):
        self.configure("[{ map: { fields: { a: { $const: 12345678901234567.89 }, b: { $const: 1.10 } } } }]")
        done = self.attempt("{}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"a": 12345678901234567.89', done.stdout)
        self.assertIn('"b": 1.10', done.stdout)


class Versions(MapTry):
    """A reference means what it means in a route."""

    def setUp(self):
        super().setUp()
        for version in ("1.0.0-rc.1", "1.0.0", "1.10.0", "2.0.0-rc.1"):
            self.write(
                f"mappings/{version}.yaml",
                f"{{ mapping: m, version: {version}, owner: x, map: {{ fields: {{ a: {{ $const: {version} }} }} }} }}",
            )

    def test_only_its_whole_version_names_a_pre_release(self):
        meant = {"m": "1.10.0", "m@1": "1.10.0", "m@1.0": "1.0.0", "m@1.0.0-rc.1": "1.0.0-rc.1"}
        for reference, version in meant.items():
            with self.subTest(reference):
                self.configure(f"[{{ map: {reference} }}]")
                for what in (reference, "r"):
                    done = self.attempt("{}", what)
                    self.assertIn(f'"a": "{version}"', done.stdout, done.stderr)

    def test_what_means_none_is_refused(self):
        self.configure("[]")
        for reference, near in (("m@2", "m@2.0.0-rc.1"), ("m@", "m@1.0.0"), ("m@1.", "m@1.0.0")):
            done = self.attempt("{}", reference)
            self.assertEqual(done.returncode, 2, reference)
            self.assertIn(f'there is no mapping, route or step "{reference}" (', done.stderr)
            self.assertIn(near, done.stderr)


if __name__ == "__main__":
    unittest.main()
