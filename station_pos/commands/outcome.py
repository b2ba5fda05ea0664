"""What the register answers to a command: accepted with what was recorded, or refused with one reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from station_pos.text import Catalogue

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_journal.records import Fact
    from station_journal.subject import Subject


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
    LOADS_WAIT = "loads_wait"
    SAME_PAYMENT_UNKNOWN = "same_payment_unknown"
    NO_SUCH_PAYMENT = "no_such_payment"
    CHAIN_NOT_HEARD = "chain_not_heard"
    CASH_NOT_DUE = "cash_not_due"
    NOT_RESENDABLE = "not_resendable"
    REVERSAL_NOT_ALLOWED = "reversal_not_allowed"
    REVERSAL_NOT_PAID = "reversal_not_paid"
    REVERSAL_NOT_ANSWERED = "reversal_not_answered"
    REVERSAL_NOT_SENT = "reversal_not_sent"
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
    NOT_COMPUTABLE = "not_computable"
    COUNT_WRONG = "count_wrong"
    COUNT_STALE = "count_stale"
    FIGURES_DIFFER = "figures_differ"
    FLOAT_BELOW_BOOKS = "float_below_books"
    DRAWER_TOO_LOW = "drawer_too_low"
    POUCH_LABEL_WRONG = "pouch_label_wrong"
    POUCH_KNOWN = "pouch_known"
    POUCH_UNKNOWN = "pouch_unknown"
    POUCH_COLLECTED = "pouch_collected"
    POUCH_ACCEPTED = "pouch_accepted"
    PARCEL_UNKNOWN = "parcel_unknown"
    PARCEL_ELSEWHERE = "parcel_elsewhere"
    PARCEL_ALREADY_RECEIVED = "parcel_already_received"
    WAYBILL_FORM_WRONG = "waybill_form_wrong"
    PHONE_FORM_WRONG = "phone_form_wrong"
    CODE_NOT_FREE = "code_not_free"
    CODE_LOCKED = "code_locked"
    BATCH_CLOSED = "batch_closed"
    COURIER_MUST_SIGN = "courier_must_sign"
    PHONE_TAIL_WRONG = "phone_tail_wrong"
    COD_RETURN_TOO_LATE = "cod_return_too_late"
    SCAN_MISMATCH = "scan_mismatch"
    SCANNED_TWICE = "scanned_twice"
    IDENTITY_NEEDED = "identity_needed"
    IDENTITY_MISMATCH = "identity_mismatch"
    AGENT_INCOMPLETE = "agent_incomplete"
    NOT_INSPECTED = "not_inspected"
    NOT_LOST_YET = "not_lost_yet"
    CODE_FORM_WRONG = "code_form_wrong"
    CODE_TRIES_USED = "code_tries_used"
    GRANT_SPENT = "grant_spent"
    GRANT_REVOKED = "grant_revoked"
    GRANT_EXPIRED = "grant_expired"
    GOODS_LIST_CHANGED = "goods_list_changed"
    GOODS_LINES_WRONG = "goods_lines_wrong"
    ORDER_CLOSED = "order_closed"
    ORDER_UNDER_WAY = "order_under_way"
    NOT_REGISTERED = "not_registered"
    CONSENT_MISSING = "consent_missing"
    PHONE_WRONG = "phone_wrong"
    WITHDRAWAL_UNSETTLED = "withdrawal_unsettled"
    WITHDRAWAL_AMOUNT = "withdrawal_amount"
    CARD_DAY_CAP = "card_day_cap"
    PAYOUT_ALLOWANCE_USED = "payout_allowance_used"
    NO_SUCH_WITHDRAWAL = "no_such_withdrawal"
    PAYOUT_NOT_DUE = "payout_not_due"
    VOID_NOT_ALLOWED = "void_not_allowed"
    AGENT_NOT_NOTED = "agent_not_noted"
    CORRECTION_UNKNOWN = "correction_unknown"
    CORRECTION_ANSWERED = "correction_answered"
    DISPUTED_ALREADY = "disputed_already"
    CASE_UNKNOWN = "case_unknown"
    CASE_CLOSED = "case_closed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command took effect.

    ``seq`` is the first record it made; ``payment`` is the payment it concerns as it now stands; ``facts``
    are all facts appended, in order; ``print_jobs`` the numbers of the queued print jobs; ``subjects`` what else the
    command made or changed, as it now stands.
    """

    seq: int
    facts: tuple[Fact, ...]
    payment: Payment | None = None
    print_jobs: tuple[int, ...] = ()
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The command changed nothing. ``detail`` holds figures for the sentence, by name."""

    reason: Refusal
    detail: tuple[tuple[str, int | str], ...] = ()


Outcome = Accepted | Refused


FAULTS = Catalogue(
    {
        "disk_full": (
            "磁盘已满, 什么也没记。腾出空间后再试。",
            "The disk is full; nothing was recorded. Free some space and try again.",
        ),
        "folder_read_only": (
            "数据目录不能写, 什么也没记。",
            "The data folder cannot be written; nothing was recorded.",
        ),
        "busy": (
            "数据库被另一个程序占用, 什么也没记。请再试。",
            "The database is held by another program; nothing was recorded. Try again.",
        ),
        "in_use": (
            "这个数据目录已有一个 station-pos 在用, 只能开一个。",
            "Another station-pos is running on this data folder; only one may.",
        ),
        "damaged": (
            "数据库已损坏, 请运行 station-pos verify。",
            "The station's database is damaged; run station-pos verify.",
        ),
        "disk_failed": (
            "磁盘报错, 什么也没记。请再试。",
            "The disk reported an error; nothing was recorded. Try again.",
        ),
        "other_version": (
            "数据目录是另一个版本的程序建的。",
            "The data folder was made by another version of the program.",
        ),
        "not_enrolled": (
            "这个数据目录还没有登记站点, 请运行 station-pos enroll。",
            "This data folder holds no enrolled station; run station-pos enroll.",
        ),
        "conflict": (
            "这笔会重复生效, 什么也没记。",
            "What was asked would take effect twice; nothing was recorded.",
        ),
    }
)
"""One sentence for each kind of trouble with the disk."""


class RegisterFault(Exception):  # noqa: N818  a fault of the machine, not of what was asked
    """The register could not do what was asked, nothing is half-done, and asking again works once the cause is gone.

    ``code`` is one of the keys of ``FAULTS``; the message is its sentence in the chosen language.
    """

    def __init__(self, code: str) -> None:
        """Take the sentence of the code."""
        super().__init__(FAULTS(code))
        self.code = code
