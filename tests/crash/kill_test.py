#!/usr/bin/env python3
"""Kills weir with SIGKILL at random moments under load, and compares the books with what was acknowledged.

A round: usage events over 8 connections, single and in batches, some sent twice; kill -9 at a random moment; start
again, send again what was not answered 2xx, perhaps kill again; when nothing is pending, every event must be in the
books exactly once, nothing else may be, and the accounting identity must hold. Several rounds in a row share one data
directory, so that recovery also finds older segments, cursors and identities.
"""

import argparse
import itertools
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
from books import differences, read_entries, unbalanced  # noqa: E402
from client import Request, send_all  # noqa: E402
from host import Host, HostDied, VerbFailed  # noqa: E402
import usage  # noqa: E402
from usage_site import ROUTE, UsageSite  # noqa: E402

CONNECTIONS = 8
ROUNDS_PER_DIRECTORY = 10
KILL_LATER_SECONDS_MAX = 0.3  # after the last request: about the time the postings take
START_KILL_SECONDS_MAX = 0.15  # of a start that is killed before it is ready


@dataclass
class Counts:
    rounds: int = 0
    kills: int = 0
    acknowledged: int = 0
    resent: int = 0
    suppressed: int = 0
    booked: int = 0


class Failure(Exception):
    pass


def plan_requests(rng, events):
    """`events` as single posts and batches in random order, about one in ten sent twice."""
    requests = []
    rest = list(events)
    while rest:
        batch = rng.random() < 0.3
        size = rng.randint(2, 40) if batch else 1
        taken, rest = rest[:size], rest[size:]
        requests.append(Request(taken, batch))
    requests += [Request(request.events, len(request.events) > 1) for request in requests if rng.random() < 0.1]
    rng.shuffle(requests)
    return requests


class Series:
    """Rounds that share one data directory and one set of books."""

    def __init__(self, build, folder, seed, counts):
        self.seed = seed
        self.counts = counts
        self.site = UsageSite(build, folder)
        self.host = Host(build, self.site.config, folder / "weir.log")
        self.events = []
        self.acknowledged = set()  # ids
        self.suppressed = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.host.running():
            self.host.kill()
        self.counts.suppressed += self.suppressed
        self.counts.booked += len(self.events)

    def run_round(self, number):
        rng = random.Random(f"{self.seed}/{number}")
        fresh = [usage.random_event(rng, f"k{number}-{i}") for i in range(rng.randint(100, 500))]
        # Posted and checked in earlier rounds: sent once more they must change nothing.
        known = rng.sample(self.events, min(len(self.events), 5))
        self.events += fresh
        if not self.host.running():
            self.host.start()
        waiting = self.load_and_kill(rng, plan_requests(rng, fresh) + [Request([event], False) for event in known])
        self.restart(rng)
        while waiting and rng.random() < 0.3:
            waiting = self.load_and_kill(rng, waiting)
            self.restart(rng)
        self.counts.resent += len(waiting)
        if self.send(waiting):
            raise Failure(f"no answer, though nobody killed the host\n{self.host.last_words()}")
        self.check()
        self.counts.rounds += 1
        self.counts.acknowledged += len(fresh)

    def load_and_kill(self, rng, requests):
        """Sends, with a kill at a random moment; the requests that have to be sent again.

        Most kills come under load, once a random number of requests is answered; the others later, among the postings.
        """
        kill_at = rng.randint(1, len(requests)) if rng.random() < 0.75 else len(requests) + 1
        reached = threading.Event()
        later = rng.uniform(0, KILL_LATER_SECONDS_MAX if kill_at > len(requests) else 0.003)

        def kill_when_reached():
            reached.wait()
            time.sleep(later)
            self.kill()

        killer = threading.Thread(target=kill_when_reached)
        killer.start()
        try:
            return self.send(requests, lambda count: reached.set() if count >= kill_at else None)
        finally:
            reached.set()
            killer.join()

    def send(self, requests, on_acknowledged=None):
        """Sends; the requests whose events were not acknowledged.

        A copy of an acknowledged request that got no answer is not sent again: it would hide the loss of the first.
        """
        outcome = send_all(self.host.address, self.site.path, requests, CONNECTIONS, on_acknowledged)
        if outcome.refused:
            _, status, body = outcome.refused[0]
            raise Failure(f"{len(outcome.refused)} requests refused, the first with {status}: {body[:300]!r}")
        self.acknowledged.update(event["id"] for request in outcome.acknowledged for event in request.events)
        return [r for r in outcome.unanswered if any(event["id"] not in self.acknowledged for event in r.events)]

    def kill(self):
        self.host.kill()
        self.counts.kills += 1

    def restart(self, rng):
        if rng.random() < 0.25:
            self.host.spawn()
            time.sleep(rng.uniform(0, START_KILL_SECONDS_MAX))
            self.kill()
        self.host.start()

    def check(self):
        line = self.host.await_settled(ROUTE, len(self.events))
        check_books(self.site, line, self.events)
        self.suppressed = line["suppressed"]


def check_books(site, line, events):
    """Raises Failure unless each of `events` is in the books exactly once and `line` of the status agrees."""
    problems = differences(site.expected(events), read_entries(site.books))
    problems += [f"unbalanced: {row}" for row in unbalanced(site.books)]
    expected = {"accepted": len(events), "delivered": len(events), "filtered": 0, "held": 0, "dead": 0, "pending": 0}
    wrong = {key: line[key] for key, value in expected.items() if line[key] != value}
    if wrong or not line["balanced"]:
        problems.append(f"status says {wrong or 'not balanced'}, expected {expected}: {line}")
    if problems:
        raise Failure("\n".join(problems[:20]) + f"\n({len(problems)} problems)")


def run(arguments, folder, counts):
    """All rounds. True: every one held."""
    numbers = range(arguments.first, arguments.first + arguments.rounds)
    for _, group in itertools.groupby(numbers, key=lambda number: number // ROUNDS_PER_DIRECTORY):
        group = list(group)
        directory = folder / f"rounds-{group[0]}"
        directory.mkdir()
        with Series(arguments.build, directory, arguments.seed, counts) as series:
            for number in group:
                try:
                    series.run_round(number)
                except (Failure, HostDied, VerbFailed, TimeoutError) as problem:
                    print(f"round {number} FAILED: {problem}")
                    print(f"again: {sys.argv[0]} --build {arguments.build} --seed {arguments.seed} "
                          f"--first {group[0]} --rounds {number - group[0] + 1}")
                    return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="the build folder: bin/weir and plugins/ are in it")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("WEIR_KILL_ROUNDS", "30")))
    parser.add_argument("--first", type=int, default=0, help="number of the first round, to repeat a failure")
    parser.add_argument("--seed", type=int, default=None, help="default: drawn, and printed")
    parser.add_argument("--keep", action="store_true", help="keep the data directories")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {arguments.seed}, {arguments.rounds} rounds", flush=True)

    began = time.monotonic()
    counts = Counts()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-kill-"))
    passed = run(arguments, folder, counts)
    if passed and not arguments.keep:
        shutil.rmtree(folder)
    else:
        print(f"data directories: {folder}")
    print(
        f"{counts.rounds} rounds, {counts.kills} kills in {time.monotonic() - began:.1f} s: "
        f"{counts.acknowledged} events acknowledged, {counts.resent} requests sent again, "
        f"{counts.suppressed} duplicates suppressed, {counts.booked} entries in the books, each exactly once"
        if passed
        else f"{counts.rounds} rounds held before one failed"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
