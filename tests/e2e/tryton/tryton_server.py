"""A real Tryton for tests: a database from a template, trytond on a free loopback port, and a client of its own.

The template is made once per build folder (about 20 s) and copied for each test. Standard library only; what needs
proteus is make_template.py, which runs with Debian's Python.
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
DEBIAN_PYTHON = "/usr/bin/python3"
DATABASE = "erp"
COMPANY = 1
ADMIN_PASSWORD = "admin-of-the-tests-1"
WEIR_PASSWORD = "kq7-Vandelay-93xz"  # as in make_template.py
MODULES = ("account_invoice", "account_product")
PACKAGES = (
    "tryton-server",
    "tryton-proteus",
    "tryton-modules-account-invoice",
    "tryton-modules-account-product",
)
START_SECONDS = 30


def missing_packages():
    """The Debian packages that are not installed."""
    found = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *PACKAGES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    installed = {line.split()[0] for line in found.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in installed]


def template(folder):
    """The path of the template database, made when `folder` has none of this version."""
    folder = pathlib.Path(folder)
    version = hashlib.sha256((HERE / "make_template.py").read_bytes()).hexdigest()[:12]
    finished = folder / f"template-{version}.sqlite"
    if not finished.exists():
        work = folder / f"making-{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        _make_template(work)
        (work / f"{DATABASE}.sqlite").rename(finished)
        shutil.rmtree(work)
    return finished


def _make_template(work):
    config = work / "trytond.conf"
    _write_config(config, work, "127.0.0.1:0")
    (work / f"{DATABASE}.sqlite").touch()  # Tryton fills an empty file, it does not make one
    password = work / "password"
    password.write_text(ADMIN_PASSWORD)
    environment = {**os.environ, "TRYTONPASSFILE": str(password)}
    _run(
        ["/usr/bin/trytond-admin", "-c", config, "-d", DATABASE, "-u", *MODULES, "--activate-dependencies",
         "--email", "admin@example.invalid"],
        environment,
    )  # fmt: skip
    _run([DEBIAN_PYTHON, "-W", "ignore", HERE / "make_template.py", config, f"sqlite:///{DATABASE}"], environment)


def _run(command, environment):
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def _write_config(path, folder, listen, session_seconds=300):
    path.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n"
        f"[web]\nlisten = {listen}\n"
        f"[session]\nauthentications = password\nmax_attempt = 1000\ntimeout = {session_seconds}\n"
    )


LOGGING = """\
[loggers]
keys=root,dispatcher,werkzeug
[handlers]
keys=file
[formatters]
keys=plain
[logger_root]
level=WARNING
handlers=file
[logger_dispatcher]
level=DEBUG
handlers=
qualname=trytond.protocols.dispatcher
[logger_werkzeug]
level=CRITICAL
handlers=
qualname=werkzeug
[handler_file]
class=FileHandler
formatter=plain
args=({log!r}, "a")
[formatter_plain]
format=@%(process)d.%(thread)d %(message)s
"""


class TrytonServer:
    """One trytond process after another over one database. `log` has every call it dispatches (rpc_log.py)."""

    def __init__(self, template_file, folder, session_seconds=300):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = self.folder / f"{DATABASE}.sqlite"
        shutil.copyfile(template_file, self.database)
        self.log = self.folder / "trytond.log"
        self.log.touch()
        self.address = ("127.0.0.1", _free_port())
        self.process = None
        _write_config(self.folder / "trytond.conf", self.folder, f"127.0.0.1:{self.address[1]}", session_seconds)
        (self.folder / "logging.conf").write_text(LOGGING.format(log=str(self.log)))

    @property
    def url(self):
        return f"http://{self.address[0]}:{self.address[1]}"

    def start(self):
        """Starts the process and returns when it answers."""
        with open(self.folder / "trytond.out", "ab") as out:
            self.process = subprocess.Popen(
                ["/usr/bin/trytond", "-c", str(self.folder / "trytond.conf"), "-d", DATABASE,
                 "--logconf", str(self.folder / "logging.conf")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"trytond does not answer:\n{self.last_words()}")
            time.sleep(0.02)

    def kill(self):
        """SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def last_words(self):
        text = (self.folder / "trytond.out").read_text(errors="replace") + self.log.read_text(errors="replace")
        return "".join(f"    | {line[:400]}\n" for line in text.splitlines()[-25:])

    def expire_sessions(self):
        """What Tryton does to sessions that are too old, at once; how many there were."""
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            with connection:
                return connection.execute("DELETE FROM ir_session").rowcount
        finally:
            connection.close()

    def client(self):
        return TrytonClient(self.address)

    def _answers(self):
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        try:
            connection.request("GET", f"/{DATABASE}/")
            return connection.getresponse().status == 405
        except OSError:
            return False
        finally:
            connection.close()


class TrytonError(Exception):
    """What Tryton answered instead of a result."""


class TrytonClient:
    """JSON-RPC as the administrator, apart from the product's code. Logs in for each call: sessions may be gone."""

    def __init__(self, address):
        self._address = address

    def call(self, method, *arguments):
        """call("account.period.close", [17]): what the method returns."""
        user, session = self._post(None, "common.db.login", ["admin", {"password": ADMIN_PASSWORD}, "en"])
        token = base64.b64encode(f"admin:{user}:{session}".encode()).decode()
        return self._post(token, f"model.{method}", [*arguments, {"company": COMPANY, "language": "en"}])

    def search(self, model, domain, fields):
        return self.call(f"{model}.search_read", domain, 0, None, None, fields)

    def _post(self, token, method, parameters):
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Session {token}"
        body = json.dumps({"id": 1, "method": method, "params": parameters})
        connection.request("POST", f"/{DATABASE}/", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise TrytonError(f"{method} was answered {answer.status}")
        content = json.loads(text, parse_float=str)
        if "error" in content:
            raise TrytonError(f"{method}: {content['error'][:2]}")
        return content["result"]

    # ------------------------------------------------------------------------------------------ periods and books

    def close_period(self, name):
        self.call("account.period.close", [self._period(name)])

    def reopen_period(self, name):
        """Journals are closed with their period, and are not reopened with it."""
        period = self._period(name)
        self.call("account.period.reopen", [period])
        closed = self.search("account.journal.period", [["period", "=", period], ["state", "=", "close"]], ["id"])
        if closed:
            self.call("account.journal.period.reopen", [row["id"] for row in closed])

    def _period(self, name):
        (row,) = self.search("account.period", [["name", "=", name]], ["id"])
        return row["id"]

    def moves(self):
        """Every journal entry that is not an invoice's, with its lines."""
        fields = ["description", "state", "post_number", "date", "origin"]
        found = [row for row in self.search("account.move", [], fields) if not row["origin"]]
        lines = self.search("account.move.line", [], ["move", "account.code", "party.code", "debit", "credit"])
        return [{**row, "lines": [line for line in lines if line["move"] == row["id"]]} for row in found]

    def invoices(self):
        return self.search("account.invoice", [], ["reference", "state", "number", "total_amount", "party.code"])

    def parties(self):
        return self.search("party.party", [], ["code", "name"])


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
