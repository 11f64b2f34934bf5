#!/usr/bin/env python3
"""The host's own log: how much, and in which form, says the configuration, and for one run the command line."""

import json
import subprocess

from base import SiteTest, unittest


class Log(SiteTest):
    def run_and_stop(self, *arguments):
        """What a host that starts and stops at once writes, as lines."""
        self.site.write()
        process = subprocess.Popen(
            [self.host.program, "run", "-c", str(self.site.config), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.kill)
        while (line := process.stdout.readline()) and not line.startswith("ready"):
            pass
        process.terminate()
        return process.communicate(timeout=30)[1].splitlines()

    def test_the_command_line_says_how_much(self):
        self.assertEqual(self.run_and_stop("--log-level", "error"), [])
        lines = self.run_and_stop("--log-level", "info", "--log-format", "json")
        self.assertGreater(len(lines), 1)
        for line in lines:
            self.assertEqual(json.loads(line)["level"], "info", line)

    def test_the_configuration_says_how_much(self):
        self.site.document["log"] = {"level": "error"}
        self.assertEqual(self.run_and_stop(), [])

    def test_the_configuration_says_in_which_form(self):
        self.site.document["log"] = {"format": "json"}
        for line in self.run_and_stop():
            json.loads(line)


if __name__ == "__main__":
    unittest.main()
