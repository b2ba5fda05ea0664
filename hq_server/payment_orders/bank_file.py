"""The file by which a bank is told to pay or debit, written by a profile: layouts are data, the rules are here.

A profile is a TOML document: encoding, line end, delimiter (or widths in bytes, counted in the encoding), the file's
name, and the cells of header, line and trailer. A cell is a fixed text or takes a figure of the order or item, as fen,
yuan with two decimals, or yyyymmdd. A name that a cell cannot hold stops the file; nothing is ever cut short.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

ENCODINGS = ("utf-8", "gb18030")
_HEAD = ("kind", "subject", "subject_seq", "order_no", "reference", "pay_on", "count", "amount_fen")
_ITEM = ("seq", "station_code", "account_no", "payee_name", "gross_fen", "tax_fen", "amount_fen", "remark")
_FORMS = ("text", "yuan", "yyyymmdd")
_TEXT_MAX = 120
_FORMULA = ("=", "+", "-", "@")


class BankFileRefused(ValueError):  # noqa: N818 (named for what the reader must hear)
    """No file was made, or the profile is none; the message is one sentence that names what is at fault."""


@dataclass(frozen=True, slots=True)
class OrderHead:
    """The order as its file states it; ``reference`` is what the bank repeats on its statement."""

    kind: str
    subject: str
    subject_seq: int
    order_no: int
    reference: str
    pay_on: date
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One payment or debit: whose account, how much, and what for."""

    seq: int
    station_code: str
    account_no: str
    payee_name: str
    gross_fen: int
    tax_fen: int
    amount_fen: int
    remark: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """The file to hand to the bank, and its digest."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A fixed ``text``, or the figure named ``of``; ``width`` in bytes where the layout has widths."""

    text: str = ""
    of: str = ""
    form: str = "text"
    width: int = 0
    align: str = "left"
    fill: str = " "


@dataclass(frozen=True, slots=True)
class BankFileProfile:
    """A layout by its name."""

    name: str
    title: tuple[str, str]
    encoding: str
    newline: str
    delimiter: str
    file_name: str
    header: tuple[Cell, ...]
    line: tuple[Cell, ...]
    trailer: tuple[Cell, ...]


def read_profile(name: str, document: str) -> BankFileProfile:
    """Read a profile and check it whole.

    Raises:
        BankFileRefused: it is no TOML document, or names a figure, form, encoding or width that there is not.
    """
    try:
        table = tomllib.loads(document)
        zh, en = table["title"]
        delimiter = table.get("delimiter", "")
        profile = BankFileProfile(
            name,
            (str(zh), str(en)),
            table["encoding"],
            table["newline"],
            delimiter,
            table["file_name"],
            _cells(table.get("header", []), _HEAD, delimiter),
            _cells(table["line"], _ITEM, delimiter),
            _cells(table.get("trailer", []), (*_HEAD, "sha256"), delimiter),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise BankFileRefused(f"Profile {name} is no layout of a bank file: {what}.") from error
    if profile.encoding not in ENCODINGS or profile.newline not in {"\n", "\r\n"} or not profile.line:
        raise BankFileRefused(f"Profile {name} has no known encoding and line end, or no line.")
    return profile


def _cells(rows: list[dict[str, Any]], known: Sequence[str], delimiter: str) -> tuple[Cell, ...]:
    names = {"from": "of", "as": "form"} | {field.name: field.name for field in fields(Cell)}
    cells = tuple(Cell(**{names[key]: value for key, value in row.items()}) for row in rows)
    for cell in cells:
        if cell.of and cell.of not in known:
            raise ValueError(f"there is no figure {cell.of}")
        if cell.form not in _FORMS or cell.align not in {"left", "right"} or len(cell.fill) != 1:
            raise ValueError(f"the cell {cell.of or cell.text} has no known form")
        if bool(delimiter) == bool(cell.width):
            raise ValueError("a layout has a delimiter or a width for every cell")
    return cells


def known_profiles() -> dict[str, BankFileProfile]:
    """Give the profiles that come with the program, by name."""
    folder = files("hq_server.payment_orders").joinpath("profiles")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = entry.name.removesuffix(".toml")
        if name != entry.name:
            found[name] = read_profile(name, entry.read_text(encoding="utf-8"))
    return found


def write_bank_file(profile: BankFileProfile, head: OrderHead, lines: Iterable[OrderLine]) -> BankFile:
    """Write an order in its items' order; the same order gives the same bytes.

    Raises:
        BankFileRefused: the items do not sum to the order, pay nothing, or hold a text that the layout cannot.
    """
    items = list(lines)
    if not items or len(items) != head.count or sum(item.amount_fen for item in items) != head.amount_fen:
        raise BankFileRefused(f"Order {head.order_no} does not say what its items sum to.")
    for item in items:
        if item.amount_fen <= 0 or item.tax_fen < 0 or item.gross_fen - item.tax_fen != item.amount_fen:
            raise BankFileRefused(
                f"Item {item.seq} ({item.station_code}): gross less tax must be the net, and the net above zero."
            )
    of_head = _values(head)
    body = _row(profile, profile.header, of_head, "the header")
    body += b"".join(_row(profile, profile.line, _values(item), f"item {item.seq}") for item in items)
    of_head["sha256"] = hashlib.sha256(body).hexdigest()
    content = body + _row(profile, profile.trailer, of_head, "the trailer")
    name = profile.file_name.format(**{**of_head, "pay_on": f"{head.pay_on:%Y%m%d}"})
    return BankFile(name, content, hashlib.sha256(content).hexdigest())


def _values(row: OrderHead | OrderLine) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _row(profile: BankFileProfile, cells: Sequence[Cell], values: Mapping[str, Any], where: str) -> bytes:
    if not cells:
        return b""
    written = [_cell(profile, cell, values, where) for cell in cells]
    return profile.delimiter.encode().join(written) + profile.newline.encode()


def _cell(profile: BankFileProfile, cell: Cell, values: Mapping[str, Any], where: str) -> bytes:
    value = values[cell.of] if cell.of else cell.text
    if cell.form == "yuan":
        text = format_yuan(int(value), grouped=False)
    elif cell.form == "yyyymmdd":
        text = f"{value:%Y%m%d}"
    else:
        text = str(value)
    if cell.of and isinstance(value, str):
        _check_text(text, profile.delimiter, f"{where}: {cell.of}")
    data = text.encode(profile.encoding)
    if not cell.width:
        return data
    if len(data) > cell.width:
        raise BankFileRefused(
            f"{where}: {cell.of or cell.text} takes {len(data)} bytes and the layout has {cell.width}."
        )
    blank = cell.fill.encode() * (cell.width - len(data))
    return blank + data if cell.align == "right" else data + blank


def _check_text(text: str, delimiter: str, where: str) -> None:
    plain = text and len(text) <= _TEXT_MAX and text.isprintable() and text == text.strip()
    if not plain or (delimiter and delimiter in text) or '"' in text or text.startswith(_FORMULA):
        raise BankFileRefused(f"{where} is empty, too long or not plain text.")
