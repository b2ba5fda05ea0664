"""H26: one untested data change broke devices, another waited and became harmful with a release; stock was withdrawn.

Each sale names the tariff it was sold under; a tariff cannot reprice the past, and a bad or unfinished one changes
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from station_journal.records import BusinessDayEnded, Side, TariffAdopted
from station_pos.demo.processes import WorldError, until
from station_pos.demo.shop import BEIJING
from station_pos.demo.tariff_document import ELECTRICITY, WATER, tariff_document
from tests.horizon.harness import Case, books_agree

NEW_FEE_FEN = 150
DAYS = 12
"""Five working days' notice fit into it whatever day it is, but for the long holidays."""


def day_after(case: Case, days: int) -> date:
    return case.world.now().astimezone(BEIJING).date() + timedelta(days=days)


def document(case: Case) -> dict:
    """Version five: a fee on electricity, and water withdrawn."""
    return tariff_document(
        f"v5-{case.shop.code}", day_after(case, DAYS), p101={"fee_fen": NEW_FEE_FEN}, p102=None, p103={"fee_fen": 100}
    )


def has_document(case: Case, version: bytes) -> bool:
    found: int = case.station.ask("journal", limit=200)["records"].__len__()
    return found > 0 and version in stored_documents(case)


def stored_documents(case: Case) -> set[bytes]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(case.shop.folder / "station" / "station.sqlite")) as store:
        return {bytes(row[0]) for row in store.execute("SELECT hash FROM documents")}


def test_h26_the_old_tariff_applies_until_the_new_one_is_whole_and_due_and_past_sales_keep_theirs(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    day = case.day
    old = day.sell(day.queue.next("SCDL"))
    assert old["fee_fen"] == 0

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
    assert [fact.tariff_hash == version for _, fact in books_agree(case).facts(TariffAdopted)] == [False]

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
    adopted = [entry for entry in journals.of(Side.STATION) if isinstance(entry.record.fact, TariffAdopted)]
    assert [entry.record.fact.tariff_hash == version for entry in adopted] == [False, True]
    fees = {one.seq: one.fee_fen for one in journals.books.payments.values() if one.product_code == ELECTRICITY}
    assert {seq: fee for seq, fee in fees.items() if seq < adopted[1].seq} == dict.fromkeys(
        [seq for seq in fees if seq < adopted[1].seq], 0
    )
    ended = [fact.ended_date for _, fact in journals.facts(BusinessDayEnded)]
    assert len(ended) == len(set(ended)) >= DAYS - 1, "each business day has its end, sales or not"
    copy = next(slip for slip in case.slips() if slip.copy_no)
    assert "1.50" not in copy.text
    assert WATER not in {product["code"] for product in document(case)["products"]}


def of(customer) -> dict:
    """The fields of a payment for a customer's paper bill."""
    return {
        "product_code": customer.product_code,
        "account_no": customer.account_no,
        "bill_no": customer.bill_no,
        "bill_period": customer.period,
        "amount_fen": customer.amount_fen,
    }


def fetched(case: Case, version: bytes) -> bool:
    case.station.sync()
    return version in stored_documents(case)


def fee_of(case: Case) -> int:
    return int(case.station.find("df")[0]["product"]["fee_fen"])


def settings(case: Case, hq_url: str) -> dict:
    import tomllib

    found = tomllib.loads((case.shop.folder / "station" / "station.toml").read_text("utf-8"))
    return found | {"hq_url": hq_url}


def test_h26_a_tariff_with_one_bad_figure_or_too_short_a_notice_is_refused_whole(open_case: Callable[..., Case]) -> None:
    case = open_case()
    bad = document(case)
    bad["products"][0]["amount_min_fen"] = 0
    with pytest.raises(WorldError):
        case.world.publish(bad)
    short = document(case) | {"effective_on": day_after(case, 1).isoformat()}
    with pytest.raises(WorldError):
        case.world.publish(short)
    case.station.sync()
    assert fee_of(case) == 0
    assert len(books_agree(case).facts(TariffAdopted)) == 1
    assert json.loads(json.dumps(short))["version"].startswith("v5")
