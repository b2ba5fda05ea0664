"""Paper as ESC/POS bytes, for thermal printers with a Chinese font.

Text goes out as GB18030 in Chinese mode (`FS &`), one or two bytes a character, which is also its width in columns. A
line holding a character that the printer's font lacks is drawn as a raster when the profile brings a source of
glyphs; without one the character prints as 〓 and is named in the notes, so no line is ever lost. Command bytes follow
the Epson ESC/POS reference, as Chinese makers also implement it. The drawer pulse is never part of a slip: a reprint
must not open the till, nor may the dots of a picture or the digits of a code that happen to spell a real-time command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, assert_never

from station_pos.receipts.paper import (
    Align,
    Barcode,
    Cut,
    Feed,
    Item,
    Pair,
    Paper,
    Qr,
    Rule,
    Text,
    display_columns,
    pair_lines,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

JobMarker = Literal["process_id", "gs_r", "none"]
SUBSTITUTE: Final = "〓"
"""Printed for a character that the printer cannot draw (GETA mark, U+3013)."""
MARKER_TAG_BYTES: Final = 4

START: Final = b"\x1b\x40\x1c\x26"
GBK_FONT: Final = b"\x1b\x39\x00"
CUT: Final = b"\x1d\x56\x42\x00"
DOTS_PER_COLUMN: Final = 12
_ALIGN: Final[dict[Align, bytes]] = {"left": b"\x1b\x61\x00", "centre": b"\x1b\x61\x01", "right": b"\x1b\x61\x02"}
_BARCODE_HEIGHT_DOTS: Final = 64
_BARCODE_QUIET_MODULES: Final = 20
_QR_MODULE_DOTS_MAX: Final = 6
_QR_QUIET_MODULES: Final = 8
_RASTER_DOTS_MAX: Final = 2303
# Bytes that versions 1 to 40 hold at level M in byte mode (ISO/IEC 18004 table 7); a symbol's size follows from it.
_QR_CAPACITY_M: Final = (
    *(14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666),
    *(
        711,
        779,
        857,
        911,
        997,
        1059,
        1125,
        1190,
        1264,
        1370,
        1452,
        1538,
        1628,
        1722,
        1809,
        1911,
        1989,
        2099,
        2213,
        2331,
    ),
)
# Real-time commands (DLE EOT, DLE ENQ, DLE DC4) act wherever they stand, and DLE DC4 can open the drawer.
_REAL_TIME: Final = re.compile(rb"\x10(?=[\x04\x05\x14])")
_DIGIT_PAIRS: Final = re.compile(r"(?:[0-9]{2}){3,}|^(?:[0-9]{2}){2,}|(?:[0-9]{2}){2,}$")


class GlyphSource(Protocol):
    """Draws text that a printer's own font cannot."""

    def __call__(self, text: str) -> Sequence[bytes]:
        """Rows of one line of text at normal size, top first: 12 dots a column, most significant bit left, 1 is black.

        Every row has the same number of bytes; usually there are 24 rows.
        """
        ...  # pragma: no cover - a protocol


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """What one printer model can do.

    `gbk_only`: its font ends where GBK ends. `needs_esc9`: it wants `ESC 9 0` to choose GBK. `job_marker`: how it tells
    that a job is printed - `process_id` (Epson `GS ( H`), `gs_r` (sensor status, answered in order) or `none`. `baud`
    is the line's speed, 8N1, from which the time a job takes is reckoned.
    """

    name: str
    columns: int = 32
    gbk_only: bool = False
    needs_esc9: bool = False
    job_marker: JobMarker = "process_id"
    baud: int = 9600
    glyphs: GlyphSource | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be printed as asked: which item, counted from 0, and the text concerned."""

    item: int
    code: Literal["character_substituted", "barcode_as_text"]
    text: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """Bytes for the printer, and what in them differs from the paper asked for."""

    data: bytes
    notes: tuple[Note, ...]


def encode(paper: Paper, profile: PrinterProfile) -> bytes:
    """The slip as bytes for this printer; see `encode_noted` for what had to be replaced."""
    return encode_noted(paper, profile).data


def encode_noted(paper: Paper, profile: PrinterProfile) -> Encoded:
    """The slip as bytes for this printer, with a note for each character or symbol that could not be printed as such.

    The same paper and profile always give the same bytes. Nothing here can open the drawer.
    """
    out = bytearray(START)
    if profile.needs_esc9:
        out += GBK_FONT
    notes: list[Note] = []
    for index, item in enumerate(paper.items):
        out += _encode_item(item, index, paper.columns, profile, notes)
    return Encoded(bytes(out), tuple(notes))


def drawer_kick(pin: Literal[2, 5] = 2) -> bytes:
    """The pulse that opens the cash drawer wired to this connector pin: 50 ms on, 500 ms off."""
    return b"\x1b\x70" + (b"\x00" if pin == 2 else b"\x01") + b"\x19\xfa"  # noqa: PLR2004 - the pin's own number


def job_marker(kind: JobMarker, tag: bytes) -> bytes:
    """The bytes after a job that make the printer answer once it has printed everything before them.

    Raises:
        ValueError: the tag is not four printable ASCII bytes (Epson's range for a process id).
    """
    if len(tag) != MARKER_TAG_BYTES or not all(0x20 <= byte <= 0x7E for byte in tag):  # noqa: PLR2004 - ASCII
        raise ValueError(f"A job's tag is {MARKER_TAG_BYTES} printable ASCII bytes, not {tag!r}.")
    return {"process_id": b"\x1d\x28\x48\x06\x00\x30\x30" + tag, "gs_r": b"\x1d\x72\x01", "none": b""}[kind]


def in_font(character: str, *, gbk_only: bool) -> bool:
    """Whether a printer's own font draws this character: one or two bytes in GB18030 and no private-use code."""
    code = character.encode("gb18030")
    if len(code) == 1:
        return True
    if len(code) > 2 or 0xE000 <= ord(character) <= 0xF8FF:  # noqa: PLR2004 - the double-byte plane
        return False
    return not gbk_only or character.encode("gbk", "ignore") == code


def _encode_item(item: Item, index: int, columns: int, profile: PrinterProfile, notes: list[Note]) -> bytes:
    match item:
        case Text():
            lines = wrap(item.text, columns // item.size[0])
            return _styled(lines, item, item.align, columns, profile, (index, notes))
        case Pair():
            lines = pair_lines(item.left, item.right, columns // item.size[0])
            return _styled(lines, item, "left", columns, profile, (index, notes))
        case Rule():
            return b"-" * columns + b"\n"
        case Qr():
            return _centred(_qr(item.data, columns))
        case Barcode():
            symbol = _code128(item.data, columns)
            if symbol is None:
                notes.append(Note(index, "barcode_as_text", item.data))
                symbol = b"".join(line.encode("ascii") + b"\n" for line in wrap(item.data, columns))
            return _centred(symbol)
        case Feed():
            return b"\x1b\x64" + bytes([item.lines])
        case Cut():
            return CUT
        case _:
            assert_never(item)


def _styled(
    lines: Sequence[str],
    look: Text | Pair,
    align: Align,
    columns: int,
    profile: PrinterProfile,
    noting: tuple[int, list[Note]],
) -> bytes:
    """Lines between the commands that set their look and those that undo it; a plain line needs none."""
    width, height = look.size
    before, after = b"", b""
    if align != "left":
        before, after = _ALIGN[align], _ALIGN["left"]
    if look.size != (1, 1):
        before, after = before + b"\x1d\x21" + bytes([(width - 1) << 4 | (height - 1)]), b"\x1d\x21\x00" + after
    if look.bold:
        before, after = before + b"\x1b\x45\x01", b"\x1b\x45\x00" + after
    return before + b"".join(_line(line, look.size, columns, profile, noting) for line in lines) + after


def _line(
    line: str, size: tuple[int, int], columns: int, profile: PrinterProfile, noting: tuple[int, list[Note]]
) -> bytes:
    rare = [character for character in line if not in_font(character, gbk_only=profile.gbk_only)]
    if rare and profile.glyphs is not None:
        raster = _raster(profile.glyphs(line), display_columns(line), size, columns)
        if raster is not None:
            return raster
    index, notes = noting
    for character in dict.fromkeys(rare):
        notes.append(Note(index, "character_substituted", character))
        line = line.replace(character, SUBSTITUTE)
    return line.encode("gb18030") + b"\n"


def _raster(rows: Sequence[bytes], line_columns: int, size: tuple[int, int], columns: int) -> bytes | None:
    """Enlarged rows as `GS v 0`; None when they do not form a picture that fits the paper."""
    width, height = size
    row_bytes = len(rows[0]) if rows else 0
    dots = line_columns * DOTS_PER_COLUMN * width
    if not row_bytes or any(len(row) != row_bytes for row in rows) or row_bytes * 8 < line_columns * DOTS_PER_COLUMN:
        return None
    if dots > columns * DOTS_PER_COLUMN or len(rows) * height > _RASTER_DOTS_MAX:
        return None
    out_bytes = -(-dots // 8)
    body = bytearray()
    for row in rows:
        bits = "".join(bit * width for byte in row for bit in f"{byte:08b}")[:dots].ljust(out_bytes * 8, "0")
        body += int(bits, 2).to_bytes(out_bytes, "big") * height
    size_fields = out_bytes.to_bytes(2, "little") + (len(rows) * height).to_bytes(2, "little")
    return b"\x1d\x76\x30\x00" + size_fields + _REAL_TIME.sub(b"\x18", bytes(body))  # one dot more


def _centred(body: bytes) -> bytes:
    return _ALIGN["centre"] + body + _ALIGN["left"]


def _qr(data: str, columns: int) -> bytes:
    """Native QR, model 2, level M, in the largest modules up to 6 dots with which it fits the paper."""
    payload = data.encode()
    version = next(number for number, capacity in enumerate(_QR_CAPACITY_M, 1) if len(payload) <= capacity)
    modules = 17 + 4 * version + _QR_QUIET_MODULES
    dots = max(1, min(_QR_MODULE_DOTS_MAX, columns * DOTS_PER_COLUMN // modules))
    return b"".join(
        (
            b"\x1d\x28\x6b\x04\x00\x31\x41\x32\x00",
            b"\x1d\x28\x6b\x03\x00\x31\x43" + bytes([dots]),
            b"\x1d\x28\x6b\x03\x00\x31\x45\x31",
            b"\x1d\x28\x6b" + (len(payload) + 3).to_bytes(2, "little") + b"\x31\x50\x30" + payload,
            b"\x1d\x28\x6b\x03\x00\x31\x51\x30",
        )
    )


def _code128(data: str, columns: int) -> bytes | None:
    """Native Code 128, digit pairs in set C; None when even 2-dot modules do not fit the paper."""
    payload, symbols = _code128_payload(data)
    modules = 11 * (symbols + 1) + 13 + _BARCODE_QUIET_MODULES
    dots = min(3, columns * DOTS_PER_COLUMN // modules)
    if dots < 2 or len(payload) > 255:  # noqa: PLR2004 - thinner bars do not scan; the length is one byte
        return None
    look = b"\x1d\x68" + bytes([_BARCODE_HEIGHT_DOTS]) + b"\x1d\x77" + bytes([dots]) + b"\x1d\x48\x02"
    return look + b"\x1d\x6b\x49" + bytes([len(payload)]) + payload


def _code128_payload(data: str) -> tuple[bytes, int]:
    """The data with its code-set choices, and how many symbol characters they print as."""
    payload = bytearray()
    symbols = position = 0
    while position < len(data):
        pairs = _DIGIT_PAIRS.search(data, position)
        values = b""
        if pairs and pairs.start() == position:
            values = bytes(int(data[at : at + 2]) for at in range(position, pairs.end(), 2))
        if pairs and values and not _REAL_TIME.search(values):
            payload += b"{C" + values
            symbols += 1 + len(values)
            position = pairs.end()
        elif pairs and values:
            payload += b"{B" + data[position : pairs.end()].encode("ascii")
            symbols += 1 + 2 * len(values)
            position = pairs.end()
        else:
            end = pairs.start() if pairs else len(data)
            payload += b"{B" + data[position:end].replace("{", "{{").encode("ascii")
            symbols += 1 + end - position
            position = end
    return bytes(payload), symbols
