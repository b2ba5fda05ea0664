"""Devices on real lines, each in its thread: read, pulled out, plugged in again, taken by another program."""

from __future__ import annotations

import contextlib
from concurrent.futures import CancelledError
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from station_journal.records import Equipment, OutageClosed, OutageOpened
from station_pos.commands.orders import OpenOutage
from station_pos.counter import DeviceState, ScannedCode
from station_pos.devices.id_reader import SamVReader
from station_pos.devices.serial_line import SerialLine
from station_pos.queries import Queries
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.card_steps import CardTimes
from station_pos.workers.card_turn import CardTurn
from station_pos.workers.device_watch import DeviceWatch
from station_pos.workers.id_reading import IdReaderTurn
from station_pos.workers.scanning import ScannerTurn
from tests.outside.processes import control, running
from tests.station_pos.devices.card_benches import zvt_bench
from tests.station_pos.headless import until
from tests.station_pos.register.test_register import facts
from tests.station_pos.world import World

if TYPE_CHECKING:
    from station_pos.devices.id_reader import IdReaderTimes

NUMBER = "11010519491231002X"
QUICK_S = (0.05, 0.1)


class Device:
    def __init__(self, folder, watch, codes, turn):
        self.folder, self.watch, self.codes, self.turn = folder, watch, codes, turn

    def tell(self, cmd, **more):
        return control(self.folder / "ctl", cmd=cmd, **more)

    def is_now(self, state):
        until(lambda: self.watch.row.state is state)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


@pytest.fixture(scope="module")
def scanner_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    with running("scanner_simulator", "--link", folder / "tty", "--control", folder / "ctl"):
        yield folder


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    with running("id_reader_simulator", "--link", folder / "tty", "--control", folder / "ctl"):
        yield folder


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with zvt_bench(tmp_path_factory.mktemp("zvt")) as made:
        yield made


@contextlib.contextmanager
def watched(world, folder, equipment, line, turn, codes=()):
    device = Device(
        folder, DeviceWatch(equipment, turn, line.close, world.register.execute, back_off_s=QUICK_S), codes, turn
    )
    device.tell("plug")
    device.watch.start()
    try:
        yield device
    finally:
        device.watch.stop()


@pytest.fixture
def scanner(world, scanner_folder):
    line, codes = (
        SerialLine(str(scanner_folder / "tty"), lock_folder=world.database.folder / "lines"),
        list[ScannedCode](),
    )
    turn = ScannerTurn(line, codes.append)
    with watched(world, scanner_folder, Equipment.SCANNER, line, turn, codes) as device:
        yield device


@pytest.fixture
def reader(world, reader_folder):
    line = SerialLine(str(reader_folder / "tty"), private=True)
    times = SimpleNamespace(answer_s=30.0, card_s=30.0)
    driver = SamVReader(line, lambda: date(2026, 11, 25), cast("IdReaderTimes", times))
    turn = IdReaderTurn(driver, poll_s=0.02)
    control(reader_folder / "ctl", cmd="remove")
    control(reader_folder / "ctl", cmd="mute", on=False)
    with watched(world, reader_folder, Equipment.ID_READER, line, turn) as device:
        device.times = times
        yield device


def outages(world):
    return [fact for fact in facts(world) if isinstance(fact, OutageOpened | OutageClosed)]


