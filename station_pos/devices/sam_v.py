"""The SAM-V protocol of resident identity card readers: frames, checksum, and the text block of a card. Pure.

A frame is `AA AA AA 96 69`, a length of two bytes (big-endian, counting all that follows it), the body, and the xor of
everything after the preamble. A reader answers with three status bytes before its data. The photo (WLT) and every text
field but name and number are dropped here, in the parser: they exist nowhere else in the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Final

from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

PREAMBLE: Final = b"\xaa\xaa\xaa\x96\x69"
STATUS: Final = b"\x11\xff"
FIND: Final = b"\x20\x01"
SELECT: Final = b"\x20\x02"
READ: Final = b"\x30\x01"
ANSWER_BYTES_MAX: Final = 4096
"""The longest answer (with fingerprints) has about 2,300 bytes; what claims more is noise."""

_HEAD_BYTES: Final = len(PREAMBLE) + 2
_STATUS_BYTES: Final = 3
_TEXT_BYTES: Final = 256
_NAME: Final = slice(0, 30)
_NUMBER: Final = slice(122, 158)
_TYPE: Final = slice(248, 250)
_NUMBER_FORM: Final = re.compile(r"[0-9]{17}[0-9X]")
_OK: Final = 0x90
_FOUND: Final = 0x9F


class IdTrouble(StrEnum):
    """Why a card was not read, keyed to words for the counter in `ID_TROUBLES`."""

    NO_CARD = "no_card"
    NOT_SELECTED = "not_selected"
    NOT_AUTHENTIC = "not_authentic"
    NOT_READ = "not_read"
    NOT_AUTHORISED = "not_authorised"
    PROTOCOL = "protocol"
    GARBLED = "garbled"
    FOREIGN_PERMIT = "foreign_permit"
    NUMBER_WRONG = "number_wrong"
    NO_ANSWER = "no_answer"
    OFFLINE = "offline"
    TIME_UP = "time_up"


ID_TROUBLES: Final = Catalogue(
    {
        IdTrouble.NO_CARD: ("没有放证件", "There is no card on the reader"),
        IdTrouble.NOT_SELECTED: ("证件没有放稳, 拿起来再放一次", "The card moved; lift it and put it down again"),
        IdTrouble.NOT_AUTHENTIC: (
            "证件认证没有通过, 拿起来再放一次; 还不行就手工输入",
            "The card was not authenticated; put it down again, or type the number",
        ),
        IdTrouble.NOT_READ: ("读证失败, 拿起来再放一次", "The card could not be read; put it down again"),
        IdTrouble.NOT_AUTHORISED: (
            "阅读器没有授权, 请联系供应商; 先手工输入",
            "The reader is not authorised; call its supplier, and type the number meanwhile",
        ),
        IdTrouble.PROTOCOL: (
            "阅读器没听懂命令, 请核对型号和波特率",
            "The reader did not understand; check its model and baud rate",
        ),
        IdTrouble.GARBLED: (
            "阅读器的回答不完整, 请再放一次",
            "The reader's answer was garbled; put the card down again",
        ),
        IdTrouble.FOREIGN_PERMIT: (
            "这是外国人永久居留证或港澳台居住证, 请看证件手工输入",
            "This is a permit of another kind; type what it says by hand",
        ),
        IdTrouble.NUMBER_WRONG: (
            "证件上的号码校验不对, 请对照证件手工输入",
            "The number on the card fails its check; compare it and type it by hand",
        ),
        IdTrouble.NO_ANSWER: (
            "身份证阅读器没有回应, 请检查电源和电缆",
            "The ID reader does not answer; check its cable",
        ),
        IdTrouble.OFFLINE: ("身份证阅读器不通, 请检查电缆", "The ID reader is not connected; check its cable"),
        IdTrouble.TIME_UP: ("等了很久没有证件, 没有读", "No card came in time; nothing was read"),
    }
)
"""One sentence for each trouble."""

_TROUBLE_OF_SW3: Final = {
    0x10: IdTrouble.GARBLED,
    0x11: IdTrouble.GARBLED,
    0x21: IdTrouble.PROTOCOL,
    0x31: IdTrouble.NOT_AUTHENTIC,
    0x32: IdTrouble.NOT_AUTHENTIC,
    0x41: IdTrouble.NOT_READ,
    0x66: IdTrouble.NOT_AUTHORISED,
    0x80: IdTrouble.NO_CARD,
    0x81: IdTrouble.NOT_SELECTED,
}


class IdReadError(Exception):
    """A card was not read; `trouble` says why and the message is one sentence. It never holds what was read."""

    def __init__(self, trouble: IdTrouble) -> None:
        super().__init__(ID_TROUBLES(trouble))
        self.trouble = trouble


@dataclass(frozen=True, slots=True, repr=False)
class CardText:
    """Name and number as they stand on a card, not checked yet; shows nothing of itself."""

    name: str
    number: str

    def __repr__(self) -> str:
        return "CardText(***)"


def command(code: bytes) -> bytes:
    """Frame a command without data, such as `FIND`."""
    body = (len(code) + 1).to_bytes(2, "big") + code
    return PREAMBLE + body + bytes([reduce(xor, body)])


class AnswerReader:
    """Finds whole answers in arriving bytes, however they are cut and whatever noise lies between."""

    def __init__(self) -> None:
        self._held = bytearray()

    def forget(self) -> None:
        """Drop what has come so far, overwriting it: it may be part of somebody's card."""
        self._held[:] = bytes(len(self._held))
        self._held.clear()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give each answer's body that these bytes complete: three status bytes and the data.

        Raises:
            IdReadError: GARBLED, an answer whose length or checksum is wrong; what came with it is dropped.
        """
        self._held += data
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> bytes | None:
        start = self._held.find(PREAMBLE)
        if start < 0:
            del self._held[: max(0, len(self._held) - len(PREAMBLE) + 1)]
            return None
        del self._held[:start]
        if len(self._held) < _HEAD_BYTES:
            return None
        length = int.from_bytes(self._held[len(PREAMBLE) : _HEAD_BYTES], "big")
        if not _STATUS_BYTES + 1 <= length <= ANSWER_BYTES_MAX:
            self.forget()
            raise IdReadError(IdTrouble.GARBLED)
        end = _HEAD_BYTES + length
        if len(self._held) < end:
            return None
        checked = bytes(self._held[len(PREAMBLE) : end])
        del self._held[:end]
        if reduce(xor, checked) != 0:
            raise IdReadError(IdTrouble.GARBLED)
        return checked[2:-1]


def check_status(body: bytes) -> bytes:
    """Give an answer's data where its status is good.

    Raises:
        IdReadError: what the third status byte says is wrong.
    """
    if body[:2] == b"\x00\x00" and body[2] in {_OK, _FOUND}:
        return body[_STATUS_BYTES:]
    raise IdReadError(_TROUBLE_OF_SW3.get(body[2], IdTrouble.PROTOCOL))


def card_text(data: bytes) -> CardText:
    """Take name and number out of what `READ` gave: two lengths, the text block, the photo.

    Raises:
        IdReadError: FOREIGN_PERMIT for a permit with another layout, GARBLED for anything that is no card.
    """
    text_bytes, photo_bytes = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    text = data[4 : 4 + text_bytes]
    if text_bytes != _TEXT_BYTES or len(data) < 4 + text_bytes + photo_bytes:
        raise IdReadError(IdTrouble.GARBLED)
    if _field(text, _TYPE) in {"I", "J", "Y"}:
        raise IdReadError(IdTrouble.FOREIGN_PERMIT)
    name, number = _field(text, _NAME), _field(text, _NUMBER)
    if not name or not _NUMBER_FORM.fullmatch(number):
        raise IdReadError(IdTrouble.GARBLED)
    return CardText(name, number)


def _field(text: bytes, place: slice) -> str:
    try:
        found = text[place].decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise IdReadError(IdTrouble.GARBLED) from error
    return "".join(character for character in found if character.isprintable()).strip()
