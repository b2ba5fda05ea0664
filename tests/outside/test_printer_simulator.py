"""The printer simulator as a driver meets it on a pseudo-terminal, and its paper as a customer would read it."""

from __future__ import annotations

import json
import os
import select
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from barcode.charsets import code128 as oracle  # type: ignore[import-untyped]
from PIL import Image

from station_pos.demo.outside.code128 import WIDTHS, NotPrintableError, module_widths, symbol_values
from tests.outside.processes import Process, control, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket

START = b"\x1b@\x1c&"
CUT = b"\x1dVB\x00"
MARK = b"\x1d(H\x06\x0000"


class Host:
    """The counter's end of the line: plain reads and writes on the terminal."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process, self.folder = process, folder
        self.line = os.open(process.hello["tty"], os.O_RDWR | os.O_NOCTTY)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.line, data) :]

    def read(self, count: int, timeout_s: float = 30.0) -> bytes:
        """Return up to `count` bytes, fewer when the time is over."""
        got, end = b"", time.monotonic() + timeout_s
        while len(got) < count and (left := end - time.monotonic()) > 0:
            if select.select([self.line], [], [], left)[0]:
                got += os.read(self.line, count - len(got))
        return got

    def finish(self, tag: bytes = b"0001") -> None:
        """Wait for the marker of a job that was written completely."""
        self.write(MARK + tag)
        assert self.read(7) == b"\x37\x22" + tag + b"\x00"

    def ask(self, kind: int, timeout_s: float = 30.0) -> int | None:
        self.write(bytes([0x10, 0x04, kind]))
        answer = self.read(1, timeout_s)
        return answer[0] if answer else None

    def control(self, cmd: str, **more: Any) -> dict[str, Any]:
        return control(self.process.hello["control"], cmd=cmd, **more)

    def receipt(self, number: int = 1) -> dict[str, Any]:
        path = self.folder / "paper" / f"{number:04d}.json"
        until(path.exists)
        result: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return result


@contextmanager
def printer(folder: Path, *more: object) -> Iterator[Host]:
    """A printer without pacing and pictures unless asked."""
    arguments = ["--control", folder / "c", "--paper", folder / "paper", *more]
    with running("printer_simulator", *arguments) as process:
        host = Host(process, folder)
        yield host
        os.close(host.line)


FAST = ("--baud", 0, "--no-png")


def gb(text: str) -> bytes:
    return text.encode("gb18030")


def test_chinese_receipt_reads_as_sent_with_sizes_and_alignment(tmp_path: Path) -> None:
    job = START + b"\x1ba\x01\x1d!\x11" + gb("代收费收据") + b"\n\x1d!\x00\x1ba\x00" + gb("户名：张三\n")
    job += b"\x1bE\x01" + gb("金额￥12.30") + b"\x1bE\x00" + gb(" 元") + b"\n\x1ba\x02" + gb("右") + b"\n" + CUT
    with printer(tmp_path, *FAST) as host:
        host.write(job)
        host.finish()
        receipt = host.receipt()
        assert receipt["lines"] == ["代收费收据", "户名：张三", "金额￥12.30 元", "右"]
        assert receipt["magnified"] == ["代收费收据"]
        assert (receipt["unknown_commands"], receipt["replacements"]) == ([], 0)
        assert [item["align"] for item in receipt["items"]] == ["centre", "left", "left", "right"]
        bold = [(run["text"], run["bold"]) for run in receipt["items"][2]["runs"]]
        assert bold == [("金额￥12.30", True), (" 元", False)]
        text = (tmp_path / "paper" / "0001.txt").read_text("utf-8").splitlines()
        assert text == ["[2x2]       代收费收据", "户名：张三", "金额￥12.30 元", " " * 30 + "右", "[partial cut]"]


def test_without_chinese_mode_the_text_is_garbled_as_on_a_real_printer(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.write(b"\x1b@" + gb("取款") + b"\n\x1c&" + gb("取款") + b"\n\x1c." + gb("取款") + b"\n" + CUT)
        garbled = gb("取款").decode("cp437")
        assert host.receipt()["lines"] == [garbled, "取款", garbled]


def test_line_wraps_at_the_paper_edge_and_never_splits_a_character(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.write(START + gb("a" + "中" * 17) + b"\n\x1d!\x10" + gb("双" * 9) + b"\n" + CUT)
        assert host.receipt()["lines"] == ["a" + "中" * 15, "中中", "双" * 8, "双"]


def test_rare_characters_show_as_replacement_and_take_nothing_with_them(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST, "--gbk-only") as host:
        host.write(START + gb("张㐂三\n李") + b"\xfe\x9f" + gb("四\n") + CUT)
        receipt = host.receipt()
        assert receipt["lines"] == ["张\ufffd三", "李\ufffd四"]
        assert receipt["replacements"] == 2


def test_bytes_of_an_independent_encoder_are_understood(tmp_path: Path) -> None:
    from escpos.printer import Dummy  # reads the capabilities of all its printers

    dummy = Dummy()
    dummy._raw(START)  # noqa: SLF001 (its text() hides the Chinese mode)
    dummy._raw(gb("收据 No.0042\n"))  # noqa: SLF001
    dummy.set(bold=True, align="center", custom_size=True, width=2, height=2)
    dummy._raw(gb("￥80.00\n"))  # noqa: SLF001
    dummy.qr("https://example.cn/收据/42", native=True, size=5, center=False)
    dummy.barcode("{BPOS-0042", "CODE128", function_type="B", height=60, width=2, pos="BELOW", align_ct=False)
    picture = Image.new("1", (16, 3), 1)
    picture.putpixel((0, 0), 0)
    picture.putpixel((15, 2), 0)
    dummy.image(picture, impl="bitImageRaster")
    dummy.cashdraw(2)
    dummy.cashdraw(5)
    dummy.cut()
    with printer(tmp_path, *FAST) as host:
        host.write(dummy.output)
        receipt = host.receipt()
        assert receipt["lines"][:2] == ["收据 No.0042", "￥80.00"]
        assert receipt["magnified"] == ["￥80.00"]
        assert receipt["qr"] == ["https://example.cn/收据/42"]
        assert receipt["barcodes"] == ["POS-0042"]
        assert receipt["unknown_commands"] == []
        assert receipt["ended_by"] == "full cut"
        (raster,) = [item for item in receipt["items"] if item["kind"] == "raster"]
        assert (raster["width_dots"], raster["height_dots"], raster["rows"]) == (16, 3, "gAAAAAAB")
        assert host.control("status")["drawer_pulses"] == {"2": 1, "5": 1}


def test_unknown_command_is_noted_and_the_text_after_it_stands(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.write(START + b"\x1b\x7f" + b"A\n\x1d(Z\x02\x00zz" + b"B\n" + CUT)
        receipt = host.receipt()
        assert receipt["lines"] == ["A", "B"]
        assert receipt["unknown_commands"] == ["1b 7f", "1d 28 5a 02 00 7a 7a"]


def test_line_is_paced_by_baud_and_the_marker_comes_when_printed(tmp_path: Path) -> None:
    job = START + (b"0123456789012345678901234567890\n" * 15) + MARK + b"abcd"
    with printer(tmp_path, "--no-png") as host:
        begin = time.monotonic()
        host.write(job)
        written_s = time.monotonic() - begin
        assert host.read(7) == b"\x37\x22abcd\x00"
        took_s = time.monotonic() - begin
    assert written_s < took_s / 2
    assert len(job) / 960 * 0.95 <= took_s


@pytest.mark.parametrize(
    ("commands", "answers"),
    [
        ((), (0x12, 0x12, 0x12, 0x12)),
        (("near_end",), (0x12, 0x12, 0x12, 0x1E)),
        (("paper_out",), (0x1A, 0x32, 0x12, 0x7E)),
        (("paper_out", "paper_in"), (0x12, 0x12, 0x12, 0x12)),
        (("cover_open",), (0x1A, 0x16, 0x12, 0x12)),
        (("offline",), (0x1A, 0x12, 0x12, 0x12)),
        (("jam",), (0x1A, 0x52, 0x1A, 0x12)),
    ],
)
def test_real_time_status_tells_each_state_even_when_offline(
    tmp_path: Path, commands: tuple[str, ...], answers: tuple[int, ...]
) -> None:
    with printer(tmp_path, *FAST) as host:
        for command in commands:
            assert host.control(command)["ok"]
        assert tuple(host.ask(kind) for kind in (1, 2, 3, 4)) == answers


def test_in_order_status_waits_for_the_paper_and_automatic_status_reports_changes(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.write(b"\x1da\xff")
        assert host.read(4) == bytes([0x10, 0, 0, 0])
        host.control("cover_open")
        assert host.read(4) == bytes([0x38, 0, 0, 0])
        host.write(b"\x1dr\x01")
        assert host.read(1, 0.15) == b""
        host.control("near_end")
        assert host.read(4) == bytes([0x38, 0, 3, 0])
        host.control("cover_close")
        assert sorted(host.read(5)) == sorted([0x03, 0x10, 0, 3, 0])


def test_paper_out_in_the_middle_holds_the_job_and_goes_on_after_reload(tmp_path: Path) -> None:
    lines = [f"line {i}" for i in range(8)]
    job = START + b"".join(line.encode() + b"\n" for line in lines) + CUT + MARK + b"wxyz"
    with printer(tmp_path, *FAST) as host:
        host.control("paper_out", after_lines=3)
        host.write(job)
        state = until(lambda: (s := host.control("status"))["buffered_bytes"] and s)
        assert (state["paper"], state["unfinished_lines"]) == ("out", lines[:3])
        assert host.ask(4) == 0x7E
        assert host.read(7, 0.15) == b""
        host.control("paper_in")
        assert host.read(7) == b"\x37\x22wxyz\x00"
        receipt = host.receipt()
        assert receipt["lines"] == lines
        assert [event["event"] for event in receipt["events"]] == ["paper out", "paper in"]
        assert host.control("status")["receipts"] == 1


def test_power_cycle_loses_what_was_held_but_not_what_is_on_paper(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.control("paper_out", after_lines=1)
        host.write(START + b"first\nsecond\nthi")
        until(lambda: host.control("status")["buffered_bytes"] == 10)
        host.control("power_cycle")
        host.control("paper_in")
        assert host.control("status")["buffered_bytes"] == 0
        host.write(START + b"again\n" + CUT)
        receipt = host.receipt()
        assert receipt["lines"] == ["first", "again"]
        assert "power lost" in [event["event"] for event in receipt["events"]]


def test_mute_off_and_swallowing_printers_look_dead_or_lose_bytes(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST) as host:
        host.control("mute")
        assert host.ask(1, 0.15) is None
        host.write(START + b"mute\n")
        until(lambda: host.control("status")["unfinished_lines"] == ["mute"])
        host.control("mute", on=False)
        assert host.ask(1) == 0x12
        host.control("swallow_bytes", n=4)
        host.write(b"abcdef\n")
        until(lambda: host.control("status")["unfinished_lines"] == ["mute", "ef"])
        host.control("power_off")
        assert host.ask(1, 0.15) is None
        host.write(b"lost\n")
        time.sleep(0.05)
        host.control("power_on")
        assert host.ask(1) == 0x12
        host.control("tear")
        receipt = host.receipt()
        assert (receipt["lines"], receipt["ended_by"]) == (["mute", "ef"], "torn off")


def test_full_buffer_stops_the_line_and_clearing_it_by_the_host_recovers(tmp_path: Path) -> None:
    with printer(tmp_path, *FAST, "--xonxoff") as host:
        host.control("jam")
        host.write(b"x" * 5000)
        assert host.read(1) == b"\x13"
        until(lambda: host.control("status")["buffered_bytes"] == 4096)
        until(lambda: host.control("status")["under_way_bytes"] == 5000 - 4096)
        host.control("power_cycle")
        until(lambda: host.control("status")["buffered_bytes"] == 0)
        host.control("jam")
        host.write(b"half a job\n\x10\x05\x02" + START + b"whole\n" + CUT)
        assert host.receipt()["lines"][-1] == "whole"
        assert "half a job" not in host.receipt()["lines"]


def test_numbers_go_on_after_a_restart_and_a_bad_command_is_one_sentence(tmp_path: Path) -> None:
    for number in (1, 2):
        with printer(tmp_path, *FAST) as host:
            assert host.control("explode") == {"ok": False, "error": "no control command 'explode'"}
            assert host.control("swallow_bytes", n="x")["ok"] is False
            host.write(START + b"n\n" + CUT)
            assert host.receipt(number)["number"] == number
    with pytest.raises(AssertionError, match=r"^printer_simulator cannot start: "):
        Process("printer_simulator", "--control", tmp_path / "no" / "c")


def ink(path: Path, box: tuple[int, int, int, int]) -> int:
    """Count the black dots in a part of a picture."""
    with Image.open(path) as picture:
        return picture.crop(box).convert("L").histogram()[0]


@pytest.mark.parametrize(("columns", "dots"), [(32, 384), (48, 576)])
def test_picture_has_the_dots_of_the_paper_and_ink_where_something_was_sent(
    tmp_path: Path, columns: int, dots: int
) -> None:
    job = START + b"\x1d!\x11" + gb("金额￥80.00") + b"\n\x1d!\x00" + b"\x1dv0\x00\x01\x00\x08\x00" + b"\xff" * 8 + CUT
    with printer(tmp_path, "--baud", 0, "--columns", columns) as host:
        host.write(job)
        host.receipt()
    path = tmp_path / "paper" / "0001.png"
    with Image.open(path) as picture:
        assert picture.width == dots
        height = picture.height
    left_half = ink(path, (0, 0, 264, 66))
    assert left_half > 1000
    assert ink(path, (270, 0, dots, height)) == 0
    assert ink(path, (0, height - 12 - 8, 8, height - 12)) == 64


def test_symbols_in_the_picture_are_readable_by_an_independent_reader(tmp_path: Path) -> None:
    from escpos.printer import Dummy  # reads the capabilities of all its printers

    dummy = Dummy()
    dummy._raw(START)  # noqa: SLF001
    for level in range(4):
        dummy.qr(f"收据 {level} https://example.cn/r/510781001", ec=level, native=True, size=4, center=False)
        dummy._raw(b"\x1bJ\x30")  # noqa: SLF001
    for code in ("{BNo.42-a{{", "{C\x05\x0a\x4e"):
        dummy.barcode(code, "CODE128", function_type="B", height=60, width=2, pos="OFF", align_ct=False)
        dummy._raw(b"\x1bJ\x30")  # noqa: SLF001
    dummy.cut()
    with printer(tmp_path, "--baud", 0) as host:
        host.write(dummy.output)
        host.receipt()
    with Image.open(tmp_path / "paper" / "0001.png") as picture:
        read = {symbol.text for symbol in zxingcpp.read_barcodes(picture.convert("L"))}
    assert read == {f"收据 {level} https://example.cn/r/510781001" for level in range(4)} | {"No.42-a{", "051078"}


def test_code128_table_and_values_agree_with_an_independent_library() -> None:
    narrow_wide = ["".join(str(len(run)) for run in _runs(code)) for code in oracle.CODES]
    assert list(WIDTHS[:106]) == narrow_wide[:106]
    assert "".join(str(len(run)) for run in _runs(oracle.STOP + "11")) == WIDTHS[106]
    assert symbol_values(b"{B{{A1") == ((104, 91, 33, 17), "{A1")
    assert symbol_values(b"{C\x0c\x22{BZ") == ((105, 12, 34, 100, 58), "1234Z")
    assert sum(module_widths((104, 33))) == 11 * 3 + 13
    for bad in (b"", b"ABC", b"{B", b"{D123", b"{B{x", b"{C\x64", b"{B\x01"):
        with pytest.raises(NotPrintableError):
            symbol_values(bad)


def _runs(bits: str) -> list[str]:
    return bits.replace("01", "0 1").replace("10", "1 0").split()