class TestScanner:
    def test_codes_come_in_order_and_whole(self, scanner):
        scanner.is_now(DeviceState.READY)
        scanner.tell("scan", code="0081234567")
        scanner.tell("scan", code="20010007", suffix="crlf", prefix="]C1")
        scanner.tell("scan", code="取件 12", suffix="none", encoding="gb18030")
        until(lambda: len(scanner.codes) == 3)
        scanner.tell("raw", hex="00817f3132333435360d")
        until(lambda: len(scanner.codes) == 4)
        assert scanner.codes == [
            ScannedCode("0081234567"),
            ScannedCode("20010007", "C1"),
            ScannedCode("取件 12"),
            ScannedCode("", readable=False),
        ]

    def test_pulled_out_it_is_said_and_recorded_and_plugged_in_it_reads_on(self, world, scanner):
        scanner.is_now(DeviceState.READY)
        scanner.tell("pull")
        scanner.is_now(DeviceState.OFFLINE)
        until(lambda: outages(world))
        scanner.tell("plug")
        scanner.is_now(DeviceState.READY)
        until(lambda: len(outages(world)) == 2)
        opened, closed = outages(world)
        assert opened == OutageOpened(Equipment.SCANNER)
        assert isinstance(closed, OutageClosed)
        assert closed.equipment is Equipment.SCANNER
        assert facts(world)[closed.opened_seq - 1] == opened
        scanner.tell("scan", code="0081234567")
        until(lambda: scanner.codes == [ScannedCode("0081234567")])

    def test_a_loose_contact_is_no_outage(self, world, scanner):
        scanner.is_now(DeviceState.READY)
        scanner.tell("pull")
        scanner.tell("plug")
        scanner.tell("scan", code="1")
        until(lambda: (scanner.tell("scan", code="20010007"), ScannedCode("20010007") in scanner.codes)[1])
        assert outages(world) == []

    def test_an_outage_left_open_by_an_earlier_run_is_closed(self, world, scanner_folder):
        world.accepted(OpenOutage(Equipment.SCANNER))
        line = SerialLine(str(scanner_folder / "tty"))
        with watched(world, scanner_folder, Equipment.SCANNER, line, ScannerTurn(line, lambda _: None)):
            until(lambda: len(outages(world)) == 2)
        assert isinstance(outages(world)[1], OutageClosed)

    def test_another_program_on_the_line_is_named(self, world, scanner_folder):
        control(scanner_folder / "ctl", cmd="plug")
        other = SerialLine(str(scanner_folder / "tty"), lock_folder=world.database.folder / "lines")
        other.open()
        line = SerialLine(str(scanner_folder / "tty"), lock_folder=world.database.folder / "lines")
        with watched(world, scanner_folder, Equipment.SCANNER, line, ScannerTurn(line, lambda _: None)) as device:
            device.is_now(DeviceState.LINE_BUSY)
            assert "PID " in device.watch.row.sentence[0]
            other.close()
            device.is_now(DeviceState.READY)

    def test_a_screen_that_fails_does_not_silence_it(self, world, scanner_folder, caplog):
        line, codes = SerialLine(str(scanner_folder / "tty")), list[str]()

        def deliver(code):
            codes.append(code.text)
            raise RuntimeError("no screen")

        with watched(world, scanner_folder, Equipment.SCANNER, line, ScannerTurn(line, deliver)) as device:
            device.is_now(DeviceState.READY)
            device.tell("scan", code="0081234567")
            device.tell("scan", code="20010007")
            until(lambda: len(codes) == 2)
        assert caplog.records


