"""H37: after a bug, self-checks were added whose alarms HQ got and the shop did not, and it was told to carry on.

Every alarm that HQ has stands at the station with the same code and amount, the close is blocked where the figures
are not right, and nothing is charged.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, text

from hq_server.config import load_settings
from hq_server.db import open_engine
from hq_server.hq_journal import alarms_of
from station_journal.accounts import Account
from station_journal.records import AlarmCode
from station_pos.store.database import DATABASE_NAME
from tests.horizon.harness import Case, books_agree

OFF_FEN = 7_500


def alarms_at_hq(engine: Engine, case: Case) -> set[tuple[str, int, int]]:
    with engine.connect() as connection:
        return {(one.code.name, one.station_seq, one.amount_fen) for one in alarms_of(connection, case.shop.code)}


def alarms_at_the_station(case: Case) -> set[tuple[str, int, int]]:
    found = case.station.ask("board")["alarms"]
    return {(one["code"], one["station_seq"], one["amount_fen"]) for one in found}


def test_h37_an_alarm_stands_on_both_sides_with_one_code_and_one_amount(drawer_case: Case) -> None:
    case = drawer_case
    case.day.all_sent()
    case.hq_books_posted()
    before = case.station.state()["credit_free_fen"]
    where = {"code": case.shop.code, "account": int(Account.CREDIT_FREE), "off": OFF_FEN}
    change = "UPDATE balances SET balance_fen = balance_fen {} :off WHERE station_code = :code AND account = :account"
    engine = open_engine(load_settings(case.world.hq.data))
    try:
        with engine.begin() as connection:  # somebody with the database changes a figure of HQ's books
            connection.execute(text(change.format("+")), where)
        case.world.hq.ask(None, "integrity", "run", "--now", wrong_ok=True)
        with engine.begin() as connection:
            connection.execute(text(change.format("-")), where)
        found = alarms_at_hq(engine, case)
        assert (AlarmCode.BOOKS_DIFFER.name, OFF_FEN) in {(code, fen) for code, _, fen in found}
        case.heard(lambda: alarms_at_the_station(case) >= found)
        case.heard(lambda: alarms_at_the_station(case) == alarms_at_hq(engine, case))  # every alarm, not only this one
    finally:
        engine.dispose()
    assert case.station.state()["credit_free_fen"] == before, "nothing is charged for it"

    path = case.shop.folder / "station" / DATABASE_NAME
    case.put_in(10_000)
    count = case.count(case.drawer_fen())
    other = sqlite3.connect(path, isolation_level=None)
    try:
        drawer: list[Any] = other.execute("SELECT * FROM balances WHERE account=1001").fetchall()
        other.execute("DELETE FROM balances WHERE account=1001")
        blocked = case.station.ask("close_day", count_seq=count["seq"])
        assert (blocked["accepted"], blocked["refused"]) == (False, "figures_differ")
        other.executemany("INSERT INTO balances VALUES (?, ?, ?)", drawer)
    finally:
        other.close()
    assert case.close_day(count)["accepted"]
    books_agree(case)
