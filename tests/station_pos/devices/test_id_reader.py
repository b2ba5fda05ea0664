"""The ID card driver against a SAM-V reader on a real pseudo-terminal."""

from __future__ import annotations

from datetime import date

import pytest

from station_pos.devices.id_reader import IdReaderTimes, SamVReader
from station_pos.devices.ports import LineError, LineFault
from station_pos.devices.sam_v import IdReadError, IdTrouble
from station_pos.devices.serial_line import SerialLine
from tests.outside.processes import control, running

TODAY = date(2026, 11, 25)
NUMBER = "11010519491231002X"
PATIENT = IdReaderTimes(answer_s=30.0, card_s=30.0)


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("id")
    with running("id_reader_simulator", "--link", folder / "tty", "--control", folder / "ctl"):
        yield folder


@pytest.fixture
def tell(module_folder):
    def send(cmd, **more):
        return control(module_folder / "ctl", cmd=cmd, **more)

    send("plug")
    send("mute", on=False)
    send("remove")
    return send


@pytest.fixture
def reader(module_folder, tell):  # noqa: ARG001  the simulator is put right first
    line = SerialLine(str(module_folder / "tty"), private=True)
    made = SamVReader(line, lambda: TODAY, PATIENT)
    yield made
    made.close()


def trouble_of(action) -> IdTrouble:
    with pytest.raises(IdReadError) as caught:
        action()
    assert NUMBER not in str(caught.value)
    return caught.value.trouble


def test_a_card_is_found_selected_and_read(reader, tell):
    reader.check()
    assert reader.read_card() is None
    tell("card", name="张三", number=NUMBER)
    card = reader.read_card()
    assert (card.name, card.resident_id.number) == ("张三", NUMBER)
    assert reader.read_card() == card, "each reading finds and selects again"
    tell("remove")
    assert reader.read_card() is None


def test_a_number_that_fails_its_check_does_not_leave_the_driver(reader, tell):
    tell("card", name="张三", number="110105194912310021")
    assert trouble_of(reader.read_card) is IdTrouble.NUMBER_WRONG


def test_a_permit_asks_for_the_keyboard(reader, tell):
    tell("permit")
    assert trouble_of(reader.read_card) is IdTrouble.FOREIGN_PERMIT


@pytest.mark.parametrize(
    ("at", "sw3", "trouble"),
    [
        ("select", 0x81, IdTrouble.NOT_SELECTED),
        ("read", 0x31, IdTrouble.NOT_AUTHENTIC),
        ("read", 0x41, IdTrouble.NOT_READ),
        ("find", 0x66, IdTrouble.NOT_AUTHORISED),
    ],
)
def test_a_refusal_is_named_and_the_next_reading_works(reader, tell, at, sw3, trouble):
    tell("card", name="张三", number=NUMBER)
    tell("fail", at=at, sw3=sw3)
    assert trouble_of(reader.read_card) is trouble
    assert reader.read_card().name == "张三"


def test_a_garbled_answer_is_no_card_and_the_next_reading_works(reader, tell):
    tell("card", name="张三", number=NUMBER)
    tell("garble")
    assert trouble_of(reader.read_card) is IdTrouble.GARBLED
    assert reader.read_card().name == "张三"


def test_bytes_that_nobody_asked_for_do_not_disturb(reader, tell):
    tell("card", name="张三", number=NUMBER)
    tell("noise", text="\x00\xaa\xaa\xaa\x96\x69\x05")
    assert reader.read_card().name == "张三"


def test_silence_is_said_in_finite_time(module_folder, tell):
    tell("mute")
    reader = SamVReader(SerialLine(str(module_folder / "tty"), private=True), lambda: TODAY, IdReaderTimes(0.1, 0.1))
    assert trouble_of(reader.check) is IdTrouble.NO_ANSWER
    reader.close()


def test_a_pulled_cable_is_lost_and_the_reader_works_again_once_it_is_back(reader, tell):
    tell("card", name="张三", number=NUMBER)
    reader.check()
    tell("pull")
    for fault in (LineFault.LOST, LineFault.MISSING):
        with pytest.raises(LineError) as caught:
            reader.read_card()
        assert caught.value.fault is fault
    tell("plug")
    assert reader.read_card().name == "张三"


def test_a_line_that_writes_a_protocol_of_its_bytes_is_refused(module_folder):
    for url in (f"spy://{module_folder}/tty?file={module_folder}/leak", f"SPY://{module_folder}/tty"):
        with pytest.raises(LineError) as caught:
            SerialLine(url, private=True).open()
        assert caught.value.fault is LineFault.UNUSABLE
        assert "spy://" in caught.value.words("en")
    assert not (module_folder / "leak").exists()
