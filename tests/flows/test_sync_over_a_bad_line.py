"""A day over a line that is cut at any byte, loses answers and flaps, while old requests come again."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.queries import station_balances, trial_balance
from station_journal.records import AnswerSource, BillerAnswered, Outcome, Side
from station_pos.store.projections import Projections
from station_pos.sync.link_fault import LinkError
from station_pos.workers.syncer import Timings
from tests.flows.sync_sides import STATION, HqAtWork, StationAtWork, clock, eventually, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url
from tests.outside.processes import Process, control, running

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = pytest.mark.enable_socket
SALES = 200


@pytest.fixture
def hq(engine) -> Iterator[HqAtWork]:
    with hq_at_work(engine) as at_work:
        yield at_work


@pytest.fixture
def line(hq, tmp_path) -> Iterator[Process]:
    host_and_port = hq.url.removeprefix("http://")
    with running("faulty_link", "--to", host_and_port, "--control", tmp_path / "line") as process:
        yield process


@pytest.fixture
def station(hq, line, tmp_path) -> Iterator[StationAtWork]:
    station = StationAtWork(tmp_path / "station", f"http://127.0.0.1:{line.hello['port']}")
    station.enrol(hq, hq.first_code())
    hq.publish_tariff()
    hq.grant(9_000_000)
    station.open(Timings(news_wait_s=1, idle_poll_s=0.5))
    station.open_shop()
    station.syncer.sync_once()
    yield station
    station.close()
    station.client.close()


def tell(line: Process, cmd: str, **more: object) -> None:
    assert control(line.hello["control"], cmd=cmd, **more)["ok"]


def worsen(line: Process, chance: random.Random) -> None:
    """Put the next fault on the line."""
    fault = chance.randrange(6)
    if fault == 0:
        tell(line, "cut_after", n=chance.randrange(1, 1_500), direction="up")
    elif fault == 1:
        tell(line, "cut_after", n=chance.randrange(1, 600), direction="down")
    elif fault == 2:
        tell(line, "lose_replies", n=1, then="cut")
    elif fault == 3:
        tell(line, "lose_replies", n=1, then="silence")
    elif fault == 4:
        tell(line, "down")
    else:
        tell(line, "clear")


def try_to_sync(station: StationAtWork) -> None:
    try:
        station.syncer.sync_once()
    except LinkError:
        return


def test_two_hundred_sales_reach_hq_once_each_and_both_books_agree(hq, line, station, seed, monkeypatch):
    chance = random.Random(seed)
    sent: list[bytes] = []
    real = station.client.exchange

    def remember(request: bytes, wait_s: int = 0) -> bytes:
        sent.append(request)
        reply: bytes = real(request, wait_s)
        return reply

    monkeypatch.setattr(station.client, "exchange", remember)
    patience = pytest.MonkeyPatch()
    patience.setattr(station.client, "_silence_timeout_s", 0.4)  # so that a lost reply is waited for no longer
    direct = StationAtWork(station.folder.with_name("replayer"), hq.url).client
    sold = []
    for _ in range(40):
        sold += station.sell(SALES // 40)
        worsen(line, chance)
        try_to_sync(station)
        tell(line, "up")
        direct.exchange(chance.choice(sent))  # an old request comes again, whole
        held = len(hq.records())
        unanswered = [seq for seq in sold if seq <= held][:3]
        hq.append(*(BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, f"N{seq}", "") for seq in unanswered))
        sold = [seq for seq in sold if seq not in unanswered]
    direct.close()
    patience.undo()

    tell(line, "clear")
    station.start()
    eventually(lambda: hq.records() == station.records() and hq.records(Side.HQ) == station.records(Side.HQ))
    assert len(hq.records()) >= SALES
    assert len(set(hq.records())) == len(hq.records())
    assert hq.count("branch_cases") == hq.count("refused_frames") == 0

    bookkeeper = Bookkeeper(hq.hq.journal)
    bookkeeper.post_new(hq.engine, clock)
    with hq.engine.connect() as connection:
        theirs = station_balances(connection, STATION)
        trial = trial_balance(connection, STATION)
    with station.database.reading() as connection:
        view = Projections(connection, station.register.tariffs.over(connection))
        ours = {ledger: fen for ledger, fen in view.balances().items() if fen}
    assert theirs == ours
    assert sum(row.debit_fen - row.credit_fen for row in trial.rows) == 0


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_cut_after_any_number_of_bytes_is_made_good_by_the_next_exchange(hq, line, station, direction):
    for count in range(1, 900, 90):
        station.sell(2)
        tell(line, "cut_after", n=count, direction=direction)
        try_to_sync(station)
        tell(line, "clear")
        station.syncer.sync_once()
        assert hq.records() == station.records()
        assert station.exchanger.unsent() == 0


def test_a_line_of_twenty_kilobits_gets_a_backlog_through(hq, line, station):
    tell(line, "rate_bytes_s", n=2_500)  # 20 kbit/s
    station.sell(120)
    station.syncer.sync_once()
    assert hq.records() == station.records()
