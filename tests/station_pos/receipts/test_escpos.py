"""Bytes for the printer: read back by a small reader of their own, and held against python-escpos."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.receipts.escpos import (
    CUT,
    START,
    Note,
    PrinterProfile,
    drawer_kick,
    encode,
    encode_noted,
    in_font,
    job_marker,
)
from station_pos.receipts.paper import Barcode, Cut, Feed, Pair, Paper, Qr, Rule, Text, printable, to_text, wrap
from tests.station_pos.receipts.test_paper import any_text, papers

if TYPE_CHECKING:
    from escpos.printer import Dummy

GOLDEN = Path(__file__).parents[2] / "golden" / "paper"
PLAIN = PrinterProfile("plain")
RECEIPT = Paper(
    (
        Text("代收费收据", "centre", (2, 2), bold=True),
        Pair("收据号", "330127-0042-000117"),
        Pair("收费单位", "县供电公司"),
        Pair("户号", "1100234567"),
        Pair("户名", "张*"),
        Rule(),
        Text("￥72.60", "right", (2, 2)),
        Text("人民币柒拾贰元陆角"),
        Rule(),
        Text("凭此收据到邮政网点补打发票"),
        Qr("S 330127-0042 117 9f3a5c7e01b2d4f6"),
        Barcode("330127004200000117"),
        Feed(2),
        Cut(),
    )
)

COMMANDS = re.compile(
    rb"\x1b\x40|\x1c\x26|\x1b\x39\x00|\x1b[\x61\x45\x64].|\x1d\x21.|\x1d\x56\x42\x00|\x1d[\x68\x77\x48].", re.DOTALL
)


def text_runs(data: bytes) -> list[bytes]:
    """What remains between commands, line by line, with symbols and pictures skipped by their stated length."""
    kept, at = bytearray(), 0
    while at < len(data):
        if data.startswith(b"\x1d\x28\x6b", at):
            at += 5 + struct.unpack_from("<H", data, at + 3)[0]
        elif data.startswith(b"\x1d\x6b\x49", at):
            at += 4 + data[at + 3]
        elif data.startswith(b"\x1d\x76\x30\x00", at):
            width, height = struct.unpack_from("<HH", data, at + 4)
            at += 8 + width * height
            kept += b"#\n"
        elif command := COMMANDS.match(data, at):
            at = command.end()
        else:
            kept.append(data[at])
            at += 1
    return bytes(kept).split(b"\n")[:-1]


def checkered(text: str) -> list[bytes]:
    """A glyph source: 24 rows, 12 dots a column, dots that spell real-time commands where they can."""
    row = (b"\x10\x14\x01" * len(text.encode("gb18030")))[: -(-sum(1 if c.isascii() else 2 for c in text) * 12 // 8)]
    return [row] * 24


class TestText:
    @given(any_text, st.integers(1, 4))
    def test_its_bytes_read_as_gb18030_are_the_text(self, text, width):
        paper = Paper((Text(text, size=(width, 1)),))
        encoded = encode_noted(paper, PLAIN)
        expected = list(wrap(printable(text), 32 // width))
        for note in encoded.notes:
            expected = [line.replace(note.text, "〓") for line in expected]
        assert [run.decode("gb18030") for run in text_runs(encoded.data)] == expected

    @given(papers)
    def test_every_line_is_as_many_bytes_as_columns_and_holds_no_control(self, paper):
        for run in text_runs(encode(paper, PLAIN)):
            assert len(run) <= paper.columns
            assert min(run, default=0x20) >= 0x20

    @given(papers, st.booleans())
    def test_no_slip_can_open_the_drawer_or_give_a_real_time_command(self, paper, gbk_only):
        data = encode(paper, PrinterProfile("p", gbk_only=gbk_only, glyphs=checkered))
        assert not re.search(rb"\x10[\x04\x05\x14]", data)
        assert b"\x1bp" not in b"".join(text_runs(data))

    def test_a_name_with_an_escape_sequence_prints_its_letters(self):
        assert encode(Paper((Text("\x1bp\x00张三"),)), PLAIN) == START + "p张三\n".encode("gb18030")

    def test_chinese_mode_comes_first_and_a_profile_may_choose_its_font(self):
        assert encode(Paper(()), PLAIN) == b"\x1b@\x1c&"
        assert encode(Paper(()), PrinterProfile("domestic", needs_esc9=True)) == b"\x1b@\x1c&\x1b9\x00"


class TestRareCharacters:
    @pytest.mark.parametrize(
        ("character", "anywhere", "in_gbk"), [("堃", 1, 1), ("䶮", 1, 0), ("€", 1, 0), ("𠮷", 0, 0)]
    )
    def test_the_font_is_known(self, character, anywhere, in_gbk):
        assert in_font(character, gbk_only=False) == bool(anywhere)
        assert in_font(character, gbk_only=True) == bool(in_gbk)

    def test_without_glyphs_the_line_prints_with_a_mark_and_is_noted(self):
        encoded = encode_noted(Paper((Rule(), Pair("户名", "李𠮷四"))), PLAIN)
        assert encoded.data.endswith(f"户名{' ' * 22}李〓四\n".encode("gb18030"))
        assert encoded.notes == (Note(1, "character_substituted", "𠮷"),)

    def test_with_glyphs_only_that_line_is_drawn(self):
        profile = PrinterProfile("p", glyphs=lambda text: [bytes([row]) * (len(text) * 3) for row in range(24)])
        encoded = encode_noted(Paper((Text("张三"), Text("李𠮷"))), profile)
        rows = b"".join(bytes([row]) * 6 for row in range(24))
        assert encoded.data == START + "张三\n".encode("gb18030") + b"\x1dv0\x00\x06\x00\x18\x00" + rows
        assert encoded.notes == ()

    def test_a_drawn_line_is_enlarged_dot_by_dot(self):
        profile = PrinterProfile("p", glyphs=lambda _text: [b"\xa0\x00\x01"])
        data = encode(Paper((Text("𠮷", size=(2, 2)),)), profile)
        assert b"\x1dv0\x00\x06\x00\x02\x00" + b"\xcc\x00\x00\x00\x00\x03" * 2 in data

    @pytest.mark.parametrize("rows", [[], [b""], [b"\x01\x02\x03", b"\x01"], [b"\x01"]])
    def test_a_broken_picture_costs_one_character_and_not_the_line(self, rows):
        encoded = encode_noted(Paper((Text("李𠮷"),)), PrinterProfile("p", glyphs=lambda _text: rows))
        assert encoded.data == START + "李〓\n".encode("gb18030")
        assert len(encoded.notes) == 1


def dummy() -> Dummy:
    from escpos.printer import Dummy  # reads the capabilities of all its printers: not for a worker that needs none

    return Dummy()


class TestAgainstPythonEscpos:
    @pytest.fixture
    def oracle(self):
        return dummy()

    @given(st.text("ab:/?=1电费", min_size=1, max_size=100))
    def test_qr(self, data):
        oracle = dummy()
        ours = encode(Paper((Qr(data),)), PLAIN).removeprefix(START + b"\x1ba\x01").removesuffix(b"\x1ba\x00")
        oracle.qr(data, native=True, size=ours[16], ec=1)
        assert ours == oracle.output
        assert 3 <= ours[16] <= 6

    @pytest.mark.parametrize(
        ("data", "spelled"),
        [
            ("330127", b"{C\x21\x01\x1b"),
            ("A{B", b"{BA{{B"),
            ("SP001234", b"{BSP{C\x00\x0c\x22"),
            ("SP01234", b"{BSP0{C\x0c\x22"),
            ("1605", b"{B1605"),  # 10h 05h would be a real-time command
        ],
    )
    def test_code_128(self, oracle, data, spelled):
        ours = encode(Paper((Barcode(data),)), PLAIN)
        oracle.barcode(spelled.decode("ascii"), "CODE128", function_type="B", width=3, align_ct=False, check=False)
        # The oracle also names the font of the digits below, for which a printer has its default.
        assert ours == START + b"\x1ba\x01" + oracle.output.replace(b"\x1df\x00", b"") + b"\x1ba\x00"

    def test_cut_and_feed(self, oracle):
        oracle.print_and_feed(3)
        oracle.cut(mode="PART", feed=False)
        assert encode(Paper((Feed(3), Cut())), PLAIN) == START + oracle.output

    @pytest.mark.parametrize("pin", [2, 5])
    def test_drawer_pulse(self, oracle, pin):
        oracle.cashdraw([0x1B, 0x70, {2: 0, 5: 1}[pin], 0x19, 0xFA])
        assert drawer_kick(pin) == oracle.output

    def test_look_of_a_line(self, oracle):
        oracle.set(align="center", bold=True, custom_size=True, width=2, height=3)
        theirs = {oracle.output[at : at + 3] for at in range(0, len(oracle.output), 3)}
        ours = encode(Paper((Text("x", "centre", (2, 3), bold=True),)), PLAIN).removeprefix(START)
        assert {ours[at : at + 3] for at in range(0, 9, 3)} == theirs
        assert ours[9:] == b"x\n\x1bE\x00\x1d!\x00\x1ba\x00"

    def test_picture(self, oracle):
        from PIL import Image

        picture = Image.frombytes("1", (24, 2), b"\xf0\x0f\x01\x00\xff\x80")
        oracle.image(Image.eval(picture.convert("L"), lambda level: 255 - level))
        ours = encode(Paper((Text("𠮷"),)), PrinterProfile("p", glyphs=lambda _t: [b"\xf0\x0f\x01", b"\x00\xff\x80"]))
        assert ours == START + oracle.output


class TestSymbols:
    def test_a_barcode_too_wide_for_the_paper_prints_as_text_and_is_noted(self):
        data = "ABCDEFGHIJKLMNOPQRSTUVWX"
        encoded = encode_noted(Paper((Barcode(data),)), PLAIN)
        assert text_runs(encoded.data) == [data.encode()]
        assert encoded.notes == (Note(0, "barcode_as_text", data),)

    def test_a_long_qr_gets_smaller_modules_so_that_it_fits(self):
        assert b"\x1d(k\x03\x001C\x02" in encode(Paper((Qr("x" * 2000),)), PLAIN)


class TestJobMarker:
    def test_each_kind(self):
        assert job_marker("process_id", b"0042") == b"\x1d(H\x06\x0000" + b"0042"
        assert job_marker("gs_r", b"0042") == b"\x1dr\x01"
        assert job_marker("none", b"0042") == b""

    @pytest.mark.parametrize("tag", [b"", b"123", b"12345", b"12\x004", b"\xc8\xa1\xbf\xee"])
    def test_a_wrong_tag_is_refused(self, tag):
        with pytest.raises(ValueError, match="4 printable"):
            job_marker("none", tag)


def test_one_whole_receipt_is_pinned_byte_for_byte_and_line_for_line():
    assert encode(RECEIPT, PLAIN).hex(" ", 16).replace(" ", "\n") + "\n" == (GOLDEN / "receipt_32.hex").read_text(
        "ascii"
    )
    assert to_text(RECEIPT) == (GOLDEN / "receipt_32.txt").read_text("utf-8")
    assert encode(RECEIPT, PLAIN).endswith(CUT)