class TestIdReader:
    def test_nothing_is_read_until_somebody_asks(self, reader):
        reader.is_now(DeviceState.READY)
        found = reader.tell("card", name="张三", number=NUMBER)["asked"]
        answer = reader.turn.ask(60.0).result(60)
        assert (answer.card.name, answer.card.resident_id.number) == ("张三", NUMBER)
        asked = reader.tell("status")["asked"]
        assert asked["read"] == found["read"] + 1

    def test_it_waits_for_the_card_and_the_time_is_up_in_the_end(self, reader):
        waiting = reader.turn.ask(60.0)
        until(lambda: reader.tell("status")["asked"]["find"] >= 3)
        assert not waiting.done()
        reader.tell("card", name="李四", number="510781188801010019")
        assert waiting.result(60).card.name == "李四"
        reader.tell("remove")
        answer = reader.turn.ask(0.1).result(60)
        assert answer.card is None
        assert "没有读" in answer.problem

    def test_a_card_that_moved_is_tried_again_and_a_bad_one_is_said(self, reader):
        reader.tell("card", name="张三", number=NUMBER)
        reader.tell("fail", at="select", sw3=0x81, times=2)
        assert reader.turn.ask(60.0).result(60).card.name == "张三"
        reader.tell("card", name="张三", number="110105194912310021")
        answer = reader.turn.ask(60.0).result(60)
        assert answer.card is None
        assert "校验不对" in answer.problem
        assert "110105194912310021" not in answer.problem

    def test_giving_up_ends_the_looking(self, reader):
        waiting = reader.turn.ask(60.0)
        waiting.cancel()
        with pytest.raises(CancelledError):
            waiting.result(1)
        reader.tell("card", name="张三", number=NUMBER)
        assert reader.turn.ask(60.0).result(60).card is not None

    def test_away_it_is_said_at_once_and_nobody_waits(self, world, reader):
        reader.is_now(DeviceState.READY)
        waiting = reader.turn.ask(3600.0)
        reader.tell("pull")
        assert "不通" in waiting.result(60).problem
        assert "不通" in reader.turn.ask(3600.0).result(60).problem
        until(lambda: outages(world))
        reader.tell("plug")
        reader.is_now(DeviceState.READY)
        until(lambda: len(outages(world)) == 2)
        assert [fact.equipment for fact in outages(world)] == [Equipment.ID_READER] * 2

    def test_a_silent_one_has_no_answer(self, reader):
        reader.is_now(DeviceState.READY)
        reader.times.answer_s = 0.1
        reader.tell("mute")
        assert "没有回应" in reader.turn.ask(60.0).result(30).problem
        reader.is_now(DeviceState.NO_ANSWER)

    def test_no_log_and_no_file_holds_what_was_on_a_card(self, world, reader, caplog):
        caplog.set_level("DEBUG")
        reader.tell("card", name="张三丰", number=NUMBER)
        reader.turn.ask(60.0).result(60)
        reader.tell("garble")
        reader.turn.ask(60.0).result(60)
        reader.tell("card", name="张三丰", number="110105194912310021")
        reader.turn.ask(60.0).result(60)
        reader.tell("pull")
        reader.turn.ask(60.0).result(60)
        reader.is_now(DeviceState.OFFLINE)
        kept = b"".join(file.read_bytes() for file in world.database.folder.rglob("*") if file.is_file())
        for secret in (NUMBER, NUMBER[6:14], "110105194912310021", "张三丰"):
            assert secret not in caplog.text
            for encoding in ("utf-8", "utf-16-le"):
                assert secret.encode(encoding) not in kept


class TestCardTerminal:
    @pytest.fixture
    def turn(self, world, bench):
        queries = Queries(world.database, world.register.tariffs)
        books = WithdrawalQueries(world.database, queries.view, queries.business_date, world.clock)
        bench.tell("calm")
        return CardTurn(bench.driver, books, world.register.execute, times=CardTimes(check_s=0.1, poll_s=0.02))

    @pytest.fixture
    def watch(self, world, bench, turn):
        made = DeviceWatch(
            Equipment.CARD_TERMINAL, turn, bench.driver.close, world.register.execute, back_off_s=QUICK_S
        )
        made.start()
        yield made
        made.stop()

    def test_pulled_out_it_is_off_on_the_row_and_an_outage_and_plugged_in_again_it_ends(self, world, bench, watch):
        until(lambda: watch.row.state is DeviceState.READY)
        bench.tell("cable", out=True)
        until(lambda: outages(world))
        assert watch.row.state is DeviceState.NO_ANSWER
        bench.tell("cable", out=False)
        until(lambda: watch.row.well)
        until(lambda: len(outages(world)) == 2)
        opened, closed = outages(world)
        assert opened == OutageOpened(Equipment.CARD_TERMINAL)
        assert isinstance(closed, OutageClosed)
        assert facts(world)[closed.opened_seq - 1] == opened

    def test_one_answer_that_is_lost_is_no_outage(self, world, bench, turn):
        assert turn() is DeviceState.READY
        bench.tell("cable", out=True)
        until(lambda: turn() is DeviceState.NO_ANSWER)
        bench.tell("cable", out=False)
        assert turn() is DeviceState.READY, "it is asked again at once, not after the next quarter of a minute"
        assert outages(world) == []
