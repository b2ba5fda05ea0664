"""The driver against the printer simulator, an outside party in a process of its own."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

import pytest

from station_pos.devices.ports import Condition, PrintOutcome, PrintResult, PrintStage, describe
from station_pos.devices.printer import EscposPrinter, PrinterTimes
from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile, encode
from station_pos.receipts.paper import Barcode, Cut, Pair, Paper, Qr, Rule, Text
from tests.outside.processes import control, running, until

pytestmark = pytest.mark.enable_socket

BAUD = 38_400
TIMES = PrinterTimes(reply_s=0.5, mechanical_s=0.1, margin_s=1.0, poll_s=0.2, person_s=10.0)
SLIP = Paper(
    (
        Text("代收费收据", "centre", (2, 2), bold=True),
        Pair("户名", "张*"),
        Rule(),
        *(Pair(f"第{line}行", f"￥{line}.00") for line in range(20)),
        Qr("S 330127-0042 117 9f3a5c7e01b2d4f6"),
        Barcode("330127004200000117"),
        Cut(),
    )
)


class Counter:
    """A driver, the simulator at the other end, and what lies in its paper tray."""

    def __init__(self, folder, marker):
        self.folder = folder
        self.profile = PrinterProfile("p", job_marker=marker, baud=BAUD)
        self.driver = EscposPrinter(SerialLine(str(folder / "tty"), lock_folder=folder), self.profile, TIMES)

    def do(self, cmd, **more):
        return control(self.folder / "sock", cmd=cmd, **more)

    def print(self, tag=b"0001", **more):
        return self.driver.print_job(encode(SLIP, self.profile), tag, **more)

    def slips(self):
        return [json.loads(path.read_text("utf-8")) for path in sorted((self.folder / "paper").glob("*.json"))]


@contextmanager
def at_counter(folder, marker="process_id"):
    places = ("--link", folder / "tty", "--control", folder / "sock", "--paper", folder / "paper")
    with running("printer_simulator", "--baud", BAUD, "--no-png", *places):
        counter = Counter(folder, marker)
        try:
            yield counter
        finally:
            counter.driver.close()


@pytest.fixture
def counter(tmp_path):
    with at_counter(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("marker", "result"),
    [("process_id", PrintResult.DONE), ("gs_r", PrintResult.DONE_UNCONFIRMED), ("none", PrintResult.DONE_UNCONFIRMED)],
)
def test_a_slip_lies_in_the_tray_as_composed(tmp_path, marker, result):
    with at_counter(tmp_path, marker) as counter:
        assert counter.print() == PrintOutcome(result)
        until(counter.slips)
        text = (tmp_path / "paper" / "0001.txt").read_text("utf-8")
        assert "代收费收据" in text
        assert "第19行                   ￥19.00" in text
        assert "S 330127-0042 117 9f3a5c7e01b2d4f6" in json.dumps(counter.slips(), ensure_ascii=False)
        assert "330127004200000117" in json.dumps(counter.slips(), ensure_ascii=False)
        assert counter.do("status")["drawer_pulses"] == {"2": 0, "5": 0}


def test_paper_out_in_the_middle_and_a_new_roll_give_one_slip(counter):
    counter.do("paper_out", after_lines=8)

    def new_roll(condition):
        if condition is Condition.PAPER_OUT:
            threading.Timer(0.5, counter.do, ["paper_in"]).start()

    assert counter.print(on_condition=new_roll) == PrintOutcome(PrintResult.DONE)
    until(counter.slips)
    assert counter.do("status")["receipts"] == 1


def test_an_offline_printer_gets_nothing_and_prints_once_back_online(counter):
    counter.do("offline")
    assert counter.print() == PrintOutcome(PrintResult.NOT_STARTED, Condition.OFFLINE)
    counter.do("online")
    assert counter.print() == PrintOutcome(PrintResult.DONE)
    until(counter.slips)
    assert counter.do("status")["receipts"] == 1


@pytest.mark.parametrize(
    ("fault", "condition"),
    [
        ("mute", Condition.NO_ANSWER),
        ("power_off", Condition.NO_ANSWER),
        ("cover_open", Condition.COVER_OPEN),
        ("jam", Condition.ERROR),
        ("paper_out", Condition.PAPER_OUT),
        ("near_end", Condition.PAPER_NEAR_END),
    ],
)
def test_its_faults_are_told_apart(counter, fault, condition):
    counter.do(fault)
    assert describe(counter.driver.status()) is condition


def test_a_power_cycle_while_it_waits_is_doubtful_and_the_next_slip_prints(counter):
    counter.do("paper_out", after_lines=3)

    def off_and_on_with_paper(condition):
        if condition is Condition.PAPER_OUT:
            counter.do("power_cycle")
            counter.do("paper_in")

    outcome = counter.print(on_condition=off_and_on_with_paper)
    assert outcome == PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)
    assert counter.do("status")["receipts"] == 0
    assert counter.print(b"0002") == PrintOutcome(PrintResult.DONE)


def test_a_printer_that_goes_mute_in_the_middle_is_doubtful(counter):
    def mute(stage):
        if stage is PrintStage.SENDING:
            counter.do("mute")

    assert counter.print(on_state=mute) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NO_ANSWER)


def test_the_drawer_opens_once_and_no_slip_opens_it(counter):
    assert counter.driver.kick_drawer(5) == PrintOutcome(PrintResult.DONE_UNCONFIRMED)
    assert counter.print() == PrintOutcome(PrintResult.DONE)
    assert counter.do("status")["drawer_pulses"] == {"2": 0, "5": 1}


@pytest.mark.parametrize(
    "half", [b"\xb4", b"\x1b", b"\x1d\x21", b"\x1d\x28\x6b\x60\x00\x31\x50\x30S 33", b"\x1d\x6b\x49\x80{C"]
)
def test_what_a_killed_program_told_it_half_spoils_no_slip(tmp_path, half):
    with at_counter(tmp_path) as counter:
        line = SerialLine(str(tmp_path / "tty"))
        line.open()
        line.write(half)
        line.close()
        assert counter.print().result is PrintResult.DONE
        assert counter.print(b"0002").result is PrintResult.DONE
        first, second = until(lambda: (found := counter.slips())[1:] and found)
        assert first["lines"][-len(second["lines"]) :] == second["lines"]
        assert (first["qr"], first["barcodes"][-1:]) == (second["qr"], second["barcodes"])
