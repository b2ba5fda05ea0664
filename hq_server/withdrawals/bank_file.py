"""The acquirer's daily withdrawal file in its default profile, read whole or refused whole; pure.

Name: ``WD_<acquirer>_<YYYYMMDD>_<number>.csv`` with an empty ``.ok`` flag beside it once it is complete. UTF-8, comma
separated, one header line ``terminal_no,trace_no,kind,card_last4,amount,fee,at,bank_no``. ``kind`` is ``W`` for a
withdrawal that was debited and ``R`` for one that was reversed (its trace number is the original's). Amounts in yuan
with two decimals, ``at`` is Beijing time ``YYYY-MM-DD HH:MM:SS``. The last line is ``END`` with the count of lines,
the sum of amounts and the sum of fees: ``END,3,,,850.00,3.00,,``.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from station_journal.money import AmountRefusedError, parse_yuan

HEADER = ("terminal_no", "trace_no", "kind", "card_last4", "amount", "fee", "at", "bank_no")
LINES_MAX = 1_000_000
_NAME = re.compile(r"WD_([0-9A-Z]{1,12})_(\d{8})_(\d{1,4})\.csv")
_CHINA = timezone(timedelta(hours=8))


class BankFileRefusedError(ValueError):
    """The file is not what its profile says; the message is one sentence and nothing of the file takes effect."""


@dataclass(frozen=True, slots=True)
class BankFileName:
    """What the name says."""

    acquirer_code: str
    business_date: date
    seq: int


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line. ``reversed`` undoes the withdrawal of this terminal with this trace number. ``at`` is UTC."""

    line_no: int
    terminal_no: str
    trace_no: str
    reversed: bool
    card_last4: str
    amount_fen: int
    fee_fen: int
    at: datetime
    bank_no: str


def read_name(name: str) -> BankFileName | None:
    """Read a file name, None if it is not of the form."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = date(int(match[2][:4]), int(match[2][4:6]), int(match[2][6:]))
    except ValueError:
        return None
    return BankFileName(match[1], day, int(match[3]))


def parse(content: bytes) -> tuple[BankLine, ...]:
    """Read a whole file.

    Raises:
        BankFileRefusedError: a byte, a field, an order or a total is wrong; one sentence that names the line.
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BankFileRefusedError("the file is no UTF-8 CSV") from error
    if not rows or tuple(rows[0]) != HEADER:
        raise BankFileRefusedError(f"line 1 must be {','.join(HEADER)}")
    if len(rows) > LINES_MAX:
        raise BankFileRefusedError(f"the file has more than {LINES_MAX} lines")
    if len(rows) < 2 or rows[-1][:1] != ["END"]:  # noqa: PLR2004  header and trailer
        raise BankFileRefusedError("the last line must begin with END: the file is cut off")
    lines = tuple(_line(number, row) for number, row in enumerate(rows[1:-1], 2))
    _check_end(rows[-1], lines)
    keys = [(line.terminal_no, line.trace_no, line.reversed) for line in lines]
    if len(set(keys)) != len(keys):
        raise BankFileRefusedError("a terminal's trace number stands in the file twice")
    return lines


def _line(number: int, row: list[str]) -> BankLine:
    if len(row) != len(HEADER):
        raise BankFileRefusedError(f"line {number} has {len(row)} fields, not {len(HEADER)}")
    terminal_no, trace_no, kind, last4, amount, fee, at, bank_no = row
    if not terminal_no or not trace_no.isascii() or not trace_no.isdigit() or kind not in {"W", "R"}:
        raise BankFileRefusedError(f"line {number}: terminal, trace number or kind is wrong")
    if last4 and not (len(last4) == 4 and last4.isdigit()):  # noqa: PLR2004  last four digits
        raise BankFileRefusedError(f"line {number}: a card is told by its last four digits alone")
    try:
        moment = datetime.strptime(at, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA).astimezone(UTC)
        amount_fen, fee_fen = parse_yuan(amount), parse_yuan(fee)
    except (ValueError, AmountRefusedError) as error:
        raise BankFileRefusedError(f"line {number}: amount, fee or time is wrong") from error
    if amount_fen <= 0:
        raise BankFileRefusedError(f"line {number}: the amount is not above zero")
    return BankLine(number, terminal_no, trace_no, kind == "R", last4, amount_fen, fee_fen, moment, bank_no)


def _check_end(row: list[str], lines: tuple[BankLine, ...]) -> None:
    try:
        stated = int(row[1]), parse_yuan(row[4]), parse_yuan(row[5])
    except (IndexError, ValueError, AmountRefusedError) as error:
        raise BankFileRefusedError("the END line must state count, amount and fee") from error
    found = len(lines), sum(line.amount_fen for line in lines), sum(line.fee_fen for line in lines)
    if stated != found:
        raise BankFileRefusedError("count, amount or fee of the END line are not those of the lines")
