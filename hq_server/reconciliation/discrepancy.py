"""What may differ between our book and a biller's 差错分类, and the one decision that names it.

Over and short are said from our side: 长款 is the counterparty's money that our book lacks, 短款 is our book's money
that the counterparty lacks. A finding is a claim about two books; by itself it changes no figure of any station.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hq_server.files.rows import LineKind, LineStatus
from station_journal.quickly_made import quickly_made

if TYPE_CHECKING:
    from datetime import date, datetime

SUSPENSE_AFTER_DAYS = 3
"""Default N: a difference older than so many calendar days is carried in suspense 挂账 with an owner."""


class SaleStatus(StrEnum):
    """Our side of a sale: CAPTURED is money owed on, HELD is unknown, the other two are none."""

    CAPTURED = "CAPTURED"
    HELD = "HELD"
    DECLINED = "DECLINED"
    REVERSED = "REVERSED"


class BreakClass(StrEnum):
    """Difference class; the value is stored and shown, so it never changes. MATCHED is none."""

    MATCHED = "MATCHED"
    THEIRS_ONLY = "THEIRS_ONLY"
    OURS_ONLY = "OURS_ONLY"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    STATUS_MISMATCH = "STATUS_MISMATCH"
    DUPLICATE_OURS = "DUPLICATE_OURS"
    DUPLICATE_THEIRS = "DUPLICATE_THEIRS"
    ACCOUNT_MISMATCH = "ACCOUNT_MISMATCH"
    FEE_MISMATCH = "FEE_MISMATCH"
    AMBIGUOUS = "AMBIGUOUS"
    UNIDENTIFIED_CREDIT = "UNIDENTIFIED_CREDIT"
    CUTOFF_SHIFT = "CUTOFF_SHIFT"
    FILE_TOTAL_MISMATCH = "FILE_TOTAL_MISMATCH"
    SUSPENSE = "SUSPENSE"
    BALANCE_GAP = "BALANCE_GAP"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    PAYMENT_RETURNED = "PAYMENT_RETURNED"


CLASS_WORDS: dict[BreakClass, tuple[str, str]] = {
    BreakClass.MATCHED: ("平账", "matched"),
    BreakClass.THEIRS_ONLY: ("长款（对方单边）", "over: theirs only"),
    BreakClass.OURS_ONLY: ("短款（我方单边）", "short: ours only"),
    BreakClass.AMOUNT_MISMATCH: ("金额不符", "amounts differ"),
    BreakClass.STATUS_MISMATCH: ("状态不符", "outcomes differ"),
    BreakClass.DUPLICATE_OURS: ("我方重复", "repeated on our side"),
    BreakClass.DUPLICATE_THEIRS: ("对方重复", "repeated on their side"),
    BreakClass.ACCOUNT_MISMATCH: ("户号不符", "accounts differ"),
    BreakClass.FEE_MISMATCH: ("手续费不符", "fees differ"),
    BreakClass.AMBIGUOUS: ("多笔相似，待人判断", "several alike, for a person to judge"),
    BreakClass.UNIDENTIFIED_CREDIT: ("退款来源不明", "money given back, unexplained"),
    BreakClass.CUTOFF_SHIFT: ("跨日（日切）", "found in the neighbour day"),
    BreakClass.FILE_TOTAL_MISMATCH: ("总分不符", "file disagrees with its own totals"),
    BreakClass.SUSPENSE: ("存疑挂账", "carried in suspense"),
    BreakClass.BALANCE_GAP: (
        "期初余额不等于上一份账单的期末余额",
        "opens at another balance than the statement before closed",
    ),
    BreakClass.PAYMENT_RETURNED: ("银行退回了已付的款项", "the bank gave a payment back"),
    BreakClass.DIGEST_MISMATCH: ("站点与总部的日终摘要不符", "the day digests of station and HQ differ"),
}

CLOSED_CLASSES = frozenset({BreakClass.MATCHED, BreakClass.CUTOFF_SHIFT})
"""Classes that leave nothing open."""


@quickly_made
@dataclass(frozen=True, slots=True)
class OurSale:
    """A sale as our book has it; `biller_no` is the biller's serial when it told us one, `taken_at` is UTC."""

    station_code: str
    our_no: str
    biller_no: str | None
    account_no: str
    amount_fen: int
    status: SaleStatus
    business_date: date
    taken_at: datetime
    fee_fen: int = 0


@quickly_made
@dataclass(frozen=True, slots=True)
class TheirLine:
    """A line of a settlement file with where it stands; `our_no` is None when they did not keep ours, `at` is UTC.

    `fee_fen` is the payer's fee as they state it, None where they state none. `station_code` is where the line rests.
    """

    business_date: date
    file_seq: int
    line_seq: int
    our_no: str | None
    biller_no: str
    account_no: str
    at: datetime
    kind: LineKind
    amount_fen: int
    status: LineStatus
    fee_fen: int | None = None
    station_code: str = ""


