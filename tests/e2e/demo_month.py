"""The month that the demo sends: June 2026 of five customers, with everything that goes wrong in a real month."""

import json
import random
from dataclasses import dataclass, field

import usage
from client import Request

DROP_SOURCE = "//usage.example/hooli-export"
DAYS = range(1, 31)


@dataclass
class Month:
    """What is sent, and what must come of it."""

    requests: list = field(default_factory=list)  # over HTTP, in order
    copies: list = field(default_factory=list)  # requests of events that were sent before
    drop: list = field(default_factory=list)  # lines of the file drop
    alerts: list = field(default_factory=list)  # lines of a file for a partner who is not there
    over_http: list = field(default_factory=list)  # events that must be posted, each once
    in_file: list = field(default_factory=list)  # events that must be posted, each once
    held: dict = field(default_factory=dict)  # id -> reason code
    dead: list = field(default_factory=list)  # ids
    malformed: list = field(default_factory=list)  # (body, content type): refused at the door
    bad_item: Request = None  # a batch with one item that is no event
    conflict: dict = None  # an event whose id was used before, with another quantity


def make_month(seed):
    rng = random.Random(seed)
    month = Month()
    over_http = _acme() + _globex(rng) + _initech(rng) + _umbrella(rng)
    in_file = _hooli(rng)
    month.over_http = over_http
    month.in_file = in_file
    month.requests = _as_requests(rng, over_http)
    month.copies = [Request([event], False) for event in _copied(rng, over_http)]
    month.drop = [json.dumps(event, separators=(",", ":")) for event in in_file]
    _add_trouble(month)
    return month


def _acme():
    """One event a day: 312,450 calls in the month. Day 5 arrives after day 9, which changes nothing."""
    days = [
        usage.event(f"use-acme-2026-06-{day:02}", "cus_acme", "api_calls", 9_950 + 30 * day, f"2026-06-{day:02}T16:00:00Z")
        for day in DAYS
    ]
    days.insert(8, days.pop(4))
    return days


def _globex(rng):
    return [
        usage.event(
            f"use-globex-{day:02}-{hour:02}", "cus_globex", "api_calls", rng.randint(1_000, 90_000),
            f"2026-06-{day:02}T{hour:02}:30:00Z",
        )
        for day in DAYS
        for hour in range(24)
    ]  # fmt: skip


def _initech(rng):
    return [
        usage.event(
            f"use-initech-{day:02}", "cus_initech", "storage_gb_hours", f"{rng.randint(100_000, 900_000)}.{rng.randint(0, 999):03}",
            f"2026-06-{day:02}T23:59:59Z",
        )
        for day in DAYS
    ]  # fmt: skip


def _umbrella(rng):
    return [
        usage.event(
            f"use-umbrella-{day:02}-{quarter}", "cus_umbrella", "seats", rng.randint(1, 250),
            f"2026-06-{day:02}T{6 * quarter:02}:00:00Z",
        )
        for day in DAYS
        for quarter in range(4)
    ]  # fmt: skip


def _hooli(rng):
    return [
        usage.event(
            f"hooli-{day:02}-{part}", "cus_hooli", "api_calls", rng.randint(10_000, 400_000),
            f"2026-06-{day:02}T{3 * part:02}:15:00Z", source=DROP_SOURCE,
        )
        for day in DAYS
        for part in range(8)
    ]  # fmt: skip


def _as_requests(rng, events):
    """Single posts and batches in turn."""
    requests = []
    rest = list(events)
    while rest:
        size = rng.choice((1, 1, 1, 8, 25))
        requests.append(Request(rest[:size], size > 1))
        rest = rest[size:]
    return requests


def _copied(rng, events):
    """Days 7, 14 and 21 of ACME, and a few others: sent a second time, byte for byte."""
    acme = [event for event in events if event["id"] in {f"use-acme-2026-06-{day:02}" for day in (7, 14, 21)}]
    return acme + rng.sample([event for event in events if event["subject"] == "cus_globex"], 17)


def _add_trouble(month):
    def hold(event, code):
        month.requests.insert(len(month.requests) // 2, Request([event], False))
        month.held[event["id"]] = code

    hold(usage.event("use-globex-april", "cus_globex", "api_calls", 50_000, "2026-04-20T10:00:00Z"), "PERIOD_CLOSED")
    hold(usage.event("use-initech-minus", "cus_initech", "api_calls", -4, "2026-06-11T10:00:00Z"), "NEGATIVE_QUANTITY")
    hold(usage.event("use-umbrella-faxes", "cus_umbrella", "faxes", 12, "2026-06-12T10:00:00Z"), "UNKNOWN_METRIC")

    # The same id again, with another quantity: the first stays, a person decides about the second.
    month.conflict = usage.event("use-acme-2026-06-10", "cus_acme", "api_calls", 99_999, "2026-06-10T16:00:00Z")
    month.held[month.conflict["id"]] = "ID_CONFLICT"

    good = [usage.event(f"use-acme-late-{i}", "cus_acme", "api_calls", 100 * i, "2026-06-30T23:00:00Z") for i in (1, 2)]
    month.over_http += good
    month.bad_item = Request([good[0], {"specversion": "1.0", "type": "no.source.and.no.id"}, good[1]], True)
    month.malformed = [('{"specversion": "1.0", "id": "cut of', "application/cloudevents+json"), ("metric=api_calls", "text/plain")]

    month.drop.insert(100, '{"specversion": "1.0", "id": "hooli-torn", "sour')
    alerts = [usage.event(f"alert-{i}", "cus_hooli", "api_calls", 1, "2026-06-30T12:00:00Z") for i in (1, 2)]
    month.alerts = [json.dumps(event, separators=(",", ":")) for event in alerts]
    month.dead = [event["id"] for event in alerts]
