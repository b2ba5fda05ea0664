"""The shelf label: what it says, what it hides, its bytes, and that an independent reader reads it off the paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from station_pos.demo.outside.escpos_paper import Paper as PrintedPaper
from station_pos.demo.outside.escpos_paper import Receipt
from station_pos.demo.outside.escpos_parser import EscposParser
from station_pos.demo.outside.paper_png import PaperArtist, find_font
from station_pos.receipts.escpos import PrinterProfile, encode
from station_pos.receipts.label import LabelFacts, compose_label
from station_pos.receipts.paper import Barcode, Text, from_bytes, to_bytes, to_text

GOLDEN = Path(__file__).parents[2] / "golden" / "paper"
FACTS = LabelFacts(
    shelf_code="A-12-047",
    waybill="JT5312345678124",
    carrier="极兔",
    recipient="*三",
    phone="1381234",
    received_on=date(2026, 11, 25),
    station_name="张家坝便民服务站",
)


class Port:
    """The simulated printer's port, for a parser without a line."""

    def reply(self, answer):
        raise AssertionError(answer)

    def pulse(self, pin):
        raise AssertionError(pin)

    def paper_bits(self):
        return 0

    def automatic_status(self, mask):
        raise AssertionError(mask)


def printed(paper):
    """Draw a paper as the simulated printer does."""
    receipts: list[Receipt] = []
    made = PrintedPaper(paper.columns, 1, lambda: None, receipts.append)
    parser = EscposParser(made, Port(), chinese_at_start=False, gbk_only=False)
    for byte in encode(paper, PrinterProfile("label")):
        parser.feed(byte)
    [receipt] = receipts
    font = find_font()
    assert font is not None
    return PaperArtist(font, paper.columns).draw(receipt)


def test_it_says_where_the_parcel_lies_and_little_of_the_person():
    text = to_text(compose_label(FACTS))
    assert text.splitlines()[0].strip() == "A-12-047"
    for said in ("*三", "138******34", "JT5312345678124", "极兔", "11-25", "张家坝便民服务站"):
        assert said in text
    assert "1234 " not in text.replace("JT5312345678124", "")


def test_the_place_is_as_large_as_the_paper_allows():
    first = compose_label(FACTS).items[0]
    assert isinstance(first, Text)
    assert first.size == (4, 4)
    narrow = compose_label(FACTS, columns=16).items[0]
    assert isinstance(narrow, Text)
    assert narrow.size == (2, 2)


def test_its_bytes_are_the_ones_that_were_approved():
    label = compose_label(FACTS)
    assert encode(label, PrinterProfile("plain")).hex(" ", 16).replace(" ", "\n") + "\n" == (
        GOLDEN / "label_32.hex"
    ).read_text("ascii")
    assert to_text(label) == (GOLDEN / "label_32.txt").read_text("utf-8")
    assert from_bytes(to_bytes(label)) == label


@pytest.mark.parametrize(
    "waybill", ["JT5312345678124", "SF1234567890123", "9876543210123", "RR123456785CN", "771234567890"]
)
def test_an_independent_reader_reads_the_waybill_off_the_paper(waybill):
    picture = printed(compose_label(replace(FACTS, waybill=waybill)))
    assert isinstance(picture, Image.Image)
    assert [symbol.text for symbol in zxingcpp.read_barcodes(picture.convert("L"))] == [waybill]


@given(st.text(max_size=60), st.text(max_size=30), st.text("0123456789", max_size=7), st.integers(16, 96))
def test_whatever_the_face_sheet_says_there_is_a_label(waybill, recipient, phone, columns):
    label = compose_label(replace(FACTS, waybill=waybill, recipient=recipient, phone=phone), columns)
    assert encode(label, PrinterProfile("plain")).endswith(b"\x1dVB\x00")
    assert from_bytes(to_bytes(label)) == label
    if waybill.isascii() and waybill.isprintable() and 0 < len(waybill) <= 48:
        assert Barcode(waybill) in label.items


@given(st.from_regex(r"1[3-9][0-9]{5}", fullmatch=True))
def test_six_digits_of_a_phone_number_are_hidden(phone):
    """GB/T 41833-2022: of eleven digits at most five are shown."""
    [line] = [one for one in to_text(compose_label(replace(FACTS, phone=phone))).splitlines() if "******" in one]
    shown = line.split()[-1]
    assert len(shown) == 11
    assert sum(character.isdigit() for character in shown) == 5
