"""H15: a final balance printed zeros and the close was allowed all the same.

A closing figure that differs from opening plus movements blocks the close, with a fault code, and writes nothing.
"""

from __future__ import annotations

import sqlite3

from station_pos.store.database import DATABASE_NAME
from tests.horizon.harness import Case, books_agree


def test_h15_a_close_on_an_empty_or_short_read_is_refused_and_the_journal_is_untouched(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(30_000)
    count = case.count(case.drawer_fen())
    head = case.station.state()["as_of_seq"]
    path = case.shop.folder / "station" / DATABASE_NAME
    other = sqlite3.connect(path, isolation_level=None)
    try:
        whole = other.execute("SELECT * FROM drawer_rows").fetchall()
        for lost in ("DELETE FROM drawer_rows", "DELETE FROM drawer_rows WHERE seq=(SELECT max(seq) FROM drawer_rows)"):
            other.execute(lost)
            for do in ({"do": "close_day", "count_seq": count["seq"]}, {"do": "count_day"}, {"do": "issue_trial"}):
                refused = case.station.ask(**do)
                assert (refused["accepted"], refused["refused"]) == (False, "figures_differ")
            other.execute("DELETE FROM drawer_rows")
            other.executemany("INSERT INTO drawer_rows VALUES (?, ?, ?, ?)", whole)
        drawer = other.execute("SELECT * FROM balances WHERE account=1001").fetchall()
        other.execute("DELETE FROM balances WHERE account=1001")
        refused = case.station.ask("close_day", count_seq=count["seq"])
        assert refused["refused"] == "figures_differ", "an empty query is no zero"
        other.executemany("INSERT INTO balances VALUES (?, ?, ?)", drawer)
    finally:
        other.close()
    assert case.station.state()["as_of_seq"] == head
    assert case.close_day(count)["accepted"]
    books_agree(case)
