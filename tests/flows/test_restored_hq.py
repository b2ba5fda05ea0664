"""HQ put back from a backup older than what it had signed: it waits, takes its records back, and forks nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from hq_server.backup import back_up, restore
from hq_server.db import make_engine
from hq_server.db.desk_tables import credit_purchases
from hq_server.hq_journal import RecoveringError, mark_all, recoveries
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import check_station
from hq_server.ledger.queries import StationPosition, posting_stop_list, station_position
from hq_server.statements.condition import condition
from station_journal.records import AnswerSource, BillerAnswered, Outcome, Side
from tests.flows.sync_sides import STATION, HqAtWork, StationAtWork, clock, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = [pytest.mark.enable_socket]


@pytest.fixture
def new_machine(postgres_url: str) -> Iterator[Engine]:
    """An empty database, as HQ's new machine has it."""
    name = f"hq_recovered_{os.getpid()}"  # all workers share the server
    maintenance = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    made = make_engine(postgres_url.replace("/postgres?", f"/{name}?"))
    yield made
    made.dispose()
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


def posted(hq: HqAtWork) -> None:
    Bookkeeper(hq.hq.journal).run(hq.engine, clock)


def sold_and_answered(hq: HqAtWork, station: StationAtWork, biller_no: str) -> None:
    (seq,) = station.sell()
    station.syncer.sync_once()
    hq.append(BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, biller_no, ""))
    posted(hq)
    station.syncer.sync_once()


@dataclass(frozen=True)
class Lost:
    """What HQ held when its disk failed: both journals, and how the station stood."""

    hqs: list[bytes]
    stations: list[bytes]
    stood: StationPosition


def failed_after_a_backup(hq: HqAtWork, station: StationAtWork, folder: Path) -> Lost:
    """HQ sells, is backed up, signs more, and is gone."""
    station.call(hq.url)
    station.enrol(hq, hq.first_code())
    hq.publish_tariff()
    hq.grant(500_000)
    station.open().open_shop()
    station.syncer.sync_once()
    sold_and_answered(hq, station, "N1")
    (folder / "hq-key.pem").write_text("of HQ")
    back_up(hq.engine, folder / "hq-key.pem", folder / "monday", clock())
    hq.grant(700_000, purchase_no=2)
    sold_and_answered(hq, station, "N2")
    station.sell()
    station.syncer.sync_once()
    station.close()
    posted(hq)
    with hq.engine.connect() as connection:
        return Lost(hq.records(Side.HQ), hq.records(), station_position(connection, STATION))


def check_all_is_back(hq: HqAtWork, station: StationAtWork, lost: Lost) -> None:
    assert hq.records(Side.HQ) == station.records(Side.HQ) == lost.hqs
    assert hq.records()[: len(lost.stations)] == lost.stations
    assert hq.records() == station.records()
    with hq.engine.connect() as connection:
        (taken,), _ = recoveries(connection)
        assert (taken.ended_at is not None, taken.recovered_hq_seq) == (True, len(lost.hqs))
        assert posting_stop_list(connection) == ()
        assert not check_station(connection, STATION, hq.hq.journal.public_key).faults
        known = connection.execute(select(credit_purchases.c.purchase_no, credit_purchases.c.amount_fen)).all()
        assert (2, 700_000) in [tuple(one) for one in known]  # its number is not given out again
        stands = station_position(connection, STATION)
    # All that was owed before is owed, and beside it the sale that was made meanwhile.
    assert stands.credit_held_fen == lost.stood.credit_held_fen + 7_260
    assert stands.credit_free_fen == lost.stood.credit_free_fen - 7_260
    assert stands.suspense_fen == lost.stood.suspense_fen == 0


def test_a_restored_hq_takes_back_what_it_had_signed_before_it_writes_again(
    engine: Engine, new_machine: Engine, tmp_path: Path
) -> None:
    station = StationAtWork(tmp_path / "station", "http://127.0.0.1:1")
    with hq_at_work(engine) as hq:
        lost = failed_after_a_backup(hq, station, tmp_path)
    restore(new_machine, tmp_path / "other" / "hq-key.pem", tmp_path / "monday")
    with hq_at_work(new_machine, restored=True) as hq:
        assert len(hq.records(Side.HQ)) < len(lost.hqs)
        station.call(hq.url)
        station.open()
        (unsent,) = station.sell()  # the shop goes on selling
        with hq.engine.begin() as connection:
            assert mark_all(connection, clock()) == 1  # as the command does that restores
            assert condition(connection, clock()).stations_recovering == 1
        before = len(hq.records(Side.HQ))
        with pytest.raises(RecoveringError, match="nothing is written to it"):
            hq.grant(900_000, purchase_no=2)
        posted(hq)
        assert len(hq.records(Side.HQ)) == before
        station.syncer.sync_once()
        posted(hq)
        check_all_is_back(hq, station, lost)

        hq.append(BillerAnswered(unsent, Outcome.CONFIRMED, AnswerSource.REPLY, "N3", ""))
        station.syncer.sync_once()
        assert station.records(Side.HQ) == hq.records(Side.HQ)
        assert station.board.status().sentence == ""
        assert station.exchanger.stop is None
        station.close()
        station.client.close()
