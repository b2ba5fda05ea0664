"""The list of goods that a station may order: one document, named by the SHA-256 of its bytes, published whole."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import cbor2

from station_journal.money import FEN_MAX

GOODS_FORMAT = "goods-1"
GOODS_BYTES_MAX = 256 * 1024
TEXT_MAX = 40
QUANTITY_MAX = 9_999


class GoodsRefusedError(ValueError):
    """Bytes or rows are no list of goods; refused whole. The message is one sentence."""


class GoodsItem(NamedTuple):
    """One item: its number, name, what it is counted in, HQ's price to the station in fen, and how many make a pack."""

    item_code: int
    name: str
    name_en: str
    unit: str
    price_fen: int
    pack: int


def write_goods(version: str, items: tuple[GoodsItem, ...]) -> bytes:
    """Write a list (deterministic CBOR, RFC 8949 section 4.2.1).

    Raises:
        GoodsRefusedError: a figure or a name in it makes no sense.
    """
    _check(version, items)
    return cbor2.dumps([GOODS_FORMAT, version, [list(item) for item in items]])


def goods_hash(data: bytes) -> bytes:
    """Name a document's bytes."""
    return hashlib.sha256(data).digest()


def are_goods(data: bytes) -> bool:
    """Tell whether bytes say that they are a list of goods."""
    return data[1 : len(GOODS_FORMAT) + 2] == cbor2.dumps(GOODS_FORMAT)


def read_goods(data: bytes) -> tuple[str, tuple[GoodsItem, ...]]:
    """Read a list: its version and items.

    Raises:
        GoodsRefusedError: the bytes are none, or not in the one permitted form.
    """
    if len(data) > GOODS_BYTES_MAX:
        raise GoodsRefusedError(f"a list of goods of {len(data)} bytes is above {GOODS_BYTES_MAX}")
    try:
        form, version, rows = cbor2.loads(data)
        items = tuple(GoodsItem(*row) for row in rows)
        again = write_goods(version, items)
    except (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError) as error:
        raise GoodsRefusedError(f"the bytes are no list of goods: {error}") from error
    if form != GOODS_FORMAT or again != data:
        raise GoodsRefusedError("the bytes are no list of goods in the one permitted form")
    return version, items


def _check(version: str, items: tuple[GoodsItem, ...]) -> None:
    if not _is_text(version) or not items:
        raise GoodsRefusedError("a list of goods has a version and at least one item")
    if len({item.item_code for item in items}) != len(items):
        raise GoodsRefusedError("an item stands twice in the list of goods")
    for item in items:
        numbers = (item.item_code, item.price_fen, item.pack)
        whole = all(type(number) is int and number > 0 for number in numbers)
        if not whole or item.price_fen > FEN_MAX or item.pack > QUANTITY_MAX:
            raise GoodsRefusedError(f"item {item.item_code!r:.20} has a number that makes no sense")
        if not all(map(_is_text, (item.name, item.name_en, item.unit))):
            raise GoodsRefusedError(f"item {item.item_code} has a text that is empty, too long or not printable")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_MAX and value.isprintable()
