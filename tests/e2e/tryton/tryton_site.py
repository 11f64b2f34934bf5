"""A folder with a configuration that takes documents over HTTP and posts them to a Tryton, and such documents."""

import json
import pathlib
import sys
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "driver"))
from usage import external_reference  # noqa: E402
from tryton_server import DATABASE, WEIR_PASSWORD  # noqa: E402

ROUTE = "documents-to-tryton"
DESTINATION = "erp"
SOURCE = "//billing.example/documents"
COMPANY = "DE01"
PATH = "/v1/documents"
TYPES = {
    "customer": "io.weir.billing.customer.created.v1",
    "invoice": "io.weir.billing.invoice.finalized.v1",
    "entry": "io.weir.ledger.journal_entry.planned.v1",
}


class TrytonSite:
    path = PATH

    def __init__(self, build, folder, tryton_url):
        self.folder = pathlib.Path(folder).resolve()
        self.config = self.folder / "weir.yaml"
        (self.folder / "password").write_text(WEIR_PASSWORD)
        self.document = {
            "weir": 1,
            "data_dir": str(self.folder / "data"),
            "plugins": {"dirs": [str(pathlib.Path(build).resolve() / "plugins")]},
            "http": {"listen": "127.0.0.1:0"},
            "admin": {"listen": "127.0.0.1:0"},
            "journal": {"segment_size": "1MiB", "disk_reserve": 0},
            "connections": {
                "documents": {"plugin": "http", "path": PATH},
                DESTINATION: {
                    "plugin": "tryton",
                    "url": tryton_url,
                    "database": DATABASE,
                    "user": "weir",
                    "password": f"${{secret:file:{self.folder / 'password'}}}",
                    "company": COMPANY,
                    "journal": "STO",
                    "invoice_journal": "REV",
                    "receivable": "1100",
                    "batch_records": 5,
                    "settle": "1s",
                    # A Tryton that is killed every other second must not be given a rest of half a minute.
                    "breaker": {"failures": 0},
                },
            },
            "routes": [
                {
                    "route": ROUTE,
                    "owner": "tests",
                    "from": {"connection": "documents", "start": "oldest"},
                    "to": {
                        "connection": DESTINATION,
                        "retry": {"first_delay": "50ms", "max_delay": "500ms", "max_attempts": 100, "max_probes": 100},
                    },
                }
            ],
        }
        self.config.write_text(json.dumps(self.document, indent=2))


def event(kind, number, subject, data):
    return {
        "specversion": "1.0",
        "id": f"{kind}-{number}",
        "source": SOURCE,
        "type": TYPES[kind],
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }


def reference(event_):
    return external_reference(event_, ROUTE, DESTINATION)


def customer(number):
    code = f"C-{number}"
    return event("customer", number, code, {
        "code": code,
        "legal_name": f"Customer {number} GmbH",
        "billing_address": {"street": f"Main Street {number}", "postal_code": "10115", "city": "Berlin"},
    })  # fmt: skip


def entry(number, amount, date, account="4020", party=None):
    """Owed by a customer, earned on `account`."""
    party = party or f"C-{1 + number % 3}"
    return event("entry", number, f"contract-{number % 20}", {
        "company": COMPANY,
        "posting_date": date,
        "currency": "EUR",
        "memo": f"usage {number}",
        "lines": [
            {"account": "1100", "side": "debit", "amount": str(amount), "party": party},
            {"account": account, "side": "credit", "amount": str(amount)},
        ],
    })  # fmt: skip


def invoice(number, quantity, price):
    """All of one day: Tryton numbers invoices by date, and takes no earlier one after a later one."""
    return event("invoice", number, f"contract-{number % 20}", {
        "company": COMPANY,
        "customer": f"C-{1 + number % 3}",
        "number": f"INV-{number}",
        "issue_date": "2026-06-30",
        "currency": "EUR",
        "subtotal": str(invoice_total(quantity, price)),
        "lines": [
            {"account": "4020", "product": "API", "description": "API calls", "quantity": str(quantity),
             "unit_price": str(price)},
        ],
    })  # fmt: skip


def invoice_total(quantity, price):
    return (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
