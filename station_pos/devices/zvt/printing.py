"""Receipt lines that a ZVT terminal sends for the counter to print: line by line (06 D1) or as a block (06 D3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_pos.devices.card_privacy import mask_card_data

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT_LINE: Final = 0x07
_LONG_TAG: Final = 0x1F
_CONSTRUCTED: Final = 0x20
_BER_LONG: Final = 0x80
_CONTAINER: Final = 0x06
_DEPTH: Final = 4


def printed_line(data: bytes, encoding: str) -> str:
    """The text of a 06 D1 after its attribute byte, card data masked."""
    return mask_card_data(data[1:].decode(encoding, "replace"))


def printed_block(data: bytes, encoding: str) -> list[str]:
    """The text lines (tag 07) anywhere in a 06 D3, card data masked; what cannot be read is left out."""
    return [mask_card_data(text.decode(encoding, "replace")) for text in _texts(data, _DEPTH)]


def _texts(data: bytes, depth: int) -> Iterator[bytes]:
    for tag, content in _elements(data):
        if tag == _TEXT_LINE:
            yield content
        elif (tag == _CONTAINER or tag & _CONSTRUCTED) and depth:
            yield from _texts(content, depth - 1)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each BER element; ends where the data stop making sense."""
    at = 0
    while at + 2 <= len(data):
        tag = data[at]
        at += 1
        if tag & _LONG_TAG == _LONG_TAG:
            tag, at = tag & _CONSTRUCTED, at + 1  # a second tag byte: none of those holds a text itself
        if at >= len(data):
            return
        length, at = data[at], at + 1
        if length >= _BER_LONG:
            size = length - _BER_LONG
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            return
        yield tag, data[at : at + length]
        at += length
