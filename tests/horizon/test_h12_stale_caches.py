"""H12: temporary rows behind a suspense figure were not deleted and came back a year later.

An opening balance is the replay of history; no working table and no file outlives a period as a figure.
"""

from __future__ import annotations

import shutil
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
from tests.station_pos.world import CLERK, OWNER, World

PERIODS = 14
SHORT_FEN = 1_300


@pytest.fixture
def station(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "station").ready()
    made.accepted(CountFloat(OWNER, (), 1_000_000))
    yield made
    made.close()


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
