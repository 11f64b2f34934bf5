#!/usr/bin/env python3
"""Dies at each failpoint, the Nth time it is passed, for N = 1, 2, ... until a run passes untouched.

After each death: start again, send again what was not acknowledged, and compare the books with what was sent, as the
kill test does. Failpoints that a plain run does not pass get a run that does: large records for a rotation of the
journal, many records for runs of identities, a step with state, a first death that leaves an attempt without its
outcome.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
from client import Request, send_all  # noqa: E402
from host import Host, HostDied, VerbFailed  # noqa: E402
from kill_test import Failure, check_books  # noqa: E402
import usage  # noqa: E402
from usage_site import ROUTE, UsageSite  # noqa: E402

CONNECTIONS = 2
IDENTITIES = 6_000  # with the least memory for them: more than four tables, which become runs and are merged
IDENTITIES_AT_ONCE = 400
PADDING_BYTES = 16_000  # with 100 events more than the smallest segment the configuration allows
HITS_MAX = 60  # deaths at one failpoint; a small load commits far less often


class Run:
    """One data directory: a load with the failpoint armed, and what comes after."""

    def __init__(self, build, folder, name, hit):
        folder.mkdir(parents=True)
        self.name = name
        self.armed = f"{name}={hit}"
        rotating = name.startswith("journal.rotate")
        self.site = UsageSite(build, folder, stateful=name.startswith("steps."))
        if name.startswith("journal.run"):
            self.site.document["journal"]["identity_memory"] = "16KiB"
            self.site.write()
        self.host = Host(build, self.site.config, folder / "weir.log")
        rng = random.Random(name)
        count, padding = (100, PADDING_BYTES) if rotating else (20, 0)
        batched, batch = 2 * (count // 3), count // 3
        if name.startswith("journal.run"):
            count = batched = IDENTITIES
            batch = IDENTITIES_AT_ONCE
        self.events = [usage.random_event(rng, f"f{i}", padding) for i in range(count)]
        self.waiting = [Request(self.events[at : at + batch], True) for at in range(0, batched, batch)]
        self.waiting += [Request([event], False) for event in self.events[batched:]]

    def died(self):
        """Runs to the end. True: the failpoint was reached."""
        with self.host:
            if self.name.startswith("resolve."):
                self.leave_an_open_attempt()
            reached = self.load(self.armed)
            if reached:
                self.load(None)
            check_books(self.site, self.host.route(ROUTE), self.events)
        return reached

    def leave_an_open_attempt(self):
        if not self.load("deliver.after_sink=1"):
            raise Failure("deliver.after_sink was not reached")

    def load(self, failpoints):
        """Starts, sends what waits, awaits the postings, stops. True: it died on the way."""
        try:
            self.host.start(failpoints)
        except HostDied:
            return self.was_killed()
        outcome = send_all(self.host.address, self.site.path, self.waiting, CONNECTIONS)
        if outcome.refused:
            raise Failure(f"refused: {outcome.refused[0][1:]}")
        self.waiting = outcome.unanswered
        try:
            if not self.waiting:
                self.host.await_settled(ROUTE, len(self.events))
                # Some failpoints stand behind the last commit, or in the stop.
                if self.host.terminate() == 0:
                    return False
        except HostDied:
            pass
        return self.was_killed()

    def was_killed(self):
        """The host is gone; it must have been the failpoint's SIGKILL and nothing else."""
        status = self.host.death()
        if status != -9:
            raise Failure(f"ended with {status}, expected SIGKILL\n{self.host.last_words()}")
        return True


def try_point(build, folder, name):
    """(name, deaths, problem or None): every hit of one failpoint."""
    for hit in range(1, HITS_MAX + 1):
        run = Run(build, folder / f"{name}-{hit}", name, hit)
        try:
            if not run.died():
                problem = "never reached: the load does not pass it" if hit == 1 else None
                return name, hit - 1, problem
        except (Failure, HostDied, VerbFailed, TimeoutError) as problem:
            return name, hit - 1, f"hit {hit}: {problem}"
        shutil.rmtree(folder / f"{name}-{hit}")
    return name, HITS_MAX, f"still reached after {HITS_MAX} deaths"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="the build folder: bin/weir and plugins/ are in it")
    parser.add_argument("--failpoints", required=True, help="failpoints.def")
    parser.add_argument("--only", help="only failpoints that begin so")
    arguments = parser.parse_args()
    text = pathlib.Path(arguments.failpoints).read_text()
    names = re.findall(r'^WEIR_FAILPOINT_NAME\(\w+, "([^"]+)"', text, re.M)
    names = [name for name in names if name.startswith(arguments.only or "")]
    if not names:
        sys.exit("no failpoint of that name")

    began = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-failpoints-"))
    deaths = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(try_point, arguments.build, folder, name) for name in names]
        for job in concurrent.futures.as_completed(jobs):
            name, count, problem = job.result()
            print(f"{name:26} died {count:3} times, {'then a run passed untouched' if not problem else problem}", flush=True)
            deaths += count
            failed += problem is not None
    if failed:
        print(f"data directories: {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{len(names)} failpoints, {deaths} deaths in {time.monotonic() - began:.1f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
