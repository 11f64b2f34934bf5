"""Usage events as senders make them, and the postings they must become, computed apart from the product's code."""

import base64
import hashlib
import struct
from decimal import ROUND_HALF_UP, Decimal

from books import Entry, Line

SOURCE = "//usage.example/api"
TYPE = "io.weir.usage.event.recorded.v1"
COMPANY = "US01"
CURRENCY = "USD"
RECEIVABLE = "1150"  # unbilled receivables
REVENUE = "4020"  # usage revenue

# What one unit of a metric costs.
PRICES = {"api_calls": Decimal("0.0040"), "storage_gb_hours": Decimal("0.000125"), "seats": Decimal("15.00")}
CUSTOMERS = ("cus_acme", "cus_globex", "cus_initech", "cus_umbrella", "cus_hooli")


def event(event_id, subject, metric, quantity, time, source=SOURCE, padding=0):
    """One CloudEvent. `quantity` is text: a number of JSON would become a double somewhere."""
    data = {"metric": metric, "quantity": str(quantity), "unit": "unit"}
    if padding:
        data["note"] = "x" * padding
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": TYPE,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def random_event(rng, event_id, padding=0):
    """Some customer's usage on some day of June 2026."""
    metric = rng.choice(sorted(PRICES))
    quantity = rng.randint(1, 400) if metric == "seats" else rng.randint(100, 2_000_000)
    time = f"2026-06-{rng.randint(1, 30):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00Z"
    return event(event_id, rng.choice(CUSTOMERS), metric, quantity, time, padding=padding)


def amount(event_):
    """Price times quantity, rounded once, to the cent."""
    exact = PRICES[event_["data"]["metric"]] * Decimal(event_["data"]["quantity"])
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def external_reference(event_, route, destination):
    """The key under which the books know the event: from its identity and the route, stable and short."""
    digest = hashlib.sha256()
    for field in (route, destination, event_["source"], event_["id"]):
        digest.update(struct.pack("<Q", len(field.encode())) + field.encode())
    digest.update(struct.pack("<QI", 4, 0))  # the first, and only, record that it becomes
    return "WR-" + base64.b32encode(digest.digest()[:10]).decode()


def expected_entry(event_, route, destination):
    """The posting that the event must become."""
    data, value = event_["data"], amount(event_)
    return Entry(
        external_reference(event_, route, destination),
        event_["time"][:10],
        CURRENCY,
        f"{data['metric']} {data['quantity']} {data['unit']}, customer {event_['subject']}",
        (Line(RECEIVABLE, "debit", value), Line(REVENUE, "credit", value)),
    )


def entry_settings():
    """The settings of the usage-to-entry step that prices so."""
    return {
        "company": COMPANY,
        "currency": CURRENCY,
        "prices": {metric: str(price) for metric, price in PRICES.items()},
        "accounts": {"debit": RECEIVABLE, "credit": REVENUE},
    }
