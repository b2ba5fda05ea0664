"""The spooler with a real printer process on a pseudo-terminal: once, in order, and never in a sale's way."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from station_journal.codec import decode
from station_journal.records import (
    Actor,
    ActorKind,
    DrawerOpened,
    DrawerReason,
    Equipment,
    OutageClosed,
    OutageOpened,
    Outcome,
    Side,
)
from station_pos.commands.orders import IssueCopy, OpenDrawer, ReturnCash
from station_pos.commands.outcome import Refused
from station_pos.counter import PrinterState
from station_pos.devices.printer import EscposPrinter, PrinterTimes
from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.store.queues import JobState
from station_pos.workers.spooler import Spooler
from tests.outside.processes import control, running
from tests.station_pos.devices.pty_printer import PtyPrinter
from tests.station_pos.headless import until
from tests.station_pos.register.test_register import facts
from tests.station_pos.world import CLERK, World

QUICK = PrinterTimes(reply_s=20.0, mechanical_s=0.2, margin_s=60.0, poll_s=0.1, person_s=120.0)
"""Quick to look; patient, since only the printer that says nothing is waited for in vain."""
BAUD = 115_200


@pytest.fixture
def paper(tmp_path):
    with running(
        "printer_simulator", "--baud", BAUD, "--control", tmp_path / "ctl", "--paper", tmp_path / "out", "--no-png"
    ) as process:
        yield SimpleNamespace(hello=process.hello, folder=tmp_path / "out", control=tmp_path / "ctl")


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready(1_000_000)
    yield made
    made.close()


def spooler_for(world, paper, times=QUICK, drawer_pin=None):
    spooler = Spooler(
        world.register,
        EscposPrinter(SerialLine(paper.hello["tty"], baud=BAUD), PrinterProfile("test", baud=BAUD), times),
        PrinterProfile("test", baud=BAUD),
        retry_s=0.1,
        drawer_pin=drawer_pin,
    )
    world.register.subscribe(spooler.wake)
    return spooler


@pytest.fixture
def spooler(world, paper):
    made = spooler_for(world, paper)
    made.start()
    yield made
    made.stop()


def states(world):
    return [state for (state,) in world.rows("SELECT state FROM print_jobs ORDER BY job_no")]


def printed(paper):
    return [file.read_text("utf-8") for file in sorted(paper.folder.glob("*.txt"))]


def sell(world, account="0081234567"):
    seq = world.accepted(world.pay(account_no=account)).seq
    world.answer(seq)
    return seq


def squeezed(text):
    return "".join(text.split())


def test_a_confirmed_bill_comes_out_once_and_says_what_was_stored(world, paper, spooler):
    sell(world)
    until(lambda: states(world) == ["done"])
    [text] = until(lambda: printed(paper))
    stored = to_text(from_bytes(world.rows("SELECT paper FROM print_jobs")[0][0]))
    for line in stored.splitlines():
        if line and not line.startswith(("=", "-", " ")):
            assert squeezed(line) in squeezed(text)
    assert spooler.state is PrinterState.READY
    sell(world, "0081234568")
    until(lambda: len(printed(paper)) == 2)
    until(lambda: states(world) == ["done"] * 2)
    assert [text.count("0081234567") for text in printed(paper)] == [1, 0]


@pytest.mark.usefixtures("spooler")
def test_papers_come_out_in_the_order_of_the_sales(world, paper):
    for number in range(4):
        sell(world, f"{number:010d}")
    until(lambda: len(printed(paper)) == 4)
    assert [f"{number:010d}" in text for number, text in enumerate(printed(paper))] == [True] * 4


def test_an_empty_printer_blocks_no_sale_and_prints_all_once_paper_is_in(world, paper, spooler):
    control(paper.control, cmd="paper_out")
    for number in range(3):
        sell(world, f"{number:010d}")
    until(lambda: spooler.state is PrinterState.PAPER_OUT)
    until(lambda: any(isinstance(fact, OutageOpened) for fact in facts(world)))
    assert states(world) == ["queued"] * 3
    control(paper.control, cmd="paper_in")
    until(lambda: states(world) == ["done"] * 3)
    until(lambda: len(printed(paper)) == 3)
    until(lambda: any(isinstance(fact, OutageClosed) for fact in facts(world)))
    assert sum(isinstance(fact, OutageOpened) for fact in facts(world)) == 1


def test_a_printer_that_says_nothing_gets_no_job_until_it_speaks(world, paper):
    spooler = spooler_for(world, paper, replace(QUICK, reply_s=0.3))
    spooler.start()
    try:
        until(lambda: spooler.state is PrinterState.READY)
        control(paper.control, cmd="mute", on=True)
        sell(world)
        until(lambda: spooler.state is PrinterState.UNKNOWN)
        assert states(world) == ["queued"]
        control(paper.control, cmd="mute", on=False)
        until(lambda: states(world) == ["done"])
        until(lambda: len(printed(paper)) == 1)
    finally:
        spooler.stop()


@pytest.mark.parametrize("state", [JobState.SENDING, JobState.WAITING])
def test_what_a_restart_finds_half_way_is_doubtful_and_only_a_copy_follows(world, paper, state):
    sell(world)
    with world.database.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE print_jobs SET state='{state.value}'")
    made = spooler_for(world, paper)
    made.start()
    try:
        assert states(world) == ["doubtful"]
        receipt_seq = world.rows("SELECT receipt_seq FROM payments")[0][0]
        world.accepted(IssueCopy(CLERK, receipt_seq))
        until(lambda: states(world) == ["doubtful", "done"])
        [text] = until(lambda: printed(paper))
        assert "【补打】第1次" in squeezed(text)
        assert world.register.head(Side.STATION).seq > receipt_seq
    finally:
        made.stop()


def test_a_line_that_is_not_there_is_an_outage_and_the_paper_waits(world, tmp_path):
    profile = PrinterProfile("test", baud=BAUD)
    made = Spooler(
        world.register,
        EscposPrinter(SerialLine(str(tmp_path / "no"), baud=BAUD), profile, QUICK),
        profile,
        retry_s=0.05,
    )
    world.register.subscribe(made.wake)
    made.start()
    try:
        sell(world)
        until(lambda: any(isinstance(fact, OutageOpened) for fact in facts(world)))
        assert states(world) == ["queued"]
        assert made.state is PrinterState.OFFLINE
    finally:
        made.stop()
    assert json.dumps(states(world)) == '["queued"]'


class TestTheDrawer:
    @pytest.fixture
    def with_drawer(self, world, paper):
        made = spooler_for(world, paper, drawer_pin=5)
        world.register.on_cash(made.open_drawer)
        made.start()
        yield made
        made.stop()

    def pulses(self, paper):
        return control(paper.control, cmd="status")["drawer_pulses"]

    @pytest.mark.usefixtures("with_drawer")
    def test_it_opens_once_for_each_cash_job_and_for_no_paper_and_no_copy(self, world, paper, caplog):
        caplog.set_level("INFO", "station_pos")
        sold = world.accepted(world.pay())
        until(lambda: self.pulses(paper) == {"2": 0, "5": 1})
        world.answer(sold.seq)
        until(lambda: states(world) == ["done"])
        world.accepted(IssueCopy(CLERK, world.register.head(Side.STATION).seq))
        until(lambda: states(world) == ["done", "done"])
        declined = world.accepted(world.pay(account_no="0081234568"))
        until(lambda: self.pulses(paper)["5"] == 2)
        world.answer(declined.seq, Outcome.DECLINED)
        world.accepted(ReturnCash(CLERK, declined.seq))
        until(lambda: states(world) == ["done"] * 3)
        until(lambda: self.pulses(paper) == {"2": 0, "5": 3})
        said = [record.getMessage() for record in caplog.records if "drawer" in record.getMessage()]
        assert said[0] == f"the drawer was opened for record {sold.seq}"
        assert len(said) == 3

    @pytest.mark.usefixtures("with_drawer")
    def test_a_job_that_is_refused_opens_nothing(self, world, paper):
        taken = world.pay()
        world.accepted(taken)
        until(lambda: self.pulses(paper)["5"] == 1)
        assert isinstance(world.register.execute(taken), Refused)
        world.accepted(OpenDrawer(CLERK, DrawerReason.CHANGE))
        until(lambda: self.pulses(paper)["5"] == 2)

    @pytest.mark.usefixtures("with_drawer")
    def test_without_a_sale_it_opens_by_a_record_of_the_person_that_moves_no_money(self, world, paper):
        before = world.rows("SELECT * FROM balances")
        seq = world.accepted(OpenDrawer(CLERK, DrawerReason.COUNT)).seq
        until(lambda: self.pulses(paper)["5"] == 1)
        [(data,)] = world.rows(f"SELECT bytes FROM journal WHERE side='S' AND seq={seq}")
        record = decode(data, Side.STATION)
        assert record.fact == DrawerOpened(DrawerReason.COUNT)
        assert record.actor == Actor(ActorKind.PERSON, CLERK)
        assert world.rows("SELECT * FROM balances") == before
        assert states(world) == []

    def test_a_restart_opens_nothing_although_a_job_is_on_the_disk(self, world, paper):
        dead = spooler_for(world, paper, drawer_pin=2)
        world.register.on_cash(dead.open_drawer)
        world.accepted(world.pay())
        revived = spooler_for(world, paper, drawer_pin=2)
        revived.start()
        try:
            until(lambda: revived.state is PrinterState.READY)
            sell(world, "0081234568")
            until(lambda: states(world) == ["done"])
        finally:
            revived.stop()
        assert self.pulses(paper) == {"2": 0, "5": 0}

    def test_a_printer_that_is_not_ready_opens_nothing_now_and_nothing_later(self, world, paper, with_drawer, caplog):
        until(lambda: with_drawer.state is PrinterState.READY)
        control(paper.control, cmd="cover_open")
        world.accepted(world.pay())
        until(lambda: "not opened" in caplog.text)
        control(paper.control, cmd="cover_close")
        until(lambda: with_drawer.state is PrinterState.READY)
        assert self.pulses(paper) == {"2": 0, "5": 0}

    def test_no_drawer_in_the_settings_is_no_pulse(self, world, paper, spooler):
        world.register.on_cash(spooler.open_drawer)
        sell(world)
        until(lambda: states(world) == ["done"])
        assert self.pulses(paper) == {"2": 0, "5": 0}


class TestPulledOut:
    def test_a_printer_that_is_pulled_out_and_plugged_in_again_prints_what_waited(self, world, tmp_path):
        plug = tmp_path / "printer"
        device = PtyPrinter()
        plug.symlink_to(device.path)
        profile = PrinterProfile("test", baud=BAUD)
        made = Spooler(
            world.register, EscposPrinter(SerialLine(str(plug), baud=BAUD), profile, QUICK), profile, retry_s=0.05
        )
        world.register.subscribe(made.wake)
        made.start()
        try:
            until(lambda: made.state is PrinterState.READY)
            plug.unlink()
            device.close()
            sell(world)
            until(lambda: made.state is PrinterState.OFFLINE)
            until(lambda: OutageOpened(Equipment.PRINTER) in facts(world))
            assert states(world) == ["queued"]
            device = PtyPrinter()
            plug.symlink_to(device.path)
            until(lambda: states(world) == ["done"])
            until(lambda: any(isinstance(fact, OutageClosed) for fact in facts(world)))
            assert device.jobs.count(b"\x1b\x40\x1c\x26") == 1
        finally:
            made.stop()
            device.close()
