"""What the register answers to a command: accepted with what was recorded, or refused with one reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.posting import Payment
    from station_journal.records import Fact


class Refusal(StrEnum):
    """Why a command is refused; the screen has one plain sentence for each. Nothing was recorded or moved."""

    CREDIT_TOO_LOW = "credit_too_low"
    BILL_ALREADY_PAID = "bill_already_paid"
    OPERATION_ALREADY_DONE = "operation_already_done"
    PRODUCT_NOT_SOLD = "product_not_sold"
    ACCOUNT_FORM_WRONG = "account_form_wrong"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    TENDER_TOO_LOW = "tender_too_low"
    OFFLINE_NOT_ALLOWED = "offline_not_allowed"
    OFFLINE_ALLOWANCE_USED = "offline_allowance_used"
    SAME_PAYMENT_UNKNOWN = "same_payment_unknown"
    NO_SUCH_PAYMENT = "no_such_payment"
    CASH_NOT_DUE = "cash_not_due"
    NOT_RESENDABLE = "not_resendable"
    REVERSAL_NOT_ALLOWED = "reversal_not_allowed"
    REVERSAL_TOO_LATE = "reversal_too_late"
    ALREADY_REVERSED = "already_reversed"
    INVOICE_ISSUED = "invoice_issued"
    NOTHING_TO_COPY = "nothing_to_copy"
    OPERATOR_UNKNOWN = "operator_unknown"
    OWNER_ONLY = "owner_only"
    TARIFF_NOT_READY = "tariff_not_ready"
    DAY_ALREADY_ENDED = "day_already_ended"
    CLOCK_TO_CONFIRM = "clock_to_confirm"
    READ_ONLY = "read_only"
    TEXT_TOO_LONG = "text_too_long"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command took effect. ``seq`` is the first record it made; ``payment`` is the payment it concerns as it now stands.

    ``facts`` are all facts appended, in order; ``print_jobs`` the numbers of the queued print jobs.
    """

    seq: int
    facts: tuple[Fact, ...]
    payment: Payment | None = None
    print_jobs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The command changed nothing. ``detail`` holds figures for the sentence, by name."""

    reason: Refusal
    detail: tuple[tuple[str, int | str], ...] = ()


Outcome = Accepted | Refused
