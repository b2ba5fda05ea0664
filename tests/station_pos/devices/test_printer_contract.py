"""The driver against the printer simulator, an outside party in a process of its own."""

from __future__ import annotations

import json

import pytest

from station_pos.devices.ports import Condition, PrintOutcome, PrintResult, PrintStage, describe
from station_pos.devices.printer import EscposPrinter, PrinterTimes
from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile, encode
from station_pos.receipts.paper import Barcode, Cut, Pair, Paper, Qr, Rule, Text
from tests.outside.processes import control, running, until
from tests.station_pos.devices.told_time import ToldLine, ToldTime

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
    """A driver, the simulator at the other end, and what has come into its paper tray since."""

    def __init__(self, folder, marker):
        self.folder = folder
        self.profile = PrinterProfile("p", job_marker=marker, baud=BAUD)
        for calm in ("power_cycle", "paper_in", "cover_close", "online"):
            self.do(calm)
        for switch in ("mute", "near_end"):
            self.do(switch, on=False)
        self.before = self.do("status")
        self.told = ToldTime(self.do)
        line = ToldLine(SerialLine(str(folder / "tty"), lock_folder=folder), self.told)
        self.driver = EscposPrinter(line, self.profile, TIMES, clock=self.told.clock)

    def do(self, cmd, **more):
        return control(self.folder / "sock", cmd=cmd, **more)

    def print(self, tag=b"0001", **more):
        return self.driver.print_job(encode(SLIP, self.profile), tag, **more)

    def receipts(self):
        return self.do("status")["receipts"] - self.before["receipts"]

    def pulses(self):
        pulses = self.do("status")["drawer_pulses"]
        return {pin: pulses[pin] - self.before["drawer_pulses"][pin] for pin in pulses}

    def slips(self):
        """The slips that were cut, once all of them lie in the tray."""
        until(lambda: len(list((self.folder / "paper").glob("*.json"))) == self.do("status")["receipts"])
        whole = sorted((self.folder / "paper").glob("*.json"))[self.before["receipts"] :]
        return [json.loads(path.read_text("utf-8")) for path in whole]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    folder = tmp_path_factory.mktemp("printer")
    places = ("--link", folder / "tty", "--control", folder / "sock", "--paper", folder / "paper")
    with running("printer_simulator", "--baud", BAUD, "--no-png", "--told-time", *places):
        yield folder


@pytest.fixture
def counter_with(simulator):
    made = []

    def make(marker):
        made.append(Counter(simulator, marker))
        return made[-1]

    yield make
    for counter in made:
        counter.driver.close()


@pytest.fixture
def counter(counter_with):
    return counter_with("process_id")


@pytest.mark.parametrize(
    ("marker", "result"),
    [("process_id", PrintResult.DONE), ("gs_r", PrintResult.DONE_UNCONFIRMED), ("none", PrintResult.DONE_UNCONFIRMED)],
)
def test_a_slip_lies_in_the_tray_as_composed(counter_with, marker, result):
    counter = counter_with(marker)
    assert counter.print() == PrintOutcome(result)
    [slip] = counter.slips()
    text = max((counter.folder / "paper").glob("*.txt")).read_text("utf-8")
    assert "代收费收据" in text
    assert "第19行                   ￥19.00" in text
    assert "S 330127-0042 117 9f3a5c7e01b2d4f6" in json.dumps(slip, ensure_ascii=False)
    assert "330127004200000117" in json.dumps(slip, ensure_ascii=False)
    assert counter.pulses() == {"2": 0, "5": 0}


def test_paper_out_in_the_middle_and_a_new_roll_give_one_slip(counter):
    counter.do("paper_out", after_lines=8)

    def new_roll(condition):
        if condition is Condition.PAPER_OUT:
            counter.told.later(0.5, lambda: counter.do("paper_in"))

    assert counter.print(on_condition=new_roll) == PrintOutcome(PrintResult.DONE)
    assert counter.receipts() == 1


def test_an_offline_printer_gets_nothing_and_prints_once_back_online(counter):
    counter.do("offline")
    assert counter.print() == PrintOutcome(PrintResult.NOT_STARTED, Condition.OFFLINE)
    counter.do("online")
    assert counter.print() == PrintOutcome(PrintResult.DONE)
    assert counter.receipts() == 1


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
    assert counter.receipts() == 0
    assert counter.print(b"0002") == PrintOutcome(PrintResult.DONE)


def test_a_printer_that_goes_mute_in_the_middle_is_doubtful(counter):
    def mute(stage):
        if stage is PrintStage.SENDING:
            counter.do("mute")

    assert counter.print(on_state=mute) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NO_ANSWER)


def test_the_drawer_opens_once_and_no_slip_opens_it(counter):
    assert counter.driver.kick_drawer(5) == PrintOutcome(PrintResult.DONE_UNCONFIRMED)
    assert counter.print() == PrintOutcome(PrintResult.DONE)
    assert counter.pulses() == {"2": 0, "5": 1}


@pytest.mark.parametrize(
    "half", [b"\xb4", b"\x1b", b"\x1d\x21", b"\x1d\x28\x6b\x60\x00\x31\x50\x30S 33", b"\x1d\x6b\x49\x80{C"]
)
def test_what_a_killed_program_told_it_half_spoils_no_slip(counter, half):
    line = SerialLine(str(counter.folder / "tty"))
    line.open()
    line.write(half)
    line.close()
    had = counter.before["received_bytes"]
    until(lambda: counter.told.let_pass(0.05) and counter.do("status")["received_bytes"] == had + len(half))
    assert counter.print().result is PrintResult.DONE
    assert counter.print(b"0002").result is PrintResult.DONE
    first, second = counter.slips()
    assert first["lines"][-len(second["lines"]) :] == second["lines"]
    assert (first["qr"], first["barcodes"][-1:]) == (second["qr"], second["barcodes"])
