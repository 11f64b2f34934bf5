#!/usr/bin/env python3
"""Every verb: its exit status (0 done, 1 failed, 2 wrong use or configuration), its help, and what scripts read."""

import json

from base import BUILD, ROUTE, SiteTest, some_event, unittest

VERBS = ("run", "check", "schema", "plugins", "eval", "trace", "status", "dead-letters", "exceptions", "redrive", "replay",
         "routes", "where-used", "connections", "offsets", "pause", "resume", "reload", "audit", "token", "contract", "xref",
         "version")  # fmt: skip
WITH_JSON = ("check", "where-used", "plugins", "trace", "status", "dead-letters", "exceptions", "redrive", "replay", "routes",
             "connections", "offsets", "audit", "version")  # fmt: skip


class Help(SiteTest):
    def test_each_verb_explains_itself_with_an_example(self):
        for verb in VERBS:
            with self.subTest(verb):
                done = self.host.verb(verb, "--help")
                self.assertEqual(done.returncode, 0)
                self.assertIn(f"Example:\n  weir {verb}", done.stdout)

    def test_a_verb_with_a_listing_has_json(self):
        for verb in WITH_JSON:
            with self.subTest(verb):
                self.assertIn("--json", self.host.verb(verb, "--help").stdout)

    def test_the_program_lists_its_verbs(self):
        done = self.host.verb("--help")
        self.assertEqual(done.returncode, 0)
        for verb in VERBS:
            self.assertIn(verb, done.stdout)

    def test_wrong_use_is_2(self):
        for arguments in ([], ["nonsense"], ["status", "--nonsense"], ["trace"]):
            with self.subTest(arguments):
                self.assertEqual(self.host.verb(*arguments).returncode, 2)

    def test_a_misspelt_verb_is_told_with_what_was_meant(self):
        self.assertEqual(self.host.verb("chek").stderr, 'weir: there is no verb "chek"; did you mean "check"?\n')

    def test_version_is_readable_by_scripts(self):
        version = json.loads(self.host.verb("version", "--json").stdout)
        self.assertRegex(version["weir"], r"^\d+\.\d+\.\d+")
        self.assertRegex(version["plugin_abi"], r"^1\.\d+$")


class Configuration(SiteTest):
    def check(self, *arguments):
        return self.host.verb("check", "-c", str(self.site.config), *arguments)

    def test_a_good_one_is_0(self):
        done = self.check()
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_bad_one_is_2_with_every_place_at_once(self):
        self.site.document["conections"] = {}
        self.site.route["from"]["connection"] = "usge"
        self.site.write()
        done = self.check()
        self.assertEqual(done.returncode, 2)
        text = done.stdout + done.stderr
        self.assertRegex(text, r'weir\.yaml:\d+:\d+: .*conections')
        self.assertRegex(text, r'weir\.yaml:\d+:\d+: .*usge')
        self.assertIn('"connections"', text)  # the nearest valid name

    def test_run_refuses_a_bad_one_as_check_does(self):
        self.site.document["conections"] = {}
        self.site.write()
        self.assertEqual(self.host.verb("run", "-c", str(self.site.config)).returncode, 2)

    def test_a_missing_file_is_2(self):
        self.assertEqual(self.host.verb("check", "-c", str(self.folder / "none.yaml")).returncode, 2)

    def test_the_schema_knows_the_plugins(self):
        done = self.host.verb("schema", "-c", str(self.site.config))
        self.assertEqual(done.returncode, 0)
        self.assertIn("usage-to-entry", done.stdout)
        self.assertIn("$schema", json.loads(done.stdout))

    def test_plugins_lists_what_is_there(self):
        done = self.host.verb("plugins", "--dir", str(BUILD / "plugins"), "--json")
        self.assertEqual(done.returncode, 0)
        found = {plugin["id"]: plugin for plugin in json.loads(done.stdout)["plugins"]}
        self.assertLessEqual({"http", "file", "ledger", "validate"}, set(found))
        self.assertEqual([plugin["id"] for plugin in found.values() if plugin["refused"]], [])


class Journal(SiteTest):
    def test_before_the_first_start_there_is_nothing_to_show(self):
        done = self.host.verb("status", "-c", str(self.site.config))
        self.assertEqual(done.returncode, 1)
        self.assertIn("weir run", done.stderr)

    def test_a_posting_can_be_traced_while_it_runs_and_after(self):
        self.start()
        self.assertEqual(self.post(some_event("traced")), 202)
        self.host.await_settled(ROUTE, 1)
        running = self.host.listing("trace", "traced")
        self.assertEqual(self.host.terminate(), 0)
        stopped = self.host.listing("trace", "traced")
        for traces in (running["traces"], stopped["traces"]):
            self.assertEqual(len(traces), 1)
            self.assertEqual(traces[0]["record"]["id"], "traced")
            self.assertTrue(any(lane["attempts"] and lane["settled"] for lane in traces[0]["lanes"]), traces)

    def test_what_nobody_knows_is_1(self):
        self.start()
        done = self.host.verb("trace", "-c", str(self.site.config), "never-sent")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"never-sent"', done.stderr)

    def test_a_refused_posting_is_held_with_its_reason(self):
        self.start()
        event = some_event("strange")
        event["data"]["metric"] = "unheard_of"
        self.assertEqual(self.post(event), 202)
        self.assertEqual(self.host.await_settled(ROUTE, 1)["held"], 1)
        held = self.host.listing("dead-letters", "--state", "held")["dead_letters"]
        self.assertEqual([(item["record"]["id"], item["state"]) for item in held], [("strange", "held")])
        self.assertTrue(held[0]["code"])
        self.assertEqual(self.host.listing("dead-letters", "--state", "dead")["dead_letters"], [])


if __name__ == "__main__":
    unittest.main()
