"""`station-pos device-test`: each device in plain words, over real lines, with an exit code that a script can trust."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner

from station_pos import text
from station_pos.__main__ import cli
from station_pos.config import Settings, read_settings, write_settings
from station_pos.devices.serial_line import SerialLine
from station_pos.text import Language
from tests.outside.processes import control, running, until

NUMBER = "11010519491231002X"
BAUD = 115_200


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("c")
    with (
        running(
            *("printer_simulator", "--baud", BAUD, "--no-png", "--link", folder / "printer"),
            *("--control", folder / "pctl", "--paper", folder / "paper"),
        ),
        running("scanner_simulator", "--link", folder / "scanner", "--control", folder / "sctl"),
        running("zvt_terminal", "--link", folder / "terminal", "--control", folder / "tctl"),
        running("id_reader_simulator", "--link", folder / "card", "--control", folder / "ictl"),
    ):
        yield folder


@pytest.fixture(autouse=True)
def in_chinese():
    text.choose(Language.ZH)
    yield
    text.choose(Language.ZH)


@pytest.fixture
def data(counter, tmp_path):
    for name in ("sctl", "ictl"):
        control(counter / name, cmd="plug")
    control(counter / "ictl", cmd="remove")
    control(counter / "ictl", cmd="mute", on=False)
    control(counter / "pctl", cmd="paper_in")
    control(counter / "pctl", cmd="mute", on=False)
    everything = Settings(
        printer=str(counter / "printer"),
        printer_baud=BAUD,
        drawer_pin=2,
        card_terminal=str(counter / "terminal"),
        scanner=str(counter / "scanner"),
        id_reader=str(counter / "card"),
    )
    write_settings(tmp_path, everything)
    return tmp_path


def run(data, *arguments):
    return CliRunner().invoke(cli, ["device-test", "--data", str(data), *arguments])


def devices(data, *arguments):
    said = run(data, "--json", *arguments)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    answer = json.loads(said.stdout)
    assert said.exit_code == (0 if answer["good"] else 1)
    return {device["device"]: device for device in answer["devices"]}


def with_a_hand(act, work):
    """Do something over and over while the command runs: when it begins to look, only it knows."""
    done = threading.Event()

    def go_on():
        while not done.wait(0.1):
            act()

    hand = threading.Thread(target=go_on)
    hand.start()
    try:
        return work()
    finally:
        done.set()
        hand.join()


def test_all_is_well_in_both_languages(data):
    said = run(data)
    assert said.exit_code == 0
    assert said.stdout.count("结果: 好") == 4
    assert "回来: 联机, 盖子合好, 有纸" in said.stdout
    assert "结果: 没有试" in said.stdout, "the drawer stays shut unless asked for"
    text.choose(Language.EN)
    said = run(data)
    assert said.exit_code == 0
    assert "Came back: online, cover shut, paper in" in said.stdout
    assert not any("一" <= character <= "鿿" for character in said.stdout)


def test_a_page_a_pulse_a_code_and_a_card(counter, data):
    before = control(counter / "pctl", cmd="status")["drawer_pulses"]["2"]
    control(counter / "ictl", cmd="card", name="张三", number=NUMBER)

    found = with_a_hand(
        lambda: control(counter / "sctl", cmd="scan", code="0081234567", prefix="]C1"),
        lambda: devices(data, "--print", "--open-drawer", "--wait-s", "60"),
    )
    assert {name: one["result"] for name, one in found.items()} == dict.fromkeys(
        ("printer", "drawer", "card_terminal", "scanner", "id_reader"), "good"
    )
    assert found["printer"]["answer"] == "打印机确认打完了"
    until(lambda: "这是试验纸" in "".join(file.read_text("utf-8") for file in (counter / "paper").glob("*.txt")))
    assert control(counter / "pctl", cmd="status")["drawer_pulses"]["2"] == before + 1
    assert "0081234567 (种类 C1)" in found["scanner"]["answer"]
    assert "*三 1***************2X" in found["id_reader"]["answer"]
    assert NUMBER not in json.dumps(found)


def test_each_trouble_is_named_with_what_to_do(counter, data):
    control(counter / "pctl", cmd="paper_out")
    control(counter / "ictl", cmd="mute", on=True)
    control(counter / "sctl", cmd="pull")
    found = devices(data)
    assert found["printer"]["result"] == "bad"
    assert "没纸" in found["printer"]["answer"]
    assert found["printer"]["todo"] == "装纸"
    assert found["scanner"]["result"] == "bad"
    assert "没有找到" in found["scanner"]["answer"]
    assert "改设定 scanner" in found["scanner"]["todo"]
    assert "没有回应" in found["id_reader"]["answer"]
    assert "id_reader_baud, 现在 115200" in found["id_reader"]["todo"]


def test_a_terminal_whose_driver_is_not_there_or_that_is_not_there_itself(counter, data):
    settings = read_settings(data)
    write_settings(data, replace(settings, card_terminal_driver="mis"))
    found = devices(data)["card_terminal"]
    assert found["result"] == "bad"
    assert "'mis' is not installed; there are: transbank, zvt" in found["answer"]
    write_settings(data, replace(settings, card_terminal=str(counter / "gone")))
    found = devices(data)["card_terminal"]
    assert found["answer"].startswith("没有找到刷卡机线路")
    assert "改设定 card_terminal" in found["todo"]


def test_a_silent_printer_is_told_from_one_that_is_not_there(counter, data):
    control(counter / "pctl", cmd="mute", on=True)
    found = devices(data, "--print", "--open-drawer")
    assert found["printer"]["answer"] == "没有回应"
    assert "printer_baud, 现在 115200" in found["printer"]["todo"]
    assert found["drawer"]["result"] == "bad"


def test_another_program_on_the_line_is_named(counter, data):
    other = SerialLine(str(counter / "scanner"), lock_folder=data / "lines")
    other.open()
    try:
        found = devices(data)
    finally:
        other.close()
    assert found["scanner"]["result"] == "bad"
    assert "被另一个程序占用 (PID " in found["scanner"]["answer"]
    assert "关掉那个程序" in found["scanner"]["todo"]


def test_garbage_and_silence_from_the_scanner(counter, data):
    found = devices(data, "--wait-s", "0.3")
    assert found["scanner"]["answer"] == "什么都没来"
    control(counter / "ictl", cmd="card", name="张三", number=NUMBER)
    found = with_a_hand(
        lambda: control(counter / "sctl", cmd="raw", hex="00fe31ff80810d"), lambda: devices(data, "--wait-s", "5")
    )
    assert found["scanner"]["answer"] == "来了字, 但读不懂"
    assert "试 9600" in found["scanner"]["todo"]
    assert "也开着这条线" in found["scanner"]["todo"], "the simulator holds its own end, as another program would"


def test_no_device_at_all(tmp_path):
    said = run(tmp_path)
    assert said.exit_code == 0
    assert "没有串口设备" in said.stdout


def test_help_shows_an_example():
    said = CliRunner().invoke(cli, ["device-test", "--help"])
    assert "Example: station-pos device-test --print --wait-s 20" in said.stdout
