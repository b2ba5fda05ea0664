"""ZVT's status information (04 0F): the result of a transaction, field by field.

A field is a tag and a content whose length only the table knows, so an unknown tag ends the reading: what was read
until there counts, nothing is guessed. Expiry date, card sequence and tracks (tags 0E, 17, 23, 24, 2D) are skipped
without being kept, and of the card number (tag 22) only the last four digits leave this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_privacy import last_four, mask_card_data
from station_pos.devices.card_terminal import CardRecord, CardTotals
from station_pos.devices.zvt.apdu import digits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_LL: Final = -2
_LLL: Final = -3
_TLV: Final = -1
LENGTHS: Final[Mapping[int, int]] = {
    **dict.fromkeys((0x27, 0x19, 0x8A, 0x8C, 0xA0, 0xD0, 0x01, 0x02, 0x03, 0x05, 0xF0), 1),
    **dict.fromkeys((0x0D, 0x0E, 0x17, 0x49, 0x87), 2),
    **dict.fromkeys((0x0B, 0x0C, 0x37, 0x88, 0xAA), 3),
    **dict.fromkeys((0x22, 0x23, 0x2D, 0x8B, 0xA7, 0xD1, *range(0xE1, 0xE9), *range(0xF1, 0xF9)), _LL),
    **dict.fromkeys((0x24, 0x2E, 0x3C, 0x60, 0x92, 0x9A, 0xAF), _LLL),
    0x04: 6,
    0x29: 4,
    0x2A: 15,
    0x3B: 8,
    0xBA: 5,
    0x06: _TLV,
}
"""Tag to content length in bytes; `_LL` and `_LLL` are two and three length digits, `_TLV` a BER length."""
_NEVER_KEPT: Final = {0x0E, 0x17, 0x23, 0x24, 0x2D, 0x06}
_OK: Final = 0
_RESULT: Final = 0x27
_CARD_TYPE: Final = 0x8A
_DIGIT_MARK: Final = 0xF0
_BER_LONG: Final = 0x80
_TOTALS_HEAD: Final = 4
_TOTALS_PAIR: Final = 7
_HALF_YEAR: Final = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class StatusInformation:
    """What a 04 0F said. None is what it did not say; `whole` is False where its reading ended before its end."""

    result: int | None
    record: CardRecord
    message: str
    totals: CardTotals | None
    whole: bool

    @property
    def approved(self) -> bool:
        """Whether its result code is there and zero."""
        return self.result == _OK


def parse_status_information(data: bytes, now: datetime, encoding: str = "cp437") -> StatusInformation:
    """Read the data of a 04 0F. `now` (Beijing time) gives the year that the terminal does not state."""
    fields, whole = _fields(data)
    fixed = {tag: digits_of(content) for tag, content in fields.items()}
    result = fields[_RESULT][0] if _RESULT in fields else None
    amount_fen = int(fixed[0x04]) if fixed.get(0x04) else None
    issuer = _text(fields.get(0x8B, b""), encoding)
    if not issuer and _CARD_TYPE in fields:
        issuer = f"card type {fields[_CARD_TYPE][0]:02X}"
    record = CardRecord(
        card_last4=_card_last4(fields.get(0x22, b"")),
        issuer=issuer,
        auth_code=_text(fields.get(0x3B, b""), "ascii"),
        trace_no=fixed.get(0x0B, ""),
        reference_no=fixed.get(0x88, ""),
        receipt_no=fixed.get(0x87, ""),
        terminal_no=fixed.get(0x29, ""),
        merchant_no=_identifier(fields.get(0x2A, b"")),
        amount_fen=amount_fen,
        terminal_time=_terminal_time(fixed.get(0x0D, ""), fixed.get(0x0C, ""), fixed.get(0xAA, ""), now),
        reverses_trace_no=fixed.get(0x37, "").strip("0") and fixed[0x37],
    )
    return StatusInformation(
        result, record, _text(fields.get(0x3C, b""), encoding), _totals(fields.get(0x60, b""), amount_fen), whole
    )


def _fields(data: bytes) -> tuple[dict[int, bytes], bool]:
    """The contents by tag, without those that are never kept, and whether all of the data could be read."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        tag = data[at]
        if tag not in LENGTHS:
            return found, False
        start, length = _content(data, at + 1, LENGTHS[tag])
        if length is None or start + length > len(data):
            return found, False
        # The first of two fields with one tag counts, as it stands before anything that may be misread.
        if tag not in _NEVER_KEPT:
            found.setdefault(tag, data[start : start + length])
        at = start + length
    return found, True


def _content(data: bytes, at: int, kind: int) -> tuple[int, int | None]:
    """Where a content starts and how long it is; None when its length cannot be read."""
    if kind > 0:
        return at, kind
    if kind == _TLV:
        return _ber(data, at)
    digits = data[at : at - kind]
    if len(digits) < -kind or any(digit & _DIGIT_MARK != _DIGIT_MARK or digit & 0x0F > 9 for digit in digits):  # noqa: PLR2004
        return at, None
    return at - kind, int("".join(str(digit & 0x0F) for digit in digits))


def _ber(data: bytes, at: int) -> tuple[int, int | None]:
    if at >= len(data):
        return at, None
    if data[at] < _BER_LONG:
        return at + 1, data[at]
    size = data[at] - _BER_LONG
    if size not in {1, 2} or at + 1 + size > len(data):
        return at, None
    return at + 1 + size, int.from_bytes(data[at + 1 : at + 1 + size], "big")


def _card_last4(packed: bytes) -> str:
    """The last four digits of a card number, two to a byte; F pads, E hides."""
    return last_four(packed.hex().rstrip("f"))


def _text(data: bytes, encoding: str) -> str:
    return mask_card_data(data.partition(b"\0")[0].decode(encoding, "replace")).strip()


def _identifier(data: bytes) -> str:
    """A merchant number: fifteen characters of its own field, which is no card number."""
    text = data.partition(b"\0")[0].decode("ascii", "replace").strip()
    return "".join(char for char in text if char.isprintable())


def _terminal_time(month_day: str, time_of_day: str, date_with_year: str, now: datetime) -> datetime | None:
    """The terminal's clock; without a stated year, the one that puts it nearest to `now`."""
    if not time_of_day or not (month_day or date_with_year):
        return None
    years = [2000 + int(date_with_year[:2])] if date_with_year else [now.year - 1, now.year, now.year + 1]
    day = date_with_year[2:] or month_day
    for year in years:
        try:
            stated = datetime.strptime(f"{year}{day}{time_of_day}", "%Y%m%d%H%M%S").replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
        if date_with_year or abs(stated - now) <= _HALF_YEAR:
            return stated
    return None


def _totals(data: bytes, amount_fen: int | None) -> CardTotals | None:
    """Count and sum over the card types of an end of day; None unless they agree with the amount beside them."""
    rest = data[_TOTALS_HEAD:]
    if not rest or len(rest) % _TOTALS_PAIR:
        return None
    count = total_fen = 0
    for start in range(0, len(rest), _TOTALS_PAIR):
        digits = digits_of(rest[start : start + _TOTALS_PAIR])
        if not digits:
            return None
        count += int(digits[:2])
        total_fen += int(digits[2:])
    return CardTotals(count, total_fen) if amount_fen in {None, total_fen} else None
