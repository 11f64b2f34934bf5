"""Starts, kills and questions the real weir program. Used by the crash and end-to-end tests and by the demo."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
import urllib.request

READY_SECONDS = 60  # sanitizer builds on a loaded machine; a plain start takes milliseconds


class HostDied(Exception):
    """The process ended when it was expected to run; the message ends with its last words."""


class VerbFailed(Exception):
    """A verb ended with a status other than 0."""


class Host:
    """One weir process after another over one configuration file and its data directory."""

    def __init__(self, build, config, log):
        self.build = pathlib.Path(build).resolve()
        self.config = pathlib.Path(config).resolve()
        self.log = pathlib.Path(log)
        self.log_level = "warn"
        self.process = None
        self.banner = []
        self.address = None  # (host, port) once ready

    @property
    def program(self):
        return str(self.build / "bin/weir")

    # ------------------------------------------------------------------------------------------ the process

    def spawn(self, failpoints=None, arguments=()):
        """Starts the process and does not wait for it."""
        environment = {key: value for key, value in os.environ.items() if key != "WEIR_FAILPOINTS"}
        if failpoints:
            environment["WEIR_FAILPOINTS"] = failpoints
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "run", "-c", str(self.config), "--log-level", self.log_level, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self.banner = []
        self.address = None
        self._lines = queue.Queue()
        threading.Thread(target=_pump, args=(self.process.stdout, self._lines), daemon=True).start()

    def start(self, failpoints=None, arguments=()):
        """Starts the process and returns when it is ready. HostDied: it ended first."""
        self.spawn(failpoints, arguments)
        self.await_ready()

    def await_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise HostDied(f"not ready within {READY_SECONDS} s\n{self.last_words()}") from None
            if line is None:
                raise HostDied(f"ended with {self.process.wait()} before it was ready\n{self.last_words()}")
            self.banner.append(line)
            if line.startswith("ready"):
                self.address = _address_in(line)
                return

    def kill(self):
        """SIGKILL, as a crash or the kernel's memory killer would."""
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=30):
        """SIGTERM; returns the exit status, after at most `seconds`."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def death(self, seconds=30):
        """The exit status of a process that is about to end (-9: SIGKILL), None if it does not."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def last_words(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "".join(f"    | {line}\n" for line in text.splitlines()[-25:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self.kill()

    # ------------------------------------------------------------------------------------------ verbs

    def verb(self, *arguments, seconds=60):
        """Runs a verb to its end: subprocess.CompletedProcess with text."""
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=seconds, check=False)

    def listing(self, verb, *arguments):
        """What `weir VERB -c CONFIG ... --json` prints, parsed."""
        done = self.verb(verb, "-c", str(self.config), *arguments, "--json")
        if done.returncode != 0:
            raise VerbFailed(f"weir {verb} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout)

    def route(self, name):
        """The line of `weir status` for one route."""
        return next(line for line in self.listing("status")["routes"] if line["route"] == name)

    def metrics(self):
        """{"name{labels}": value} of /metrics, from the address and with the token that the verbs use."""
        data_dir = pathlib.Path(json.loads(self.config.read_text())["data_dir"])
        address = json.loads((data_dir / "host.json").read_text())["admin"]
        token = (data_dir / "admin/local.token").read_text().strip()
        request = urllib.request.Request(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def await_settled(self, name, expected, seconds=60):
        """Waits until the route has accepted `expected` records and none is pending; its status line."""
        deadline = time.monotonic() + seconds
        while True:
            line = self.route(name)
            if line["accepted"] >= expected and line["pending"] == 0:
                return line
            if not self.running():
                raise HostDied(f"ended with {self.process.returncode} while records were pending\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not settled after {seconds} s, expected {expected} accepted: {line}\n{self.last_words()}")
            time.sleep(0.02)


def _pump(stream, lines):
    for line in stream:
        lines.put(line.decode(errors="replace").rstrip("\n"))
    lines.put(None)
    stream.close()


def _address_in(line):
    host, port = line.split("http://", 1)[1].split()[0].rstrip("/").rsplit(":", 1)
    return host, int(port)
