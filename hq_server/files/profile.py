"""How a party writes its files, as data: what a profile may say. `profile_text` reads one from its document."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from hq_server.files.numbers import NumberForm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hq_server.files.rows import LineKind, LineStatus
    from hq_server.files.templates import Template
    from hq_server.files.times import TimeForm
    from hq_server.wording import Sentence


class Purpose(StrEnum):
    """Whose file it is: a biller's or channel's claims, an acquirer's withdrawals, a bank account of ours."""

    BILLER = "BILLER"
    ACQUIRER = "ACQUIRER"
    ACCOUNT = "ACCOUNT"


class Totals(StrEnum):
    """Where the control totals are that the rows are held against; no file is taken without any."""

    FILE = "in the file"
    FLAG = "in the flag file"
    STATED = "stated by a person"


@dataclass(frozen=True, slots=True)
class LineRule:
    """One line of the head or the end: cell by cell, or as a whole line where `cells` is empty."""

    cells: tuple[Template, ...]
    text: Template | None

    @property
    def names(self) -> tuple[str, ...]:
        """What the line states."""
        return tuple(n for one in self.cells for n in one.names) + (self.text.names if self.text else ())

    @property
    def begins(self) -> str:
        """Text by which the line is known."""
        return (self.text or self.cells[0]).begins

    def __str__(self) -> str:
        """Show the line as the profile writes it."""
        return self.text.text if self.text else ",".join(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Column:
    """A cell of a row: what it means, its width in bytes where widths are fixed, or the text that must stand in it."""

    name: str
    width: int = 0
    literal: str = ""

    @property
    def is_read(self) -> bool:
        """Tell whether anything is made of it."""
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class DetailRule:
    """The rows. `days` bounds how far a row's time may be from the file's date, `unique` is what no two rows share.

    `kind_by` is the column that tells payments from refunds; none means that all rows are payments.
    """

    columns: tuple[Column, ...]
    kinds: Mapping[str, LineKind]
    statuses: Mapping[str, LineStatus]
    times: Mapping[str, TimeForm]
    numbers: Mapping[str, NumberForm]
    kind_by: Literal["kind", "refund", "amount", "net", ""]
    days: int | None
    unique: tuple[str, ...]
    optional: frozenset[str]


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A file beside the data file, written last: its ending, and what it states if it is not empty."""

    suffix: str
    text: Template | None


@dataclass(frozen=True, slots=True)
class ZipRule:
    """An archive with exactly one file of that name; others of `ignored` names may be in it and are not read."""

    member: Template
    ignored: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class AccountRule:
    """A bank account of ours: its number and currency, and whether a reversal's direction is the opposite of stated."""

    number: str
    currency: str
    reversal_flips: bool


@dataclass(frozen=True, slots=True, eq=False)
class FileProfile:
    """A layout of one version. Sizes are in bytes, `line_bytes_max` bounds a line, `rows_max` the rows."""

    name: str
    version: int
    title: Sentence
    purpose: Purpose
    form: Literal["delimited", "fixed", "camt.053"]
    party: str
    file_names: tuple[Template, ...]
    totals: Totals
    encodings: tuple[str, ...] = ("utf-8",)
    newline: Literal["lf", "crlf", "any"] = "any"
    delimiter: str = "|"
    quote: str = ""
    trim: str = ""
    cell_prefix: str = ""
    separator: str = ""
    layout_version: str = ""
    empty_is_no_sales: bool = False
    empty_text: str = ""
    text_chars_max: int = 64
    line_bytes_max: int = 2048
    rows_max: int = 10_000_000
    heads: tuple[LineRule, ...] = ()
    detail: DetailRule | None = None
    tails: tuple[LineRule, ...] = ()
    total_form: NumberForm = field(default_factory=NumberForm)
    flag: FlagRule | None = None
    zip: ZipRule | None = None
    account: AccountRule | None = None

    @property
    def states(self) -> frozenset[str]:
        """Everything that the head and the end of such a file state."""
        return frozenset(name for line in self.heads + self.tails for name in line.names)

    @property
    def controls(self) -> frozenset[str]:
        """What must be stated of the rows so that no changed digit goes unseen.

        A charge beside a settled amount needs no total of its own: the two hold each other, row by row.
        """
        columns = {column.name for column in self.detail.columns} if self.detail else set()
        charges = {"charge"} if "charge" in columns and "net" not in columns else set()
        return frozenset({"count", "net"} | charges | ({"fee"} & columns))

    def names_of(self, file_name: str) -> FileNameFacts | None:
        """Read a bare file name, None where it is none of this profile's."""
        for pattern in self.file_names:
            found = pattern.match(file_name)
            if found is None:
                continue
            day = pattern.day.read(found["date"], None) if pattern.day else None
            if "date" in found and day is None:
                continue
            seq = int(found["seq"]) if "seq" in found else None
            party = self.party or found.get("party", "")
            if self.party and found.get("party", self.party) != self.party:
                continue
            return FileNameFacts(party, day.date() if day else None, seq)
        return None


@dataclass(frozen=True, slots=True, order=True)
class FileNameFacts:
    """What a file's name says; what it does not is empty or None."""

    party: str
    date: date | None
    seq: int | None
