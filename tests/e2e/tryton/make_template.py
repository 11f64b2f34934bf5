#!/usr/bin/python3
"""Fills an initialised Tryton database with a company and its books; run once, by tryton_server.py.

    make_template.py trytond.conf sqlite:///erp

Runs with Debian's own Python, where proteus is, and without a server: proteus loads trytond into this process.
"""

import datetime
import sys
from decimal import Decimal

import proteus

YEARS = (2025, 2026)
CODES = {
    "Main Cash": "1010",
    "Main Receivable": "1100",
    "Main Payable": "2000",
    "Main Tax": "2200",
    "Main Revenue": "4020",
    "Main Expense": "6500",
}
CLOSED_ACCOUNT = "4099"
WEIR_PASSWORD = "kq7-Vandelay-93xz"


def main(config_file, database):
    config = proteus.config.set_trytond(database=database, user="admin", config_file=config_file)
    currency = make_currency()
    company = make_company(currency)
    config._context = proteus.Model.get("res.user").get_preferences(True, config.context)
    make_chart(company)
    for year in YEARS:
        make_fiscal_year(company, year)
    make_payment_term()
    make_product()
    make_user(company)


def make_currency():
    currency = proteus.Model.get("currency.currency")(
        name="Euro", symbol="€", code="EUR", numeric_code="978", rounding=Decimal("0.01"), digits=2
    )
    rate = currency.rates.new()
    rate.date = datetime.date(2020, 1, 1)
    rate.rate = Decimal("1.0")
    currency.save()
    return currency


def make_company(currency):
    party = proteus.Model.get("party.party")(name="Weir Test GmbH")
    party.save()
    wizard = proteus.Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = party
    wizard.form.currency = currency
    wizard.execute("add")
    (company,) = proteus.Model.get("company.company").find([])
    return company


def make_chart(company):
    Account = proteus.Model.get("account.account")
    (template,) = proteus.Model.get("account.account.template").find(
        [("parent", "=", None), ("name", "=", "Minimal Account Chart")]
    )
    wizard = proteus.Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template = template
    wizard.form.company = company
    wizard.execute("create_account")
    (receivable,) = Account.find([("type.receivable", "=", True)])
    (payable,) = Account.find([("type.payable", "=", True)])
    wizard.form.account_receivable = receivable
    wizard.form.account_payable = payable
    wizard.execute("create_properties")
    for account in Account.find([]):
        if account.name in CODES:
            account.code = CODES[account.name]
            account.save()
    (revenue,) = Account.find([("code", "=", "4020")])
    Account(name="Old revenue", code=CLOSED_ACCOUNT, type=revenue.type, company=company, closed=True).save()


def make_fiscal_year(company, year):
    SequenceType = proteus.Model.get("ir.sequence.type")
    fiscal_year = proteus.Model.get("account.fiscalyear")(
        name=str(year), start_date=datetime.date(year, 1, 1), end_date=datetime.date(year, 12, 31)
    )
    (kind,) = SequenceType.find([("name", "=", "Account Move")])
    moves = proteus.Model.get("ir.sequence")(
        name=f"Moves {year}", sequence_type=kind, company=company, prefix=f"M{year}-"
    )
    moves.save()
    fiscal_year.post_move_sequence = moves
    (kind,) = SequenceType.find([("name", "=", "Invoice")])
    invoices = proteus.Model.get("ir.sequence.strict")(
        name=f"Invoices {year}", sequence_type=kind, company=company, prefix=f"I{year}-", padding=6
    )
    invoices.save()
    known = fiscal_year.invoice_sequences
    sequences = known[0] if known else known.new()
    sequences.out_invoice_sequence = sequences.in_invoice_sequence = invoices
    sequences.out_credit_note_sequence = sequences.in_credit_note_sequence = invoices
    fiscal_year.save()
    fiscal_year.click("create_period")


def make_payment_term():
    term = proteus.Model.get("account.invoice.payment_term")(name="30d")
    line = term.lines.new(type="remainder")
    line.relativedeltas.new(days=30)
    term.save()


def make_product():
    Account = proteus.Model.get("account.account")
    (revenue,) = Account.find([("code", "=", "4020")])
    (expense,) = Account.find([("code", "=", "6500")])
    category = proteus.Model.get("product.category")(
        name="Usage", accounting=True, account_revenue=revenue, account_expense=expense
    )
    category.save()
    (unit,) = proteus.Model.get("product.uom").find([("name", "=", "Unit")])
    template = proteus.Model.get("product.template")(
        name="API calls", default_uom=unit, type="service", list_price=Decimal("0.0100"), account_category=category
    )
    (product,) = template.products
    product.cost_price = Decimal("0")
    product.suffix_code = "API"
    template.save()


def make_user(company):
    """A user of weir's own, so that trytond's log tells weir's calls from the test's."""
    User = proteus.Model.get("res.user")
    user = User(name="weir", login="weir", password=WEIR_PASSWORD)
    user.groups.extend(proteus.Model.get("res.group").find([("name", "!=", "Administration")]))
    user.companies.append(proteus.Model.get("company.company")(company.id))
    user.company = company
    user.save()


if __name__ == "__main__":
    main(*sys.argv[1:])
