"""No worker ends by a fault of the disk or the line: it goes on, and nobody waits for ever."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import pytest

from station_journal.posting import PaymentStatus
from station_pos.devices.ports import Condition, Connection, PaperState, PrinterStatus, PrintOutcome, PrintResult
from station_pos.devices.ports import PrintStage as Stage
from station_pos.queries import Queries
from station_pos.receipts.escpos import PrinterProfile
from station_pos.workers import writer as writer_module
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.day_ender import DayEnder
from station_pos.workers.spooler import Spooler
from station_pos.workers.writer import Writer
from tests.station_pos.headless import until
from tests.station_pos.world import World

READY = PrinterStatus(Connection.ONLINE, cover_open=False, paper=PaperState.OK, error=False)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


@contextmanager
def held_by_another_program(world):
    with world.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(world.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def confirmer_for(world, answer_wait_s=3600):
    queries = Queries(world.database, world.register.tariffs)
    made = Confirmer(queries, world.register.execute, world.clock, answer_wait_s)
    world.register.subscribe(made.wake)
    made.start()
    return made


class TestTheConfirmer:
    def test_ends_a_wait_in_time_although_the_slip_cannot_be_recorded_then(self, world):
        seq = world.accepted(world.pay()).seq
        confirmer = confirmer_for(world)
        try:
            with held_by_another_program(world):
                waited = confirmer.await_answer(seq, 0.1)
                payment = waited.result(60)
            assert (payment.status, payment.pending_seq) == (PaymentStatus.HELD, 0)
            world.clock.forward(hours=2)
            until(lambda: world.rows("SELECT pending_seq FROM payments")[0][0])
        finally:
            confirmer.stop()

    def test_keeps_a_wait_that_could_not_be_looked_up(self, world):
        seq = world.accepted(world.pay()).seq
        confirmer = confirmer_for(world)
        try:
            with world.database.transaction() as connection:
                connection.exec_driver_sql("ALTER TABLE payments RENAME TO elsewhere")
            waited = confirmer.await_answer(seq, 30)
            with pytest.raises(TimeoutError):
                waited.result(0.5)
            with world.database.transaction() as connection:
                connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO payments")
            world.answer(seq)
            assert waited.result(60).status is PaymentStatus.CONFIRMED
        finally:
            confirmer.stop()

    def test_issues_the_slip_in_time_when_the_clock_was_set_back(self, world):
        world.accepted(world.pay())
        world.clock.now -= timedelta(hours=3)
        confirmer = confirmer_for(world, answer_wait_s=25)
        try:
            until(lambda: world.rows("SELECT pending_seq FROM payments")[0][0])
        finally:
            confirmer.stop()


def test_the_day_ender_goes_on_after_derived_tables_were_lost(world):
    queries = Queries(world.database, world.register.tariffs)
    with world.database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE marker")
    ender = DayEnder(lambda: queries.next_date_to_end(world.clock()), world.register.execute, 0.05)
    ender.start()
    try:
        world.clock.forward(days=1)
        world.register.rebuild()
        until(lambda: world.rows("SELECT day_ended FROM marker") == [("2026-10-23",)])
    finally:
        ender.stop()


class _FaultAfterSending:
    """A printer that has every byte of its first job when the disk fails."""

    def __init__(self, world):
        self.world, self.jobs = world, 0

    def status(self):
        return READY

    def print_job(self, job_bytes, tag, on_state=None, on_condition=None):
        assert job_bytes, (tag, on_condition)
        self.jobs += 1
        on_state(Stage.SENDING)
        if self.jobs == 1:
            with held_by_another_program(self.world):
                on_state(Stage.WAITING)
        on_state(Stage.WAITING)
        return PrintOutcome(PrintResult.DONE, Condition.READY)

    def kick_drawer(self, pin=2):
        del pin
        return PrintOutcome(PrintResult.NOT_STARTED)


def states(world):
    return [state for (state,) in world.rows("SELECT state FROM print_jobs ORDER BY job_no")]


class TestTheSpooler:
    def test_asks_about_a_paper_that_a_fault_of_the_disk_left_half_way_without_a_restart(self, world):
        printer = _FaultAfterSending(world)
        spooler = Spooler(world.register, printer, PrinterProfile("test"), retry_s=0.1)
        world.register.subscribe(spooler.wake)
        spooler.start()
        try:
            world.answer(world.accepted(world.pay()).seq)
            until(lambda: states(world) == ["doubtful"])
            world.answer(world.accepted(world.pay(account_no="0081234568")).seq)
            until(lambda: states(world) == ["doubtful", "done"])
            assert printer.jobs == 2
        finally:
            spooler.stop()

    def test_prints_on_after_the_queue_could_not_be_read(self, world, caplog):
        printer = _FaultAfterSending(world)
        printer.jobs = 1
        spooler = Spooler(world.register, printer, PrinterProfile("test"), retry_s=0.05)
        spooler.start()
        with world.database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE print_jobs RENAME TO away")
        until(lambda: caplog.records)
        with world.database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO print_jobs")
        try:
            world.answer(world.accepted(world.pay()).seq)
            until(lambda: states(world) == ["done"])
        finally:
            spooler.stop()


def test_the_writer_sells_on_after_its_idle_work_failed(world, monkeypatch):
    monkeypatch.setattr(writer_module, "IDLE_S", 0.05)
    asked = []

    def fail():
        asked.append(1)
        raise OSError("the disk is gone")

    writer = Writer(world.register.execute, fail)
    try:
        until(lambda: asked)
        outcome = writer.submit(world.pay()).result(60)
        assert world.rows("SELECT count(*) FROM payments") == [(1,)], outcome
    finally:
        writer.stop()
