"""The commission list's due dates, and the file by which after-tax commission 税后酬金 is paid.

The list of a month goes to Finance by the 15th of the next month and is paid by the 20th, each on the preceding
working day when that day is none (the rules say "日前", which includes the day). Default profile, one record a line:

    H|COMMISSION|YYYYMM|pay date YYYYMMDD|seq|1
    P|seq|station|account|name|gross_fen|tax_fen|net_fen
    T|count|net_fen|SHA-256 over the bytes of all H and P lines with their line ends, in hex
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hq_server.reference.working_days import Roll, WorkingDayTable

LIST_DUE_DAY = 15
PAY_DUE_DAY = 20
_MONTHS = 12
_FIELD_MAX = 64


def _due(table: WorkingDayTable, year: int, month: int, day: int, roll: Roll) -> date:
    following = (year + 1, 1) if month == _MONTHS else (year, month + 1)
    return table.due_by_day_of_month(*following, day, roll=roll)


def list_due(table: WorkingDayTable, year: int, month: int, *, roll: Roll = "preceding") -> date:
    """Return the day by which the list of the month earned goes to Finance. Raises `YearNotKnown`."""
    return _due(table, year, month, LIST_DUE_DAY, roll)


def pay_due(table: WorkingDayTable, year: int, month: int, *, roll: Roll = "preceding") -> date:
    """Return the day by which the commission of the month earned is paid. Raises `YearNotKnown`."""
    return _due(table, year, month, PAY_DUE_DAY, roll)


class PayFileRefused(ValueError):  # noqa: N818 (named for what the reader must hear)
    """No pay file was made; the message is one sentence that names the line at fault."""


@dataclass(frozen=True, slots=True)
class PayLine:
    """One approved payment: the owner's bound account 绿卡账户 and name, and the month's figures in fen."""

    station_code: str
    account_no: str
    payee_name: str
    gross_fen: int
    tax_fen: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class PayFile:
    """The file to hand to the bank, and its control figures to hold against the books and the bank's answer."""

    name: str
    content: bytes
    count: int
    net_fen: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PayFileProfile:
    """How the bank reads the file; GB18030 holds every name, rare characters too."""

    encoding: Literal["utf-8", "gb18030"] = "gb18030"
    newline: Literal["\n", "\r\n"] = "\n"


DEFAULT_PAY_PROFILE = PayFileProfile()


@dataclass(frozen=True, slots=True)
class PayRun:
    """Which month's commission is paid when; `seq` tells several files of one month apart."""

    year: int
    month: int
    pay_date: date
    seq: int = 1


def make_pay_file(run: PayRun, lines: Iterable[PayLine], profile: PayFileProfile = DEFAULT_PAY_PROFILE) -> PayFile:
    """Return the file for approved lines, in station order; the same lines give the same bytes.

    Raises `PayFileRefused` the list is empty, gross, tax and net of a line disagree, it pays nothing, a station
    occurs twice, or a field is empty, too long or holds a delimiter or control character.
    """
    ordered = sorted(lines, key=lambda line: line.station_code)
    if not ordered:
        raise PayFileRefused("There is nothing to pay: the list has no approved line.")
    for before, line in pairwise(ordered):
        if before.station_code == line.station_code:
            raise PayFileRefused(f"Station {line.station_code} is on the list twice.")
    month = f"{run.year:04d}{run.month:02d}"
    texts = [f"H|COMMISSION|{month}|{run.pay_date:%Y%m%d}|{run.seq}|1"]
    texts += [_text_of(seq, line) for seq, line in enumerate(ordered, start=1)]
    body = "".join(text + profile.newline for text in texts).encode(profile.encoding)
    net_fen = sum(line.net_fen for line in ordered)
    digest = hashlib.sha256(body).hexdigest()
    trailer = f"T|{len(ordered)}|{net_fen}|{digest}{profile.newline}".encode(profile.encoding)
    return PayFile(f"COMMISSION_{month}_{run.seq}.txt", body + trailer, len(ordered), net_fen, digest)


def _text_of(seq: int, line: PayLine) -> str:
    if line.net_fen <= 0 or line.tax_fen < 0 or line.gross_fen - line.tax_fen != line.net_fen:
        raise PayFileRefused(f"Station {line.station_code}: gross less tax must be the net, and the net above zero.")
    for name, value in (
        ("code", line.station_code),
        ("account number", line.account_no),
        ("payee name", line.payee_name),
    ):
        if not value or len(value) > _FIELD_MAX or "|" in value or not value.isprintable() or value != value.strip():
            raise PayFileRefused(f"Station {line.station_code!r}: the {name} is empty, too long or not plain text.")
    fields = (line.station_code, line.account_no, line.payee_name, line.gross_fen, line.tax_fen, line.net_fen)
    return "|".join(("P", str(seq), *map(str, fields)))
