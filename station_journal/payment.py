"""A bill payment as both journals tell it, and the words for where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from station_journal.quickly_made import quickly_made

if TYPE_CHECKING:
    from datetime import date, datetime


class PaymentStatus(IntEnum):
    """Where a payment stands."""

    HELD = 1
    CONFIRMED = 2
    DECLINED = 3
    REVERSED = 4
    SUSPENDED = 5


class CashStatus(IntEnum):
    """Whose the cash taken for a payment is."""

    CUSTOMERS = 1
    SHOPS = 2
    RETURNED = 3
    SENT_AGAIN = 4


class Suspense(StrEnum):
    """Why something rests in suspense; the party of the suspense account."""

    OVER_CREDIT = "OVER_CREDIT"
    BILL_TWICE = "BILL_TWICE"
    OPERATION_TWICE = "OPERATION_TWICE"
    PRODUCT_UNKNOWN = "PRODUCT_UNKNOWN"
    CASH_NOT_DUE = "CASH_NOT_DUE"
    LATE_CONFIRMATION = "LATE_CONFIRMATION"
    NOT_RESENDABLE = "NOT_RESENDABLE"
    FLOAT_BELOW_BOOKS = "FLOAT_BELOW_BOOKS"
    CLOSE_OUT_OF_ORDER = "CLOSE_OUT_OF_ORDER"
    FIGURES_DIFFER = "FIGURES_DIFFER"
    CASH_DISPUTED = "CASH_DISPUTED"
    POUCH_UNKNOWN = "POUCH_UNKNOWN"
    POUCH_TWICE = "POUCH_TWICE"
    POUCH_DIFFERS = "POUCH_DIFFERS"
    POUCH_BOTH_WAYS = "POUCH_BOTH_WAYS"
    PARCEL_TWICE = "PARCEL_TWICE"
    PARCEL_NOT_HERE = "PARCEL_NOT_HERE"
    CODE_TWICE = "CODE_TWICE"
    COD_NOT_EXACT = "COD_NOT_EXACT"
    COD_NOT_RETURNABLE = "COD_NOT_RETURNABLE"
    GRANT_UNKNOWN = "GRANT_UNKNOWN"
    GRANT_KEY_WRONG = "GRANT_KEY_WRONG"
    GRANT_SPENT = "GRANT_SPENT"
    GRANT_REVOKED = "GRANT_REVOKED"
    GRANT_EXPIRED = "GRANT_EXPIRED"
    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    ORDER_UNDER_WAY = "ORDER_UNDER_WAY"
    NOT_REGISTERED = "NOT_REGISTERED"
    OVER_PAYOUT_ALLOWANCE = "OVER_PAYOUT_ALLOWANCE"
    PAYOUT_NOT_APPROVED = "PAYOUT_NOT_APPROVED"
    PAYOUT_NOT_DUE = "PAYOUT_NOT_DUE"
    PAYOUT_REFUTED = "PAYOUT_REFUTED"
    DEBITED_NOT_PAID = "DEBITED_NOT_PAID"
    NOT_RESTORABLE = "NOT_RESTORABLE"
    CORRECTION_PROPOSED = "CORRECTION_PROPOSED"
    CORRECTION_TWICE = "CORRECTION_TWICE"
    CORRECTION_UNFOUNDED = "CORRECTION_UNFOUNDED"
    CORRECTION_UNKNOWN = "CORRECTION_UNKNOWN"
    CORRECTION_ANSWERED = "CORRECTION_ANSWERED"
    DISPUTE_UNFOUNDED = "DISPUTE_UNFOUNDED"
    RULING_UNFOUNDED = "RULING_UNFOUNDED"


@quickly_made
@dataclass(frozen=True, slots=True)
class Payment:
    """A bill payment as both journals tell it; ``seq`` is the station record that took the cash.

    ``receipt_no``, ``pending_seq`` and ``invoice_no`` are empty (0 or "") until issued. ``source_seq`` is the earlier
    payment whose cash a resubmitted one carries on, else 0. ``answered_seq`` is the HQ record that confirmed or
    declined it, ``released_seq`` the one that declined or reversed it, ``reversal_refused_seq``
    the one that refused a reversal: a station record that had not seen them cannot
    build on them.
    """

    seq: int
    operation_no: int
    recorded_at: datetime
    business_date: date
    operator_no: int
    product_code: int
    biller_code: str
    account_no: str
    bill_no: str
    bill_period: str
    payer_name: str
    amount_fen: int
    fee_fen: int
    tendered_fen: int
    offline: bool
    status: PaymentStatus
    cash: CashStatus
    biller_no: str = ""
    reason: str = ""
    receipt_seq: int = 0
    receipt_no: int = 0
    pending_seq: int = 0
    invoice_no: str = ""
    reversal_seq: int = 0
    source_seq: int = 0
    answered_seq: int = 0
    released_seq: int = 0
    reversal_refused_seq: int = 0

    @property
    def total_fen(self) -> int:
        """What the customer pays: amount and tariff fee."""
        return self.amount_fen + self.fee_fen
