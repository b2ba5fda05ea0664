"""The sync worker by itself: sends at once, listens while somebody waits, is patient with a dead line."""

from __future__ import annotations

import random
import threading
import time

import pytest

from station_journal.records import Equipment
from station_pos.commands.orders import CloseOutage, OpenOutage
from station_pos.commands.outcome import RegisterFault
from station_pos.counter import LinkState
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.workers.exchanger import Exchanger
from station_pos.workers.link_state import LinkBoard, LinkStatus
from station_pos.workers.syncer import Syncer, Timings
from tests.factories.journal import NOON, answered, granted, key, taken, tariff
from tests.station_pos.sync.two_sides import Line, MemoryJournals, SmallHq


class AtWork:
    """A worker between journals in memory and a small HQ."""

    def __init__(self, folder, timings: Timings) -> None:
        self.hq = SmallHq()
        self.line = Line(self.hq)
        self.journals = MemoryJournals()
        self.told: list[LinkStatus] = []
        self.board = LinkBoard(lambda: NOON, self.told.append)
        self.exchanger = Exchanger(self.journals, key(1), self.line, folder / "witness.json")
        self.syncer = Syncer(self.exchanger, self.journals, self.board, random.Random(3).random, timings)
        self.hq.publish(tariff())
        self.hq.append(granted(9_000_000))
        self.syncer.sync_once()

    def sell(self, number: int) -> int:
        seq = self.journals.append(taken(number))
        self.syncer.appended()
        return seq


@pytest.fixture
def at_work(tmp_path):
    made = AtWork(tmp_path, Timings(idle_poll_s=3600, news_wait_s=7, listen_pause_s=0.02, outage_after_failures=3))
    yield made
    made.syncer.stop()


def eventually(holds, within_s: float = 60.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


def test_one_call_brings_the_tariff_the_adoption_and_the_credit(at_work):
    assert at_work.journals.books().standing().tariff_hash == tariff().hash
    assert at_work.hq.station.records == at_work.journals.station.records


def test_a_sale_is_sent_at_once_though_the_next_poll_is_far_away(at_work):
    at_work.syncer.start()
    eventually(lambda: at_work.board.status().state is LinkState.UP)
    at_work.sell(1)
    eventually(lambda: at_work.hq.station.records == at_work.journals.station.records)


def test_a_fault_after_a_commit_is_the_workers_and_not_the_sales(at_work, monkeypatch):
    def fault():
        raise RegisterFault("busy")

    with monkeypatch.context() as patched:
        patched.setattr(at_work.journals, "station_head", fault)
        at_work.syncer.appended()
    at_work.journals.append(taken(1))
    at_work.syncer.start()
    eventually(lambda: at_work.hq.station.records == at_work.journals.station.records)


def test_somebody_listens_for_the_answer_and_stops_when_it_is_there(at_work):
    at_work.syncer.start()
    seq = at_work.sell(1)
    eventually(lambda: 7 in at_work.line.waits)
    at_work.hq.append(answered(seq))
    eventually(lambda: at_work.journals.answers_awaited() == 0)

    def quiet() -> bool:
        asked = at_work.line.waits.count(7)
        time.sleep(0.2)
        return bool(at_work.line.waits.count(7) == asked)

    eventually(quiet)


def test_a_sale_does_not_wait_behind_a_held_answer(at_work):
    release = threading.Event()
    deliver = at_work.line.deliver

    def hold(request: bytes) -> bytes:
        if at_work.line.waits[-1]:
            release.wait(60)
        reply: bytes = deliver(request)
        return reply

    at_work.line.carry = hold
    at_work.syncer.start()
    at_work.sell(1)
    eventually(lambda: 7 in at_work.line.waits)
    at_work.sell(2)
    eventually(lambda: at_work.hq.station.records == at_work.journals.station.records)
    release.set()


class TestADeadLine:
    @pytest.fixture
    def dead(self, at_work):
        def fail(_request: bytes) -> bytes:
            raise LinkError(LinkFault.UNREACHABLE)

        at_work.line.carry = fail
        at_work.line.requests.clear()
        at_work.journals.commands.clear()
        return at_work

    def test_is_shown_from_the_first_failure_with_one_sentence(self, dead):
        dead.syncer.start()
        eventually(lambda: dead.board.status().state is LinkState.DOWN)
        assert dead.board.status().sentence
        assert dead.board.status().since == NOON

    def test_becomes_one_outage_after_three_failures_and_is_closed_when_hq_answers(self, dead):
        dead.syncer.start()
        eventually(lambda: OpenOutage(Equipment.LINK) in dead.journals.commands)
        assert len(dead.line.requests) >= 3
        dead.line.carry = dead.line.deliver
        dead.syncer.wake()
        eventually(lambda: dead.journals.commands[-1] == CloseOutage(Equipment.LINK))
        eventually(lambda: dead.hq.station.records == dead.journals.station.records)
        assert dead.board.status().state is LinkState.UP
        assert dead.board.status().failures == 0

    def test_is_not_hammered(self, dead):
        dead.syncer.start()
        time.sleep(1.5)
        assert len(dead.line.requests) < 12

    def test_is_tried_at_once_when_something_is_sold(self, dead):
        dead.syncer.start()
        eventually(lambda: dead.board.status().failures >= 1)
        before = len(dead.line.requests)
        dead.sell(1)
        eventually(lambda: len(dead.line.requests) > before)


def test_a_full_disk_is_said_and_the_worker_lives_on(at_work, monkeypatch):
    class DiskIsFullError(Exception):
        pass

    at_work.hq.append(granted(50_000))
    real = at_work.journals.receive_hq
    full = [True]

    def receive(run) -> None:
        if full[0]:
            raise DiskIsFullError("the disk is full")
        real(run)

    monkeypatch.setattr(at_work.journals, "receive_hq", receive)
    at_work.syncer.start()
    eventually(lambda: "the disk is full" in at_work.board.status().sentence)
    full[0] = False
    at_work.syncer.wake()
    eventually(lambda: at_work.journals.hq.records == at_work.hq.own.records)
    eventually(lambda: not at_work.board.status().sentence)


def test_after_stop_nothing_is_taken_any_more(at_work):
    at_work.syncer.start()
    at_work.syncer.stop()
    with pytest.raises(LinkError):
        at_work.syncer.sync_once()
