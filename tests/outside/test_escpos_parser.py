"""Rules of the ESC/POS interpreter that hold for every input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.demo.outside.paper_png import PaperArtist, find_font
from station_pos.demo.outside.printer_machine import PrinterMachine

if TYPE_CHECKING:
    from station_pos.demo.outside.escpos_paper import Receipt

START = b"\x1b@\x1c&"
CUT = b"\x1dVB\x00"
GBK = st.characters(codec="gbk", exclude_categories=["Cc", "Cs"])
SIZES = st.tuples(st.integers(1, 8), st.integers(1, 8))
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"\x1b", b"\x1c", b"\x1d", b"\x10", b"\x1c&", b"\x1dv0\x00\x01\x00\x02\x00", b"\x1d(k\x03\x001Q0"]
    ),
    st.sampled_from([b"\x1d(k\x01\x001", b"\x1d(k\x02\x001C", b"\x1dkI\x04{B{{", b"\x1dw\x00", b"\x1dh\x00", CUT]),
    st.binary(min_size=1, max_size=200).map(lambda d: b"\x1d(k" + (len(d) + 3).to_bytes(2, "little") + b"1P0" + d),
)


def printed(data: bytes, columns: int = 32) -> tuple[list[Receipt], bytes]:
    """Return the receipts cut and the bytes answered when `data` arrives at a printer in order."""
    receipts: list[Receipt] = []
    answers: list[bytes] = []
    machine = PrinterMachine(columns, 1, answers.append, receipts.append)
    machine.receive(data)
    return receipts, b"".join(answers)


@pytest.fixture(scope="module")
def artist() -> PaperArtist:
    font = find_font()
    assert font is not None
    return PaperArtist(font, 32)


@given(noise=st.lists(PIECES, max_size=30).map(b"".join))
def test_no_bytes_break_the_printer_and_it_prints_again_after_power_on(noise: bytes, artist: PaperArtist) -> None:
    receipts: list[Receipt] = []
    machine = PrinterMachine(32, 1, lambda _: None, receipts.append)
    machine.receive(noise)
    machine.act({"cmd": "tear"})
    noisy = len(receipts)
    machine.power_cycle()
    machine.receive(START + "收据".encode("gb18030") + b"\n" + CUT)
    assert receipts[-1].text_lines() == ["收据"]
    assert len(receipts) == noisy + 1
    for receipt in receipts:
        assert artist.draw(receipt).width == 384
        assert receipt.as_json()["lines"] == receipt.text_lines()


@given(st.text(GBK, min_size=1, max_size=120), SIZES)
def test_every_gbk_text_comes_back_whole_in_lines_no_wider_than_the_paper(text: str, size: tuple[int, int]) -> None:
    magnify = bytes([0x1D, 0x21, (size[0] - 1) << 4 | (size[1] - 1)])
    (receipt,), _ = printed(START + magnify + text.encode("gb18030") + b"\n" + CUT)
    assert "".join(receipt.text_lines()) == text
    assert receipt.replacements == 0
    lines = receipt.as_json()["items"][: len(receipt.text_lines())]
    widths = [sum(len(ch.encode("gb18030")) for ch in line["text"]) * size[0] for line in lines]
    assert widths == [line["columns"] for line in lines]
    assert max(widths) <= 32


@given(st.binary(min_size=4, max_size=4))
def test_every_tag_of_the_marker_comes_back_after_the_text_before_it(tag: bytes) -> None:
    job = START + b"text" + b"\x1d(H\x06\x0000" + tag
    _, answer = printed(job)
    assert answer.endswith(b"\x37\x22" + tag + b"\x00")