def is_their_money(line: TheirLine) -> bool:
    """Tell whether the counterparty counts the line as money for us to hand on: a payment that succeeded."""
    return line.kind is LineKind.PAY and line.status is LineStatus.SUCCESS


def is_given_back(line: TheirLine) -> bool:
    """Tell whether the line takes a payment back and did so."""
    return line.kind is LineKind.REV and line.status is not LineStatus.FAILED


def classify(ours: OurSale | None, theirs: TheirLine | None) -> BreakClass:
    """Name the difference between a sale and the line of the same key; either may be absent, not both.

    A sale that we hold as unknown agrees with whatever outcome they state; without a line it stays open as ours only.
    One pair gets one class, the gravest first: whether money moved, for which account, with which outcome, how much,
    at what fee, on which date. A taking back that names no sale of ours is money given back, nobody knows whose.
    Raises `ValueError` when both are absent.
    """
    if ours is None:
        if theirs is None:
            raise ValueError("There is nothing to classify.")
        if is_given_back(theirs):
            return BreakClass.UNIDENTIFIED_CREDIT
        return BreakClass.THEIRS_ONLY if is_their_money(theirs) else BreakClass.MATCHED
    if theirs is None:
        open_here = ours.status in (SaleStatus.CAPTURED, SaleStatus.HELD)
        return BreakClass.OURS_ONLY if open_here else BreakClass.MATCHED
    paid_there = is_their_money(theirs)
    if ours.status is SaleStatus.DECLINED and paid_there:
        return BreakClass.THEIRS_ONLY
    if ours.status is not SaleStatus.CAPTURED and not paid_there:
        return BreakClass.MATCHED
    if ours.account_no != theirs.account_no:
        return BreakClass.ACCOUNT_MISMATCH
    if ours.status is not SaleStatus.HELD and (ours.status is SaleStatus.CAPTURED) != paid_there:
        return BreakClass.STATUS_MISMATCH
    if ours.amount_fen != theirs.amount_fen:
        return BreakClass.AMOUNT_MISMATCH
    if theirs.fee_fen is not None and theirs.fee_fen != ours.fee_fen:
        return BreakClass.FEE_MISMATCH
    return BreakClass.MATCHED if ours.business_date == theirs.business_date else BreakClass.CUTOFF_SHIFT


def difference_fen(ours: OurSale | None, theirs: TheirLine | None) -> int:
    """Return their money minus ours in fen: positive is over 长款, negative short 短款. Held credit is no money yet.

    A taking back without a sale of ours counts as less of their money.
    """
    if ours is None and theirs is not None and is_given_back(theirs):
        return -theirs.amount_fen
    ours_fen = ours.amount_fen if ours is not None and ours.status is SaleStatus.CAPTURED else 0
    theirs_fen = theirs.amount_fen if theirs is not None and is_their_money(theirs) else 0
    return theirs_fen - ours_fen


class MatchKey(StrEnum):
    """By which key sale and line were brought together."""

    BILLER_SERIAL = "BILLER_SERIAL"
    OUR_SERIAL = "OUR_SERIAL"
    UNIQUE = "UNIQUE"
    BATCH_SUM = "BATCH_SUM"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class SettlesUnknown:
    """Evidence that ends an unknown outcome: the file states that the payment succeeded, or that it did not."""

    station_code: str
    our_no: str
    biller_no: str
    confirmed: bool


@quickly_made
@dataclass(frozen=True, slots=True)
class Finding:
    """The one result of a sale, a line, or both.

    `reversal` is the REV line that took back `line`. `difference_fen` is their money minus ours.
    """

    break_class: BreakClass
    sale: OurSale | None
    line: TheirLine | None
    key: MatchKey
    difference_fen: int
    reversal: TheirLine | None = None
    evidence: SettlesUnknown | None = None

    @property
    def business_date(self) -> date:
        """The date under which it is open: the sale's, or the file's when there is no sale."""
        if self.sale is not None:
            return self.sale.business_date
        if self.line is None:
            raise ValueError("A finding is about a sale or a line.")
        return self.line.business_date


def carried_class(found: BreakClass, business_date: date, as_of: date) -> BreakClass:
    """Return the class of a break as it stands on `as_of`: in suspense once open for more than the days allowed."""
    if found in CLOSED_CLASSES or (as_of - business_date).days <= SUSPENSE_AFTER_DAYS:
        return found
    return BreakClass.SUSPENSE
