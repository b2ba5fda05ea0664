"""Labels from the record to the paper: on the receipt printer, or on a printer of their own, each once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from station_journal.facts.parcels import ParcelCondition
from station_journal.records import Equipment, OutageOpened, Side
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.parcel_orders import ReshelveParcel, ScanInParcel
from station_pos.counter import DeviceRow, DeviceState, PrinterState
from station_pos.devices.printer import EscposPrinter
from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile
from station_pos.register import upkeep
from station_pos.store.queues import PrintKind
from station_pos.workers.counter_devices import CounterDevices, Spoolers
from station_pos.workers.spooler import ALL_PAPERS, LABELS_ONLY, SLIPS_ONLY, Spooler
from tests.outside.processes import control, running
from tests.station_pos.headless import until
from tests.station_pos.register.test_register import facts
from tests.station_pos.workers.test_spooler import BAUD, QUICK, printed, sell, squeezed, states
from tests.station_pos.world import CLERK, World

PROFILE = PrinterProfile("test", baud=BAUD)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready(1_000_000)
    yield made
    made.close()


def a_printer(folder):
    return running(
        "printer_simulator", "--baud", BAUD, "--control", folder / "ctl", "--paper", folder / "out", "--no-png"
    )


@pytest.fixture
def receipts(tmp_path):
    folder = tmp_path / "r"
    folder.mkdir()
    with a_printer(folder) as process:
        yield SimpleNamespace(hello=process.hello, folder=folder / "out", control=folder / "ctl")


@pytest.fixture
def labels(tmp_path):
    folder = tmp_path / "l"
    folder.mkdir()
    with a_printer(folder) as process:
        yield SimpleNamespace(hello=process.hello, folder=folder / "out", control=folder / "ctl")


def spooler_on(world, tty, duty):
    made = Spooler(
        world.register, EscposPrinter(SerialLine(tty, baud=BAUD), PROFILE, QUICK), PROFILE, retry_s=0.05, duty=duty
    )
    world.register.subscribe(made.wake)
    made.start()
    return made


def scan_in(world, waybill, code, batch_no=0):
    order = ScanInParcel(CLERK, batch_no, waybill, code, "POST", "*三", "1381234", ParcelCondition.WHOLE)
    return world.accepted(order)


def test_one_printer_prints_slips_and_labels_in_the_order_of_their_records(world, receipts):
    spooler = spooler_on(world, receipts.hello["tty"], ALL_PAPERS)
    try:
        batch = scan_in(world, "9876543210123", "A-01-001").seq
        sell(world)
        scan_in(world, "9876543210124", "A-01-002", batch)
        until(lambda: states(world) == ["done"] * 3)
        until(lambda: len(printed(receipts)) == 3)
        first, second, third = printed(receipts)
        assert "A-01-001" in first
        assert "138******34" in first
        assert "9876543210123" in first
        assert "代收费收据" in squeezed(second)
        assert "A-01-002" in third
    finally:
        spooler.stop()


def test_a_printer_of_their_own_prints_labels_and_is_no_concern_of_the_receipts(world, receipts, labels):
    on_receipts = spooler_on(world, receipts.hello["tty"], SLIPS_ONLY)
    on_labels = spooler_on(world, labels.hello["tty"], LABELS_ONLY)
    devices = CounterDevices(Spoolers(on_receipts, on_labels))
    try:
        until(lambda: devices.rows(world.clock()) == (DeviceRow(Equipment.LABEL_PRINTER, DeviceState.READY),))
        control(labels.control, cmd="paper_out")
        scan_in(world, "9876543210123", "A-01-001")
        sell(world)
        until(lambda: len(printed(receipts)) == 1)
        until(lambda: OutageOpened(Equipment.LABEL_PRINTER) in facts(world))
        until(lambda: devices.rows(world.clock())[0].state is DeviceState.PAPER_OUT)
        assert devices.printer_state() is PrinterState.READY
        assert printed(labels) == []
        control(labels.control, cmd="paper_in")
        until(lambda: len(printed(labels)) == 1)
        assert "A-01-001" in printed(labels)[0]
        assert "代收费收据" in squeezed(printed(receipts)[0])
    finally:
        on_labels.stop()
        on_receipts.stop()


def test_another_place_prints_another_label(world, receipts):
    spooler = spooler_on(world, receipts.hello["tty"], ALL_PAPERS)
    try:
        scan_in(world, "9876543210123", "A-01-001")
        world.accepted(ReshelveParcel(CLERK, "9876543210123", "B-02-003"))
        until(lambda: len(printed(receipts)) == 2)
        assert "B-02-003" in printed(receipts)[1]
        assert "138******34" in printed(receipts)[1]
    finally:
        spooler.stop()


def test_a_doubtful_label_is_printed_again_and_no_copy_is_recorded(world, receipts):
    scan_in(world, "9876543210123", "A-01-001")
    world.register.write(
        lambda connection: connection.exec_driver_sql("UPDATE print_jobs SET state='sending'") and None
    )
    spooler = spooler_on(world, receipts.hello["tty"], ALL_PAPERS)
    try:
        until(lambda: states(world) == ["doubtful"])
        [job] = upkeep.doubtful_jobs(world.register)
        assert job.kind is PrintKind.LABEL
        assert job.title == "货架标签 A-01-001"
        assert job.issued_seq == world.register.head(Side.STATION).seq
        head = world.register.head(Side.STATION)
        asked: list[int] = []

        def issue_copy(of_seq):
            asked.append(of_seq)
            return Refused(Refusal.NOTHING_TO_COPY)

        assert upkeep.settle_doubtful(world.register, issue_copy, job.job_no, came_out=False) is None
        assert asked == []
        spooler.wake()
        until(lambda: states(world) == ["done"])
        assert world.register.head(Side.STATION) == head
        assert len(printed(receipts)) == 1
    finally:
        spooler.stop()


def test_the_second_printer_does_not_doubt_what_the_first_has_in_hand(world, labels):
    sell(world)
    world.register.write(
        lambda connection: connection.exec_driver_sql("UPDATE print_jobs SET state='waiting'") and None
    )
    spooler = spooler_on(world, labels.hello["tty"], LABELS_ONLY)
    try:
        until(lambda: spooler.state is PrinterState.READY)
        assert states(world) == ["waiting"]
    finally:
        spooler.stop()
