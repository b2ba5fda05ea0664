"""H12: temporary rows behind a suspense figure were not deleted and came back a year later.

An opening balance is the replay of history; no working table and no file outlives a period as a figure.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from station_journal.accounts import Account
from station_journal.balances import Books, merge_order
from station_journal.codec import decode
from station_journal.facts.cash import CashReason, CloseVerdict, DayClosed
from station_journal.side import Side
from station_pos.commands.cash_orders import CloseDay, CountDay, CountFloat, MoveCash
from station_pos.register.inspection import compare
from station_pos.store.database import DATABASE_NAME
from tests.horizon.harness import Case, books_agree
from tests.station_pos.world import CLERK, OWNER, World

PERIODS = 14
SHORT_FEN = 1_300


@pytest.fixture
def station(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "station").ready()
    made.accepted(CountFloat(OWNER, (), 1_000_000))
    yield made
    made.close()


STALE = b'{"suspense_fen": 99999, "drawer_fen": 0}'


def test_h12_after_a_stop_stale_files_and_working_rows_reach_no_screen_no_paper_and_neither_book(
    drawer_case: Case,
) -> None:
    case = drawer_case
    case.put_in(40_000)
    assert case.close_day(case.count(case.drawer_fen() - SHORT_FEN), "DISPUTED")["accepted"]
    first = books_agree(case)
    disputed_fen = first.books.balance_fen(Account.SUSPENSE, "CASH_DISPUTED")
    assert disputed_fen, "there is something to come back"
    papers, left_fen = len(case.slips()), case.drawer_fen()
    case.station.stop()
    folder = case.shop.folder / "station"
    for name in ("suspense.tmp", "discrepancy.cache", "drawer.json", f"{DATABASE_NAME}.bak"):
        (folder / name).write_bytes(STALE)
    shutil.copy(folder / DATABASE_NAME, folder / "old-books.sqlite")
    connection = sqlite3.connect(folder / DATABASE_NAME)
    connection.execute("CREATE TABLE suspense_work (account INTEGER, party TEXT, balance_fen INTEGER)")
    connection.execute("INSERT INTO suspense_work VALUES (2901, 'CASH_DISPUTED', 99999)")
    connection.commit()
    connection.close()
    case.station.start()

    assert case.station.state()["drawer_fen"] == left_fen
    assert case.close_day(case.count(left_fen - SHORT_FEN), "DISPUTED")["accepted"]
    second = books_agree(case)
    (closed,) = [fact for _, fact in second.facts(DayClosed)][len(first.facts(DayClosed)) :]
    assert isinstance(closed, DayClosed)
    assert (closed.opening_fen, closed.expected_fen) == (left_fen, left_fen), "the opening is what history replays to"
    assert second.books.balance_fen(Account.SUSPENSE, "CASH_DISPUTED") == disputed_fen - SHORT_FEN
    sheets = {one["z_no"]: one["difference_fen"] for one in case.hq_books()["closes"]}
    assert (sheets[closed.z_no - 1], sheets[closed.z_no]) == (-SHORT_FEN, -SHORT_FEN)
    slips = [slip.text for slip in case.slips()[papers:] if f"Z {closed.z_no:04d} 号" in slip.text]
    assert len(slips) == 2
    assert all("-13.00" in text and "999.99" not in text for text in slips)
    for name in ("suspense.tmp", "discrepancy.cache", "drawer.json", f"{DATABASE_NAME}.bak", "old-books.sqlite"):
        (folder / name).unlink()


def close_short(station: World, count_no: int, drawer_fen: int) -> int:
    """A day with its cash put in, closed with a shortage that is disputed; gives what is left."""
    station.accepted(MoveCash(OWNER, station.register.open_operation(), CashReason.SHOP_SALES_IN, 5_000))
    left_fen = drawer_fen + 5_000 - SHORT_FEN
    count = station.accepted(CountDay(CLERK, count_no, (), left_fen))
    station.accepted(CloseDay(CLERK, count.seq, CloseVerdict.DISPUTED))
    station.clock.forward(days=1)
    return left_fen


def clean_room(station: World) -> Books:
    """The figures by whoever has nothing but the journals' bytes."""
    read = {
        side: [
            (seq, decode(data, side))
            for seq, data in station.rows(f"SELECT seq, bytes FROM journal WHERE side='{side.value}' ORDER BY seq")
        ]
        for side in Side
    }
    books = Books({})
    for side, seq, record in merge_order(read[Side.STATION], read[Side.HQ]):
        books.apply(side, seq, record)
    return books


def test_h12_a_year_on_stale_files_and_working_rows_change_no_figure(station: World) -> None:
    drawer_fen = 1_000_000
    folder = station.folder
    for number in range(1, PERIODS + 1):
        drawer_fen = close_short(station, number, drawer_fen)
        if number == 3:  # what a program of another time might have left lying about
            shutil.copy(station.database.path, folder / "old-books.db")
            shutil.copytree(folder, folder.parent / "cache-of-period-3")
    station.clock.forward(days=365)
    station.close()
    for name in ("suspense.tmp", "discrepancy.cache", "drawer.json", "old-books.db-wal", "station.db.bak"):
        (folder / name).write_bytes(b'{"suspense_fen": 99999, "drawer_fen": 0}')
    station.reopen()
    with station.database.transaction() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE suspense_work (fen INTEGER)")
        connection.exec_driver_sql("INSERT INTO suspense_work VALUES (99999)")
    close_short(station, PERIODS + 1, drawer_fen)

    books = clean_room(station)
    closes = [fact for fact in _facts(station) if isinstance(fact, DayClosed)]
    assert len(closes) == PERIODS + 1
    assert closes[-1].opening_fen == drawer_fen
    assert books.balance_fen(Account.SUSPENSE, "CASH_DISPUTED") == -(PERIODS + 1) * SHORT_FEN
    kept = station.rows("SELECT balance_fen FROM balances WHERE account=2901 AND party='CASH_DISPUTED'")
    assert kept == [(books.balance_fen(Account.SUSPENSE, "CASH_DISPUTED"),)]
    assert station.rows("SELECT balance_fen FROM balances WHERE account=1001") == [(books.drawer_fen(),)]
    assert compare(station.database).differing == ()


def _facts(station: World) -> list[object]:
    found = station.rows("SELECT bytes FROM journal WHERE side='S' ORDER BY seq")
    return [decode(data, Side.STATION).fact for (data,) in found]
