"""What a line of a file becomes, whatever the layout it was written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime


class LineKind(StrEnum):
    """What a row reports: a payment, or the taking back of one."""

    PAY = "PAY"
    REV = "REV"


class LineStatus(StrEnum):
    """What became of it at the counterparty; only SUCCESS is money."""

    SUCCESS = "SUCCESS"
    REVERSED = "REVERSED"
    FAILED = "FAILED"


class FileRow(NamedTuple):
    """One claim of a biller, an acquirer or a payment channel; a text that the file does not give is empty.

    `row_no` counts claims from 1, `line_no` lines of the file. `at` is UTC, None where the file tells only a date.
    `fee_fen` is the payer's fee, `charge_fen` what the counterparty withholds from us (negative when it gives it back),
    `net_fen` what it settles with us (negative when we owe); None where the file does not say. `original_no` is their
    number of what a REV takes back. Of a card there are the last four digits, never more.
    """

    row_no: int
    line_no: int
    kind: LineKind
    amount_fen: int
    status: LineStatus
    our_no: str = ""
    their_no: str = ""
    account_no: str = ""
    at: datetime | None = None
    fee_fen: int | None = None
    charge_fen: int | None = None
    net_fen: int | None = None
    batch_no: str = ""
    original_no: str = ""
    terminal_no: str = ""
    trace_no: str = ""
    card_last4: str = ""
    text: str = ""


class BankEntry(NamedTuple):
    """One movement on a bank account of ours; a batch booking stands expanded into its details.

    `amount_fen` is positive where our account was credited. `entry_no` counts the bank's entries from 1: the rows of
    one batch share it. `is_reversal` says that the bank took an earlier entry back; `return_code` why a payment of ours
    came back, by its own word or as ISO 20022 external code (AC04: account closed), empty where it says none.
    """

    row_no: int
    entry_no: int
    statement_no: str
    booked_on: date
    valued_on: date | None
    amount_fen: int
    is_reversal: bool
    bank_no: str
    end_to_end_id: str
    batch_no: str
    their_name: str
    their_account: str
    text: str
    return_code: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file, its name or whoever brought it says of the whole: None or empty where nobody says it.

    Sums are in fen: `total` of all rows, `pay` and `rev` of successful ones of a kind, `net` their difference. They are
    what the counterparty states, to be held against what the rows add up to.
    """

    party: str = ""
    date: date | None = None
    seq: int | None = None
    sums: dict[str, int] = field(default_factory=dict)
    sha256: str = ""


@dataclass(slots=True)
class Totals:
    """What the rows of a file add up to, in fen; a bank statement has its two balances beside them."""

    count: int = 0
    count_pay: int = 0
    count_rev: int = 0
    total: int = 0
    pay: int = 0
    rev: int = 0
    fee: int = 0
    charge: int = 0
    settled: int = 0
    opening: int | None = None
    closing: int | None = None

    @property
    def net(self) -> int:
        """Payments less what was taken back."""
        return self.pay - self.rev

    def add(self, row: FileRow) -> None:
        """Count a claim."""
        self.count += 1
        self.total += row.amount_fen
        self.fee += row.fee_fen or 0
        self.charge += row.charge_fen or 0
        self.settled += row.net_fen or 0
        if row.status is LineStatus.SUCCESS:
            if row.kind is LineKind.PAY:
                self.count_pay += 1
                self.pay += row.amount_fen
            else:
                self.count_rev += 1
                self.rev += row.amount_fen
