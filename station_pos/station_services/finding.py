"""What the home line may mean: digits against account forms and known accounts, letters against pinyin initials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.counter import Candidate

if TYPE_CHECKING:
    from datetime import date

    from station_journal.posting import Payment
    from station_journal.tariff import Product
    from station_pos.queries import Queries

CANDIDATES_MAX = 9
_PARTIAL_DIGITS_LEAST = 4
_SCAN_MAX = 64
_HISTORY_LEAST = 3


def find(queries: Queries, products: tuple[Product, ...], asked: str) -> tuple[Candidate, ...]:
    """Say what a line without blanks around it may mean, likeliest first, in a stable order."""
    if len(asked) > _SCAN_MAX or not asked.isprintable():
        return ()
    if asked.isascii() and asked.isdigit():
        return _by_number(queries, asked, products)
    if any(product.accepts_account(asked) for product in products):
        return _by_number(queries, asked, products)
    named = asked.lower()
    exact = [one for one in products if named in one.initials or asked in {one.name, one.name_en}]
    begun = [one for one in products if any(initials.startswith(named) for initials in one.initials)]
    spoken = [one for one in products if named and (asked in one.name or asked in one.biller_name)]
    ordered = dict.fromkeys(one.code for one in (*exact, *begun, *spoken))
    by_code = {one.code: one for one in products}
    return tuple(Candidate(by_code[code], "", "", 0, None, None) for code in ordered)


def _by_number(queries: Queries, number: str, products: tuple[Product, ...]) -> tuple[Candidate, ...]:
    cached = queries.cached_inquiries(number)
    known = queries.of_account(number)
    found = []
    for product in products:
        if product.accepts_account(number):
            mine = [one for one in known if one.product_code == product.code]
            payer = mine[0].payer_name if mine else ""
            kept = cached.get(product.code)
            found.append(_candidate(queries, product, number, payer or (kept.payer_name if kept else ""), mine))
    # An account that paid here before is likelier than a form that merely fits.
    found.sort(key=lambda one: (one.last_paid_on is None, not one.payer_name))
    if len(number) >= _PARTIAL_DIGITS_LEAST:
        by_code = {one.code: one for one in products}
        for last in queries.accounts_like(number, CANDIDATES_MAX):
            product_alike = by_code.get(last.product_code)
            if last.account_no != number and product_alike is not None:
                found.append(_candidate(queries, product_alike, last.account_no, last.payer_name, [last]))
    return tuple(found[:CANDIDATES_MAX])


def _candidate(queries: Queries, product: Product, account_no: str, payer: str, paid: list[Payment]) -> Candidate:
    usual = queries.usual_fen(product.code, account_no) if paid else ()
    span = (min(usual), max(usual)) if len(usual) >= _HISTORY_LEAST else None
    last_on: date | None = paid[0].business_date if paid else None
    return Candidate(product, account_no, payer, paid[0].amount_fen if paid else 0, last_on, span)
