"""The station's journals and the real HQ: enrolment, selling, cuts, restored and replaced machines."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from station_journal.codec import decode
from station_journal.records import AnswerSource, BillerAnswered, OutageClosed, OutageOpened, Outcome, Side
from station_pos.commands.outcome import Accepted, Refusal, Refused
from station_pos.counter import LinkState
from station_pos.enrolment import EnrolledDatabase, EnrolmentError, EnrolmentFault, announce, ask, begin, finish
from station_pos.store.database import Database
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.stop import Stop
from station_pos.workers.syncer import Timings
from tests.flows.sync_sides import PHRASE, STATION, HqAtWork, StationAtWork, eventually, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = [pytest.mark.enable_socket]


@pytest.fixture
def hq(engine) -> Iterator[HqAtWork]:
    with hq_at_work(engine) as at_work:
        yield at_work


@pytest.fixture
def machine(hq, tmp_path) -> Iterator[StationAtWork]:
    machine = StationAtWork(tmp_path / "station", hq.url)
    yield machine
    machine.client.close()


@pytest.fixture
def station(hq, machine) -> Iterator[StationAtWork]:
    """An enrolled station that can sell."""
    machine.enrol(hq, hq.first_code())
    hq.publish_tariff()
    hq.grant(5_000_000)
    machine.open()
    machine.open_shop()
    machine.syncer.sync_once()
    yield machine
    machine.close()


def in_step(hq: HqAtWork, station: StationAtWork) -> bool:
    sides = (Side.STATION, Side.HQ)
    return all(hq.records(side) == station.records(side) for side in sides) and station.exchanger.unsent() == 0


class TestEnrolment:
    def test_gives_both_sides_the_same_certificates(self, hq, machine):
        assert machine.enrol(hq, hq.first_code()) == 0
        machine.open()
        machine.syncer.sync_once()
        assert machine.journals.authority().station.epoch == 1
        assert machine.journals.authority().hq.public_key == hq.hq.journal.public_key
        machine.close()

    def test_waits_for_the_second_person(self, hq, machine):
        pending = begin(machine.keystore, STATION, machine.url, hq.first_code(), PHRASE)
        announce(machine.client, pending)
        assert ask(machine.client, pending) is None

    def test_cut_after_any_step_goes_on_with_the_same_key(self, hq, machine):
        code = hq.first_code()
        first = begin(machine.keystore, STATION, machine.url, code, PHRASE)
        announce(machine.client, first)
        again = begin(machine.keystore, STATION, machine.url, code.lower(), PHRASE)
        assert again.public_key == first.public_key
        announce(machine.client, again)
        hq.approve()
        announce(machine.client, again)
        approval = ask(machine.client, again)
        assert approval is not None
        database = Database(machine.folder, create=True)
        station = EnrolledDatabase(database)
        for _ in range(2):
            finish(machine.keystore, station, machine.witness_path, machine.client, again, approval, PHRASE)
        database.close()
        assert machine.open().register.station_code == STATION
        machine.close()

    def test_with_a_wrong_code_is_refused_in_one_sentence(self, hq, machine):
        hq.first_code()
        pending = begin(machine.keystore, STATION, machine.url, "ABCDEFGH2345", PHRASE)
        with pytest.raises(EnrolmentError) as caught:
            announce(machine.client, pending)
        assert caught.value.fault is EnrolmentFault.REFUSED

    def test_needs_a_code_of_its_form(self, machine):
        with pytest.raises(EnrolmentError) as caught:
            begin(machine.keystore, STATION, machine.url, "short", PHRASE)
        assert caught.value.fault is EnrolmentFault.CODE_FORM
        assert not machine.keystore.has_pending()


class TestSelling:
    def test_carries_every_record_to_hq_and_every_record_of_hq_back(self, hq, station):
        station.sell(25)
        station.syncer.sync_once()
        assert in_step(hq, station)
        assert hq.count("branch_cases") == hq.count("refused_frames") == 0

    def test_by_itself_reaches_hq_at_once_and_the_answer_comes_back_at_once(self, hq, station):
        station.close()
        station.open(Timings(idle_poll_s=3600))
        station.start()
        eventually(lambda: station.board.status().state is LinkState.UP)
        (seq,) = station.sell()
        eventually(lambda: len(hq.records()) >= seq)
        hq.append(BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, "N1", ""))
        eventually(lambda: station.journals.answers_awaited() == 0)
        eventually(lambda: in_step(hq, station))  # the receipt's record too

    def test_goes_on_while_hq_holds_an_answer(self, hq, station):
        station.start()
        station.sell()
        eventually(lambda: in_step(hq, station))
        time.sleep(0.3)  # the listener now waits at HQ for up to 20 s
        (seq,) = station.sell()
        eventually(lambda: len(hq.records()) >= seq)


class TestALineThatFails:
    def test_is_recorded_as_an_outage_and_closed_by_itself(self, hq, station, monkeypatch):
        station.close()
        station.open(Timings(news_wait_s=1))
        real = station.client.exchange
        down = [True]

        def fail(request: bytes, wait_s: int = 0) -> bytes:
            if down[0]:
                raise LinkError(LinkFault.UNREACHABLE)
            reply: bytes = real(request, wait_s)
            return reply

        monkeypatch.setattr(station.client, "exchange", fail)
        station.start()
        eventually(lambda: station.board.status().state is LinkState.DOWN)
        eventually(lambda: any(isinstance(decode(r, Side.STATION).fact, OutageOpened) for r in station.records()))
        station.sell(2)
        down[0] = False
        station.syncer.wake()
        eventually(lambda: station.board.status().state is LinkState.UP)
        eventually(lambda: in_step(hq, station))
        facts = [decode(record, Side.STATION).fact for record in hq.records()]
        opened = [fact for fact in facts if isinstance(fact, OutageOpened)]
        closed = [fact for fact in facts if isinstance(fact, OutageClosed)]
        assert len(opened) == len(closed) == 1

    def test_that_loses_every_other_reply_doubles_nothing(self, hq, station, monkeypatch):
        real = station.client.exchange
        calls = [0]

        def lose(request: bytes, wait_s: int = 0) -> bytes:
            calls[0] += 1
            reply: bytes = real(request, wait_s)
            if calls[0] % 2:
                raise LinkError(LinkFault.CUT)
            return reply

        monkeypatch.setattr(station.client, "exchange", lose)
        for _ in range(6):
            station.sell(3)
            for _ in range(2):
                try:
                    station.syncer.sync_once()
                except LinkError:
                    continue
        monkeypatch.undo()
        station.syncer.sync_once()
        assert in_step(hq, station)


class TestARestoredMachine:
    """Horizon's counter replacement: numbers used again, unsent records missed, nobody told."""

    def test_is_stopped_gets_its_tail_back_and_sells_on_in_a_new_epoch(self, hq, station):
        station.sell(3)
        station.syncer.sync_once()
        image = station.image()
        station.sell(4)
        station.syncer.sync_once()
        held = hq.records()
        station.close()
        station.put_back(image)

        station.open()
        assert station.exchanger.stop is Stop.RESTORED
        refused = station.try_to_sell()
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.READ_ONLY
        station.syncer.sync_once()
        assert station.records() == held
        assert isinstance(station.try_to_sell(), Refused)
        station.close()

        assert station.enrol(hq, hq.another_code()) == 0
        station.open()
        assert station.journals.authority().station.epoch == 2
        station.sell(2)
        station.syncer.sync_once()
        assert in_step(hq, station)
        assert hq.records()[: len(held)] == held

    def test_enrolled_before_it_synced_recovers_under_its_new_key(self, hq, station):
        image = station.image()
        station.sell(4)
        station.syncer.sync_once()
        held = hq.records()
        station.close()
        station.put_back(image)
        station.enrol(hq, hq.another_code())
        station.open()
        assert station.records() == held
        station.sell(1)
        station.syncer.sync_once()
        assert in_step(hq, station)

    def test_that_sold_on_is_stopped_and_its_branch_is_a_case_at_hq(self, hq, station):
        image = station.image()
        station.sell(2)
        station.syncer.sync_once()
        held = hq.records()
        station.close()
        station.put_back(image)
        station.witness_path.unlink()
        station.open()
        assert not station.exchanger.stop
        branch = station.sell(3, amount_fen=8_000)
        station.syncer.sync_once()
        assert station.exchanger.stop is Stop.DIVERGED
        assert isinstance(station.try_to_sell(), Refused)
        assert hq.records() == held
        assert hq.count("branch_cases") >= 1
        station.close()

        assert station.enrol(hq, hq.another_code()) >= len(branch)
        station.open()
        assert station.records() == held
        assert isinstance(station.try_to_sell(), Accepted)
        station.syncer.sync_once()
        assert in_step(hq, station)

    def test_replaced_by_an_empty_one_leaves_nothing_behind(self, hq, station, tmp_path):
        station.sell(5)
        station.syncer.sync_once()
        held = hq.records()
        new = StationAtWork(tmp_path / "new", hq.url)
        new.enrol(hq, hq.another_code())
        new.open()
        assert new.records() == held
        new.syncer.sync_once()
        new.sell(2)
        new.syncer.sync_once()
        assert in_step(hq, new)

        station.sell(1)  # the old machine does not know yet
        station.syncer.sync_once()
        assert station.exchanger.stop is Stop.EPOCH_CLOSED
        assert isinstance(station.try_to_sell(), Refused)
        assert hq.count("branch_cases") == 1  # what the old machine sold is not lost
        new.syncer.sync_once()
        assert in_step(hq, new)
        new.close()
        new.client.close()

    def test_enrolled_twice_without_a_sale_between_sells_on(self, hq, station):
        station.sell(1)
        station.syncer.sync_once()
        for _ in range(2):
            station.close()
            station.enrol(hq, hq.another_code())
            station.open()
        station.sell(1)
        station.syncer.sync_once()
        assert in_step(hq, station)
        assert station.journals.authority().station.epoch == 3


def test_idle_polls_record_nothing(station):
    before = station.records()
    station.close()
    station.open(Timings(idle_poll_s=0.05))
    station.start()
    time.sleep(0.6)
    assert station.records() == before
