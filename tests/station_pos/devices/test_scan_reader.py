"""Codes of a serial scanner: where one ends, in which characters, and what is never guessed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.devices.scan_reader import CODE_BYTES_MAX, UNREADABLE, Code, ScanReader, read_code

printable = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="]"), min_size=1, max_size=30)


def codes(data: bytes, at_s=10.0) -> list[Code]:
    return ScanReader().feed(data, at_s)


class TestWhereACodeEnds:
    @pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\n\r\n"])
    def test_at_cr_or_lf_and_empty_ones_are_none(self, end):
        assert codes(b"0081234567" + end + b"20010007" + end) == [Code("0081234567"), Code("20010007")]

    def test_or_after_a_tenth_of_a_second_of_silence(self):
        reader = ScanReader()
        assert reader.feed(b"008123", 10.0) == []
        assert reader.quiet(10.09) == []
        assert reader.feed(b"4567", 10.09) == []
        assert reader.quiet(10.2) == [Code("0081234567")]
        assert reader.quiet(11.0) == []
        assert not reader.waiting

    def test_what_comes_after_silence_is_another_code(self):
        reader = ScanReader()
        reader.feed(b"0081234567", 10.0)
        assert reader.feed(b"20010007\r", 10.5) == [Code("0081234567"), Code("20010007")]

    @given(st.lists(printable, min_size=1, max_size=8, unique=True), st.lists(st.integers(1, 20), max_size=40))
    def test_however_the_bytes_are_cut(self, texts, cuts):
        stream = "".join(f"{text}\r\n" for text in texts).encode()
        reader, found, at = ScanReader(), list[Code](), 0
        for number, cut in enumerate([*cuts, len(stream)]):
            found += reader.feed(stream[at : at + cut], 10.0 + number * 0.001)
            at += cut
        assert [code.text for code in found] == texts


class TestCharacters:
    @given(printable)
    def test_utf_8_and_gb18030_are_told_apart(self, text):
        for encoding in ("utf-8", "gb18030"):
            data = text.encode(encoding)
            assert read_code(data) == Code(data.decode("utf-8", "ignore") if _utf8(data) else text)

    def test_a_chinese_code_of_an_old_scanner(self):
        assert codes("取件码 12-3-045\r".encode("gb18030")) == [Code("取件码 12-3-045")]

    def test_what_is_in_neither_is_unreadable(self):
        assert codes(b"\xff\xff\xff\xff\r") == [UNREADABLE]

    @pytest.mark.parametrize("wrapped", [b"\x0269012345\x03\r", b"\0\x0e69012345\x0f\r", b" 69012345\t\r"])
    def test_wrapping_goes(self, wrapped):
        assert codes(wrapped) == [Code("69012345")]

    def test_gs_between_the_fields_of_a_gs1_code_stays(self):
        assert codes(b"]C1011234567890\x1d10ABC\r") == [Code("011234567890\x1d10ABC", "C1")]

    @pytest.mark.parametrize("control", [b"\0", b"\x01", b"\x11", b"\x1b", b"\x7f", b"\xc2\x85"])
    def test_a_control_character_inside_is_never_guessed_away(self, control):
        assert codes(b"0081" + control + b"234567\r0081234568\r") == [UNREADABLE, Code("0081234568")]

    @pytest.mark.parametrize(("prefix", "kind"), [("]C1", "C1"), ("]Q3", "Q3"), ("]d2", "d2"), ("]E0", "E0")])
    def test_an_aim_prefix_is_understood_and_taken_off(self, prefix, kind):
        assert codes(f"{prefix}69012345\r".encode()) == [Code("69012345", kind)]

    def test_a_prefix_with_nothing_behind_it_is_the_code_itself(self):
        assert codes(b"]C1\r") == [Code("]C1")]

    def test_noise_is_said_and_silence_is_not(self):
        assert codes(b"\x01\x10\x7f\x1b\r") == [UNREADABLE]
        assert codes(b"\r \r\x02\x03\r") == []

    @given(st.binary(max_size=60))
    def test_whatever_comes_no_code_holds_a_control_character(self, data):
        for code in codes(data + b"\r"):
            assert not any(ord(c) < 32 and c != "\x1d" for c in code.text)
            assert bool(code.text) is code.readable


class TestTooMuch:
    def test_the_longest_code_is_taken_and_one_byte_more_is_unreadable(self):
        assert codes(b"9" * CODE_BYTES_MAX + b"\r") == [Code("9" * CODE_BYTES_MAX)]
        assert codes(b"9" * (CODE_BYTES_MAX + 1) + b"\r69012345\r") == [UNREADABLE, Code("69012345")]

    def test_an_endless_stream_takes_no_more_memory_and_ends_as_one_unreadable_code(self):
        reader = ScanReader()
        for number in range(200):
            assert reader.feed(b"x" * 1024, 10.0 + number * 0.01) == []
        assert len(reader._held) == CODE_BYTES_MAX  # noqa: SLF001  what it keeps is the point
        assert reader.quiet(13.0) == [UNREADABLE]
        assert reader.feed(b"69012345\r", 13.1) == [Code("69012345")]


class TestRepeats:
    def test_the_same_code_within_a_second_is_one_trigger(self):
        reader = ScanReader()
        assert reader.feed(b"69012345\r", 10.0) == [Code("69012345")]
        assert reader.feed(b"69012345\r", 10.99) == []
        assert reader.feed(b"69012345\r", 11.9) == [], "held on the code, it stays one trigger"
        assert reader.feed(b"69012345\r", 12.95) == [Code("69012345")]

    def test_another_code_between_is_no_repeat(self):
        assert codes(b"A1\rB2\rA1\r") == [Code("A1"), Code("B2"), Code("A1")]


def _utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
