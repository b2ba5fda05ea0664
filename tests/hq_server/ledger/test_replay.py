from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from hq_server.audit import entries
from hq_server.hq_journal import alarms_of
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import check_station
from hq_server.ledger.recompute import recompute
from station_journal.records import Side
from tests.hq_server.ledger.test_book import CLOCK, HQ_PUBLIC, JOURNAL, a_day, books_agree, desk, opened, post, taken

__all__ = ["desk"]  # a fixture, found by its name


def _recompute(engine: Engine):
    return recompute(engine, Bookkeeper(JOURNAL), CLOCK, "staff:1")


def _check(engine: Engine, code: str = "ST-0417"):
    with engine.connect() as connection:
        return check_station(connection, code, HQ_PUBLIC).faults


class TestComputingAnew:
    def test_dropped_books_come_out_the_same_and_no_alarm_twice(self, engine: Engine, desk: ExchangeDesk) -> None:
        first, second = opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")
        a_day(engine, desk, first)
        post(engine)
        a_day(engine, desk, second)
        second.write(taken(50, bill="SAME"), taken(51, bill="SAME"))
        second.exchange(desk)
        post(engine)
        with engine.connect() as connection:
            before = alarms_of(connection, "ST-0002")
        result = _recompute(engine)
        assert (result.stations, result.differences) == (2, ())
        assert result.records > 40
        second.exchange(desk)
        books_agree(engine, first, second)
        with engine.connect() as connection:
            assert alarms_of(connection, "ST-0002") == before
            assert len(before) == 1

    @pytest.mark.parametrize(
        ("damage", "table"),
        [
            ("UPDATE balances SET balance_fen = balance_fen + 1 WHERE account = 1001", "balances"),
            ("DELETE FROM ledger_entries WHERE side = 'S' AND seq = 2 AND line = 1", "ledger_entries"),
            ("UPDATE payments SET payer_name = '李四' WHERE seq = 2", "payments"),
        ],
    )
    def test_an_altered_row_is_named_and_put_right(self, engine: Engine, desk, damage: str, table: str) -> None:
        station = opened(engine, desk)
        a_day(engine, desk, station)
        post(engine)
        with engine.begin() as connection:
            assert connection.execute(text(damage)).rowcount == 1
        assert _recompute(engine).differences == (("ST-0417", table),)
        books_agree(engine, station)
        assert _recompute(engine).differences == ()
        with engine.connect() as connection:
            assert [row.details.get("differences") for row in entries(connection)][-2:] == [[["ST-0417", table]], []]


class TestVerifying:
    def test_everything_in_order_has_no_fault(self, engine: Engine, desk) -> None:
        a_day(engine, desk, opened(engine, desk))
        post(engine)
        assert _check(engine) == ()

    @pytest.mark.parametrize(
        ("damage", "side", "seq", "what"),
        [
            ("UPDATE journal_records SET data = data || '\\x00' WHERE side = 'S' AND seq = 3", "S", 3, "do not fit"),
            ("UPDATE journal_records SET digest = sha256('x') WHERE side = 'H' AND seq = 2", "H", 2, "do not fit"),
            ("DELETE FROM journal_records WHERE side = 'S' AND seq = 4", "S", 4, "records 4 to 4 are missing"),
            ("UPDATE journal_seals SET signature = sha512('x') WHERE side = 'S' AND seq = 6", "S", 6, "not signed"),
            ("UPDATE journal_heads SET seq = seq + 1 WHERE side = 'S'", "S", None, "the head that is kept"),
            ("UPDATE journal_epochs SET signature = sha512('x') WHERE side = 'H'", "H", 0, "not signed"),
            ("UPDATE balances SET balance_fen = 1 WHERE account = 2101", "S", 0, "the balance of 2101"),
            ("UPDATE payments SET amount_fen = 1 WHERE seq = 3", "S", 3, "the payment is not kept"),
        ],
    )
    def test_a_fault_is_named_by_journal_and_record(self, engine: Engine, desk, damage, side, seq, what) -> None:
        station = opened(engine, desk)
        a_day(engine, desk, station)
        post(engine)
        with engine.begin() as connection:
            assert connection.execute(text(damage)).rowcount == 1
        first = _check(engine)[0]
        assert (first.station_code, first.side) == ("ST-0417", Side(side))
        assert first.seq == (station.head.seq if seq is None else seq)
        assert what in first.what.en
        assert not first.what.zh.isascii()
