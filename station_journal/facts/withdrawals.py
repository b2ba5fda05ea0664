"""What may be recorded about assisted cash withdrawals 助农取款 (card in, cash out of the shop's drawer).

The road of one: intended (durable before the terminal is asked), approved (durable before the terminal is
acknowledged), payout instructed (the terminal has completed; the slip in two copies is the instruction), paid. It may
fail at any step before the cash, and be unknown at any. A bank's word about it comes from HQ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar


class FailureKind(IntEnum):
    """How a withdrawal ended without cash: the customer's card is not charged, or no longer."""

    DECLINED = 1
    CANCELLED = 2
    NOT_STARTED = 3
    OVER_LIMIT = 4
    REVERSED = 5
    NOT_DEBITED = 6


class FeePayer(IntEnum):
    """Who pays the acquirer's fee of a withdrawal; it goes to the owner's account and never through the drawer."""

    CUSTOMER = 1
    BANK = 2
    WAIVED = 3


class FirstFreeScope(IntEnum):
    """Whose first withdrawal of a month is free of the fee (opinion 235 of 2014: pensions and farm subsidies)."""

    NONE = 1
    SUBSIDY_CARDS = 2
    ALL_CARDS = 3


class PersonalId(IntEnum):
    """With which document the person who takes the cash was known."""

    NOT_NOTED = 0
    RESIDENT_ID = 1
    OTHER = 2


class BankWordSource(IntEnum):
    """Where HQ has the bank's word from: the acquirer's daily file, or a ruling of two people."""

    FILE = 1
    RULING = 2


@dataclass(frozen=True, slots=True)
class WithdrawalIntended:
    """An operator asked the terminal for a withdrawal; durable before the terminal hears of it.

    ``known_receipt_no`` and ``known_trace_no`` are the terminal's numbers of its last transaction that the journal
    knew, by which ours is told from another after a cut. Who takes the cash, if not the card's holder, is an agent
    collector 代取人: name and document number masked.
    """

    KIND: ClassVar[int] = 14
    operation_no: int
    amount_fen: int
    known_receipt_no: str
    known_trace_no: str
    by_agent: bool
    person_name: str
    id_kind: PersonalId
    id_masked: str


@dataclass(frozen=True, slots=True)
class WithdrawalApproved:
    """The bank approved, as the terminal told; durable before the terminal is acknowledged.

    Of the card only the last four digits, the issuer and the terminal's own token. ``terminal_time`` is the terminal's
    local time as it told it (``YYYY-MM-DD HH:MM:SS``, empty where it did not). ``fee_fen`` is the fee that was shown
    and ``fee_payer`` who pays it. ``asked_again`` tells that it was found out by asking for the last result.
    """

    KIND: ClassVar[int] = 15
    withdrawal_seq: int
    card_last4: str
    issuer: str
    card_token: str
    trace_no: str
    reference_no: str
    auth_code: str
    batch_no: str
    receipt_no: str
    terminal_no: str
    merchant_no: str
    terminal_time: str
    fee_fen: int
    fee_payer: FeePayer
    asked_again: bool


@dataclass(frozen=True, slots=True)
class PayoutInstructed:
    """The shop is told to hand out the cash: the transaction is complete. The slip in two copies is this instruction.

    From here on HQ is bound: should the bank deny it later, the amount is HQ's to settle, never the drawer's.
    """

    KIND: ClassVar[int] = 16
    withdrawal_seq: int


@dataclass(frozen=True, slots=True)
class WithdrawalPaid:
    """The cash was handed out. ``notes_exchanged``: the customer disputed a note and got another on the spot."""

    KIND: ClassVar[int] = 17
    withdrawal_seq: int
    notes_exchanged: bool


@dataclass(frozen=True, slots=True)
class WithdrawalFailed:
    """The withdrawal ended without cash. ``reason_code`` is stable, ``reason`` the sentence shown at the counter."""

    KIND: ClassVar[int] = 18
    withdrawal_seq: int
    failure: FailureKind
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawalNumbersTold:
    """The numbers under which the terminal keeps what became of a failed withdrawal, as far as it told them.

    A terminal books the reversal of a transaction under numbers of its own, and knows of the past only its last
    transaction: without them that reversal, met again after a later cut, could be anybody's. ``undone_trace_no`` is the
    trace number of what was reversed, empty where nothing was.
    """

    KIND: ClassVar[int] = 47
    withdrawal_seq: int
    trace_no: str
    receipt_no: str
    undone_trace_no: str


@dataclass(frozen=True, slots=True)
class WithdrawalPendingSlipIssued:
    """A slip was issued that the result is unknown: nothing is paid and nothing is done twice.

    The card is as far as the terminal had shown it, empty where it had not; the day's cap counts it.
    """

    KIND: ClassVar[int] = 19
    withdrawal_seq: int
    card_last4: str
    issuer: str
    card_token: str


@dataclass(frozen=True, slots=True)
class WithdrawalVoidRequested:
    """An operator asked the terminal to undo an approved withdrawal whose cash was not handed out."""

    KIND: ClassVar[int] = 20
    withdrawal_seq: int


@dataclass(frozen=True, slots=True)
class WithdrawalVoidRefused:
    """The terminal did not undo it: the withdrawal stands and its cash is due to the customer."""

    KIND: ClassVar[int] = 21
    withdrawal_seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawalTermsAgreed:
    """The withdrawal terms of the agency agreement from ``effective_on`` on; proposed by one, approved by another.

    ``payout_allowance_fen`` is how much may be paid out above the free credit before the bank has confirmed it.
    ``restores_credit``: the acquirer pays HQ, which grants the principal back as credit. ``card_day_cap_fen`` is the
    most for one card in one calendar day (2,000.00 by default, "in principle" of opinion 235 of 2014), ``least_fen``
    the least for one withdrawal, which is also what every amount is a multiple of. ``acquirer_code`` is the first three
    digits of the merchant number (100: postal savings).
    """

    KIND: ClassVar[int] = 72
    effective_on: date
    acquirer_code: str
    acquirer_name: str
    acquirer_name_en: str
    payout_allowance_fen: int
    restores_credit: bool
    card_day_cap_fen: int
    least_fen: int
    fee_fen: int
    fee_payer: FeePayer
    first_free_scope: FirstFreeScope
    maker_no: int
    approver_no: int


@dataclass(frozen=True, slots=True)
class BankAnswered:
    """What the bank says of a withdrawal: the card was debited and the owner's side credited, or it was not.

    ``bank_no`` is the acquirer's reference, ``fee_fen`` the fee it credited to the owner. ``reason`` is evidence in
    words: the file's name and line, or the finding of a ruling.
    """

    KIND: ClassVar[int] = 73
    withdrawal_seq: int
    debited: bool
    source: BankWordSource
    bank_no: str
    fee_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class CreditRestored:
    """The principal of a withdrawal that the acquirer settled with HQ came back as credit, by agreement."""

    KIND: ClassVar[int] = 74
    withdrawal_seq: int
    amount_fen: int


WithdrawalStationFact = (
    WithdrawalIntended
    | WithdrawalApproved
    | PayoutInstructed
    | WithdrawalPaid
    | WithdrawalFailed
    | WithdrawalNumbersTold
    | WithdrawalPendingSlipIssued
    | WithdrawalVoidRequested
    | WithdrawalVoidRefused
)
WithdrawalHqFact = WithdrawalTermsAgreed | BankAnswered | CreditRestored
