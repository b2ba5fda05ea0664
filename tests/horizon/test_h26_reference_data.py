"""H26: one untested data change broke devices, another waited and became harmful with a release; stock was withdrawn.

Each sale names the tariff it was sold under; a tariff cannot reprice the past, and a bad or unfinished one changes
nothing.
"""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from station_journal.records import BusinessDayEnded, TariffAdopted
from station_pos.demo.customers import Customer
from station_pos.demo.journal_book import JournalBook
from station_pos.demo.processes import WorldError, until
from station_pos.demo.shop import BEIJING
from station_pos.demo.tariff_document import ELECTRICITY, WATER, tariff_document
from station_pos.demo.world import World
from tests.horizon.harness import Case, books_agree

NEW_FEE_FEN = 150
DAYS = 12
"""Five working days' notice fit into it whatever day it is, but for the long holidays."""


def day_after(case: Case, days: int) -> date:
    return case.world.now().astimezone(BEIJING).date() + timedelta(days=days)


def document(case: Case) -> dict[str, Any]:
    """Version five: a fee on electricity, and water withdrawn."""
    return tariff_document(
        f"v5-{case.shop.code}", day_after(case, DAYS), p101={"fee_fen": NEW_FEE_FEN}, p102=None, p103={"fee_fen": 100}
    )


def stored_documents(case: Case) -> set[bytes]:
    """The tariffs whose content the station holds, by hash."""
    with closing(sqlite3.connect(case.shop.folder / "station" / "station.sqlite")) as store:
        return {bytes(row[0]) for row in store.execute("SELECT hash FROM documents")}


def test_h26_the_old_tariff_applies_until_the_new_one_is_whole_and_due_and_past_sales_keep_theirs(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    day = case.day
    old = day.sell(day.queue.next("SCDL"))
    assert old["fee_fen"] == 0
    (first,) = stored_documents(case)

    case.shop.line(cmd="cut_after", n=1_500, direction="down")
    version = bytes.fromhex(case.world.publish(document(case)))
    for cut_at in (400, 700, 1_000):
        case.station.sync()
        case.shop.line(cmd="cut_after", n=cut_at, direction="down")
        sold = case.station.pay(**of(day.queue.next("SCDL")), tendered_fen=50_000)
        assert sold["accepted"]
        day.note(sold["payment"])
        assert sold["payment"]["fee_fen"] == 0, "half a tariff changes no price"
    case.shop.link_up()
    until("the new tariff to be whole", lambda: fetched(case, version), 60.0, 0.3)
    day.sell(day.queue.next("JYSW"))
    assert day.sell(day.queue.next("SCDL"))["fee_fen"] == 0, "it is known and not due"
    assert [tariff for _, tariff in adoptions(books_agree(case))] == [first]

    ahead_s = DAYS * 86_400
    case.station.stop()
    later = case.world.hq.begin_ahead(ahead_s)
    case.station.settings(**settings(case, f"http://127.0.0.1:{later}"))
    case.station.start(clock_ahead_s=ahead_s)
    until("the new tariff to be adopted", lambda: fee_of(case) == NEW_FEE_FEN, 60.0, 0.3)
    new = case.station.pay(**of(day.queue.next("SCDL")), tendered_fen=50_000)
    day.note(new["payment"])
    assert new["payment"]["fee_fen"] == NEW_FEE_FEN
    withdrawn = case.station.pay(**of(day.queue.next("JYSW")), tendered_fen=50_000)
    assert (withdrawn["accepted"], withdrawn["refused"]) == (False, "product_not_sold")
    assert case.station.payment(old["seq"])["fee_fen"] == 0
    copied = case.station.ask("copy", of_seq=case.station.payment(old["seq"])["receipt_seq"])
    assert copied["accepted"], "what was sold before can still be shown"

    journals = books_agree(case)
    (_, was), (changed_at, became) = adoptions(journals)
    assert (was, became) == (first, version)
    fees = {one.seq: one.fee_fen for one in journals.books.payments.values() if one.product_code == ELECTRICITY}
    assert {fee for seq, fee in fees.items() if seq < changed_at} == {0}
    assert {fee for seq, fee in fees.items() if seq > changed_at} == {NEW_FEE_FEN}
    ended = [fact.ended_date for _, fact in journals.facts(BusinessDayEnded) if isinstance(fact, BusinessDayEnded)]
    assert len(ended) == len(set(ended)) >= DAYS - 1, "each business day has its end, sales or not"
    copy = next(slip for slip in case.slips() if slip.copy_no)
    assert "1.50" not in copy.text
    assert WATER not in {product["code"] for product in document(case)["products"]}


def of(customer: Customer) -> dict[str, Any]:
    """The fields of a payment for a customer's paper bill."""
    return {
        "product_code": customer.product_code,
        "account_no": customer.account_no,
        "bill_no": customer.bill_no,
        "bill_period": customer.period,
        "amount_fen": customer.amount_fen,
    }


def adoptions(journals: JournalBook) -> list[tuple[int, bytes]]:
    """Which tariff the station sold by, from which record on."""
    return [(seq, fact.tariff_hash) for seq, fact in journals.facts(TariffAdopted) if isinstance(fact, TariffAdopted)]


def fetched(case: Case, version: bytes) -> bool:
    case.station.sync()
    return version in stored_documents(case)


def fee_of(case: Case) -> int:
    return int(case.station.find("df")[0]["product"]["fee_fen"])


def settings(case: Case, hq_url: str) -> dict[str, Any]:
    found = tomllib.loads((case.shop.folder / "station" / "station.toml").read_text("utf-8"))
    return found | {"hq_url": hq_url}


def test_h26_a_tariff_with_one_bad_figure_or_too_short_a_notice_is_refused_whole(world: World) -> None:
    listed = world.hq.ask(None, "tariff", "list")
    day = world.now().astimezone(BEIJING).date()
    with pytest.raises(WorldError, match="104"):
        world.publish(tariff_document("bad", day + timedelta(days=DAYS), p104={"amount_min_fen": 0}))
    with pytest.raises(WorldError):
        world.publish(tariff_document("soon", day + timedelta(days=1)))
    assert world.hq.ask(None, "tariff", "list") == listed
