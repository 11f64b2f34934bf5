#!/usr/bin/env python3
"""Webhooks against the vendors' own libraries: what they sign weir takes, what they refuse weir refuses."""

import base64
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

from base import BUILD, SiteTest, unittest
import npm

HERE = pathlib.Path(__file__).resolve().parent / "webhooks"
BODY = '{"id":"evt_weir_0001","object":"event","type":"invoice.finalized","data":{"object":{"customer":"cus_1"}}}'
SECRETS = {
    "stripe": "whsec_test_weir",
    "standard-webhooks": "whsec_" + base64.b64encode(b"weir-standard-webhooks-test-key!").decode(),
}


class Judge:
    def __init__(self, folder):
        self._process = subprocess.Popen(["node", "judge.mjs"], cwd=folder, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)  # fmt: skip

    def ask(self, **question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class WebhooksTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.judge = Judge(npm.install(HERE, BUILD / "webhook-judges"))

    @classmethod
    def tearDownClass(cls):
        cls.judge.close()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        document = self.site.document
        document["connections"] = {}
        document["routes"] = []
        for scheme, secret in SECRETS.items():
            file = self.folder / f"{scheme}.secret"
            file.write_text(secret)
            name = f"hooks-{scheme}"
            document["connections"][name] = {
                "plugin": "http",
                "path": f"/hooks/{scheme}",
                "webhook": {"scheme": scheme, "secrets": [f"${{secret:file:{file}}}"]},
                "subject_pointer": "/data/object/customer",
            }
            document["connections"][f"out-{scheme}"] = {
                "plugin": "file",
                "component": "sink",
                "path": str(self.folder / f"{scheme}.ndjson"),
                "envelope": "cloudevents",
            }
            document["routes"].append(
                {"route": name, "owner": "tests", "from": {"connection": name}, "to": {"connection": f"out-{scheme}"}})  # fmt: skip
        self.site.write()
        self.host.start()

    def deliver(self, scheme, headers, body=BODY):
        request = urllib.request.Request(f"http://{self.host.address[0]}:{self.host.address[1]}/hooks/{scheme}", body.encode(),
                                         {"content-type": "application/json", **headers})  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())

    def signed(self, scheme, body=BODY, secret=None, age=0, event_id="msg_weir_1"):
        return self.judge.ask(do="sign", scheme=scheme, body=body, secret=secret or SECRETS[scheme],
                              timestamp=int(time.time()) - age, id=event_id)["headers"]  # fmt: skip

    def both_say(self, scheme, headers, body, good):
        judged = self.judge.ask(do="verify", scheme=scheme, body=body, secret=SECRETS[scheme], headers=headers)
        status, answer = self.deliver(scheme, headers, body)
        self.assertEqual(judged["good"], good, judged)
        self.assertEqual(status, 202 if good else 401, answer)
        return answer

    def test_weir_and_the_vendors_agree(self):
        for scheme in SECRETS:
            with self.subTest(scheme):
                headers = self.signed(scheme)
                self.assertEqual(self.both_say(scheme, headers, BODY, True)["status"], "accepted")
                self.assertEqual(self.deliver(scheme, headers)[1]["status"], "duplicate", "a repetition is one")
                self.both_say(scheme, headers, BODY.replace("evt_", "evu_"), False)
                self.both_say(scheme, headers, BODY + " ", False)
                other = "whsec_" + base64.b64encode(b"another key of thirty-two bytes!").decode()
                self.both_say(scheme, self.signed(scheme, secret=other), BODY, False)
                self.both_say(scheme, self.signed(scheme, age=301), BODY, False)
                self.both_say(scheme, self.signed(scheme, age=290, event_id="msg_weir_2"), BODY, True)

    def test_only_what_was_signed_arrives_as_it_was(self):
        for scheme in SECRETS:
            self.deliver(scheme, self.signed(scheme))
            self.deliver(scheme, {}, "{}")
        records = {}
        deadline = time.monotonic() + 20
        while len(records) < len(SECRETS):
            self.assertLess(time.monotonic(), deadline, self.host.last_words())
            self.pause(0.01)
            for scheme in SECRETS:
                out = self.folder / f"{scheme}.ndjson"
                lines = out.read_text().splitlines() if out.exists() else []
                self.assertLessEqual(len(lines), 1)
                records.update({scheme: json.loads(line) for line in lines})
        self.assertEqual(records["stripe"]["id"], "evt_weir_0001")
        self.assertEqual(records["standard-webhooks"]["id"], "msg_weir_1")
        for scheme, record in records.items():
            self.assertEqual(record["type"], f"webhook.{scheme}.invoice.finalized")
            self.assertEqual(record["data"], json.loads(BODY))
            self.assertEqual(record["subject"], "cus_1")


if __name__ == "__main__":
    unittest.main()
