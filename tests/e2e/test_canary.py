#!/usr/bin/env python3
"""Known secrets and tokens are looked for in everything that the host, its verbs and its files show: they are nowhere."""

import base64
import hashlib
import json
import os
import urllib.error
import urllib.request

from erp_base import DESTINATION, ErpTest, REASON, Request, STREAM, entry_event, unittest
from http_receiver import HttpReceiver

SENDERS_SECRET = "canary-of-the-senders-5512"
HEADERS_SECRET = "canary-in-a-header-9034"
ERP_TOKEN = "canary-for-the-erp-7461"
WRONG_TOKEN = "canary-never-valid-8815"
ENVIRONMENT = "WEIR_TEST_CANARY"


class Gossip(HttpReceiver):
    """A target that refuses everything, and repeats what was to stay between the two."""

    def __init__(self):
        self.heard = []
        super().__init__()

    def take(self, headers, body):
        self.heard.append((headers["Authorization"], headers["X-Signature"]))
        answer = json.dumps({"code": "BAD", "detail": f"you said {self.heard[-1]}"}).encode()
        return 422, "application/problem+json", answer


class Canary(ErpTest):
    ERP = {"auth": "session", "tokens": [ERP_TOKEN]}

    def setUp(self):
        super().setUp()
        for name, secret in (("senders", SENDERS_SECRET), ("erp", ERP_TOKEN)):
            file = self.folder / f"{name}.secret"
            file.write_text(secret + "\n")
            file.chmod(0o600)
        os.environ[ENVIRONMENT] = HEADERS_SECRET
        self.addCleanup(os.environ.pop, ENVIRONMENT)
        self.site.document["connections"][STREAM]["auth"] = {"mode": "bearer", "secrets": [self.secret("senders")]}
        self.site.erp["bearer"] = self.secret("erp")
        self.site.erp["secret_headers"] = {"X-Signature": f"${{env:{ENVIRONMENT}}}"}
        self.site.route["to"]["retry"]["max_attempts"] = 2
        self.site.erp["breaker"] = {"failures": 0}
        self.site.write()
        self.host.log_level = "trace"
        self.secrets = {
            "the senders' secret": SENDERS_SECRET,
            "the secret of a header": HEADERS_SECRET,
            "the ERP's token": ERP_TOKEN,
            "a token that is not valid": WRONG_TOKEN,
        }
        self.looked_at = 0

    def secret(self, name):
        return f"${{secret:file:{self.folder / name}.secret}}"

    # ------------------------------------------------------------------------------------------ looking

    def look(self, text, where):
        data = text if isinstance(text, bytes) else text.encode()
        self.looked_at += len(data)
        for name, secret in self.secrets.items():
            for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")):
                self.assertNotIn(form, data, f"{name} in {where}")

    def look_at_verb(self, *arguments, config=True, json_too=True):
        where = ("-c", str(self.site.config)) if config else ()
        for more in ((), ("--json",)) if json_too else ((),):
            done = self.host.verb(*arguments, *where, *more)
            self.look(done.stdout + done.stderr, " ".join(("weir", *arguments, *more)))

    def look_at_post(self, token, body, expected):
        headers = {"Authorization": f"Bearer {token}"} if token else None
        status, answer_headers, answer = self.connect().post(body, "application/cloudevents+json", headers)
        self.assertEqual(status, expected, answer)
        self.look(str(answer_headers).encode() + answer, f"the answer {status}")

    def ask(self, path, token=None, body=None):
        """(status, text) of the administration API; what it says is looked at, too."""
        address = json.loads((self.site.data_dir / "host.json").read_text())["admin"]
        request = urllib.request.Request(address + path, data=body and json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, str(answer.headers) + answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, str(error.headers) + error.read().decode()
        self.look(text, path)
        return status, text

    # ------------------------------------------------------------------------------------------ what happens

    def body(self, event_id, **more):
        return Request([entry_event(event_id, subject=event_id, **more)], False).body

    def cause_trouble(self):
        """Every kind of outcome: posted, refused, throttled, cut, unknown, not reached, not authenticated."""
        self.look_at_post(None, self.body("anonymous"), 401)
        self.look_at_post(WRONG_TOKEN, self.body("wrong"), 401)
        self.look_at_post(SENDERS_SECRET, "{", 400)
        faults = (
            None,
            {"status": 429, "retry_after": 1},
            {"cut": {"at": "response", "byte": 5}},
            {"status": 504, "when": "after_commit"},
            {"wrong_content_type": {"status": 200}},
            {"expire_sessions": True},
            {"status": 401},
            {"down": "refuse"},
        )
        for number, fault in enumerate(faults, 1):
            if fault:
                self.erp.fault(fault)
            if fault == {"down": "refuse"}:
                self.look_at_post(SENDERS_SECRET, self.body(f"e-{number}"), 202)
                self.settled(number)
                self.erp.clear_faults()
                continue
            self.look_at_post(SENDERS_SECRET, self.body(f"e-{number}", customer=None if number > 1 else "nobody's"), 202)
            if fault:
                self.wait_for("the fault to be felt", lambda: self.erp.faults()[0]["applied"] > 0)
                self.erp.clear_faults()
            self.settled(number)

    def test_nowhere(self):
        self.start()
        made = self.host.verb("token", "create", "--name", "canary", "--role", "admin", "-c", str(self.site.config))
        self.assertEqual(made.returncode, 0, made.stderr)
        token = made.stdout.split()[-1]
        self.secrets["a token of the administration API"] = token
        self.secrets["the local token"] = (self.site.data_dir / "admin/local.token").read_text().strip()
        self.cause_trouble()

        for path in ("/metrics", "/v1/openapi.json", "/v1/status", "/v1/connections", "/v1/routes", "/v1/audit", "/ready"):
            self.assertEqual(self.ask(path, token)[0], 200, path)
            self.assertEqual(self.ask(path, WRONG_TOKEN)[0], 401, path)
            self.ask(f"{path}?token={WRONG_TOKEN}")
        self.ask("/v1/redrive", token, {"items": ["entries-to-erp/erp/99.0"], "reason": "test"})
        self.look_at_everything()
        self.assertEqual(self.host.terminate(), 0)
        self.look_at_everything()
        self.look_at_files(token)
        self.assertGreater(self.looked_at, 100_000)

    def look_at_everything(self):
        for verb in (("check",), ("schema",), ("plugins",), ("status",), ("routes",), ("connections",), ("offsets",),
                     ("audit",), ("token", "list"), ("dead-letters",), ("exceptions",), ("trace", "e-1"), ("trace", "e-6"),
                     ("redrive", "--route", "entries-to-erp", "--state", "all", "--dry-run"),
                     ("replay", "--route", "entries-to-erp")):  # fmt: skip
            self.look_at_verb(*verb, json_too=verb[0] not in ("schema", "token"))
        self.look_at_verb("pause", "--connection", DESTINATION, *REASON)
        self.look_at_verb("resume", "--connection", DESTINATION, *REASON)

    def look_at_files(self, token):
        log = self.host.log.read_bytes()
        self.assertIn(b" debug ", log, "the log was not written at this level")
        self.look(log, "the log")
        self.look("\n".join(self.host.banner), "the banner")
        for file in self.site.data_dir.rglob("*"):
            if file.is_file():
                self.look(file.read_bytes(), str(file.relative_to(self.site.data_dir)))
        # Kept as a fingerprint, so that a stolen data_dir opens nothing.
        self.assertTrue(any(hashlib.sha256(token.encode()).hexdigest().encode() in file.read_bytes()
                            for file in self.site.data_dir.rglob("*") if file.is_file()))  # fmt: skip

    def test_not_in_what_is_said_of_a_wrong_configuration(self):
        """A secret in the clear is refused; the message has the place, not the value."""
        self.site.erp["bearer"] = ERP_TOKEN
        self.site.erp["secret_headers"] = {"X-Signature": 7}
        self.site.write()
        for verb in ("check", "run"):
            done = self.host.verb(verb, "-c", str(self.site.config))
            self.assertEqual(done.returncode, 2)
            self.look(done.stdout + done.stderr, f"weir {verb}")

    def test_not_in_what_is_said_of_a_secret_that_cannot_be_had(self):
        self.start()
        token = (self.site.data_dir / "admin/local.token").read_text().strip()
        (self.folder / "erp.secret").unlink()
        self.look_at_post(SENDERS_SECRET, self.body("e-1"), 202)
        self.wait_for("the ERP's secret to be missed", lambda: "erp.secret" in self.ask("/v1/trace?id=e-1", token)[1])
        (self.folder / "senders.secret").unlink()
        self.look_at_post(SENDERS_SECRET, self.body("e-2"), 503)
        self.ask("/v1/connections", token)
        self.look(self.host.log.read_bytes(), "the log")

    def test_not_in_what_a_target_says_that_repeats_it(self):
        target = Gossip()
        self.addCleanup(target.close)
        self.site.erp["url"] = target.url
        self.start()
        self.look_at_post(SENDERS_SECRET, self.body("e-1"), 202)
        self.settled(1, held=1)
        self.assertEqual(target.heard, [(f"Bearer {ERP_TOKEN}", HEADERS_SECRET)])
        (held,) = self.verb("exceptions", "list")["exceptions"]
        self.assertIn("you said", held["message"])
        for verb in (("exceptions",), ("exceptions", "show", held["item"]), ("trace", "e-1"), ("connections",), ("routes",)):
            self.look_at_verb(*verb)
        self.look(self.host.log.read_bytes(), "the log")

    def test_who_looks_needs_no_secret(self):
        self.start()
        os.environ.pop(ENVIRONMENT)
        self.addCleanup(os.environ.setdefault, ENVIRONMENT, HEADERS_SECRET)
        self.assertEqual(self.host.verb("status", "-c", str(self.site.config)).returncode, 0)


if __name__ == "__main__":
    unittest.main()
