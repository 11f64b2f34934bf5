#!/usr/bin/env python3
"""A plugin of somebody else: copied into a plugins directory, named in the configuration, used. Nothing is rebuilt."""

import shutil

from base import BUILD, ROUTE, SiteTest, some_event, unittest

PLUGIN = BUILD / "tests/e2e/third_party/allow_list.so"
KEEPS_STATE = BUILD / "tests/crash/plugins/once.so"


class ThirdPartyPlugin(SiteTest):
    def setUp(self):
        super().setUp()
        self.directory = self.folder / "plugins"
        self.directory.mkdir(mode=0o755)
        self.site.document["plugins"]["dirs"].append(str(self.directory))

    def copy(self):
        shutil.copy(PLUGIN, self.directory)

    def use(self):
        self.site.route["steps"].insert(0, {"allow": {"subjects": ["cus_globex"]}})

    def test_it_works_after_a_change_of_configuration(self):
        self.start()
        self.assertEqual(self.post(some_event("before")), 202)
        self.host.await_settled(ROUTE, 1)
        self.assertEqual(self.host.terminate(), 0)

        self.copy()
        self.use()
        self.start()
        self.assertEqual(self.post(some_event("after")), 202)
        self.assertEqual(self.host.await_settled(ROUTE, 2)["filtered"], 1)
        self.expect_books([some_event("before")])

    def test_without_its_file_the_configuration_is_refused_at_its_line(self):
        self.use()
        self.site.write()
        done = self.host.verb("check", "-c", str(self.site.config))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stdout + done.stderr, r'weir\.yaml:\d+:\d+: .*"allow"')

    def test_it_is_listed(self):
        self.copy()
        self.site.write()
        plugins = self.host.listing("plugins")
        self.assertIn("com.example.allow-list", str(plugins))

    def test_a_file_that_is_no_plugin_is_refused_and_the_host_runs(self):
        (self.directory / "nonsense.so").write_text("not a library")
        self.start()
        self.assertEqual(self.post(some_event()), 202)
        self.host.await_settled(ROUTE, 1)

    def test_a_tap_behind_a_step_with_state_is_refused_at_the_start(self):
        # Its manifest says nothing of it, and a check runs no plugin's code.
        shutil.copy(KEEPS_STATE, self.directory)
        self.site.document["connections"]["copy"] = {"plugin": "file", "path": "copy.ndjson"}
        self.site.route["steps"][:0] = [{"once": {}}, {"wire_tap": {"connection": "copy"}}]
        self.site.write()
        self.assertEqual(self.host.verb("check", "-c", str(self.site.config)).returncode, 0)
        done = self.host.verb("run", "-c", str(self.site.config))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("a wire_tap cannot stand behind step 1 (once), which is not pure", done.stderr)

    def test_a_required_plugin_that_is_missing_stops_the_start(self):
        self.site.document["plugins"]["use"] = [{"id": "com.example.allow-list", "required": True}]
        self.site.write()
        done = self.host.verb("run", "-c", str(self.site.config))
        self.assertEqual(done.returncode, 2)
        self.assertIn("com.example.allow-list", done.stderr)
        self.assertIn("nothing was started", done.stderr)
        self.copy()
        self.start()
        self.assertEqual(self.post(some_event()), 202)


if __name__ == "__main__":
    unittest.main()
