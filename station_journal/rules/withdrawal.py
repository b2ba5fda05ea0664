"""A withdrawal as both journals tell it, and the terms it is made under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import ClassVar, NamedTuple

from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, PersonalId
from station_journal.subject import Subject, SubjectKey, calendar_day


class WithdrawalState(IntEnum):
    """Where a withdrawal stands by the station's own records. Up to VOIDING something is still to be done."""

    INTENDED = 1
    APPROVED = 2
    PAYABLE = 3
    VOIDING = 4
    PAID = 5
    FAILED = 6


class Claim(IntEnum):
    """Against whom the shop has what it pays out: the bank, its own account, its credit, or suspense."""

    NONE = 0
    BANK = 1
    OWNER = 2
    CREDIT = 3
    REFUTED = 4
    OVER_ALLOWANCE = 5
    NOT_APPROVED = 6
    DEBITED_NOT_PAID = 7


class BankWord(NamedTuple):
    """What the bank said in HQ record ``seq``; ``acted`` if it moved or placed the claim, which then is ``claim``."""

    seq: int
    debited: bool
    fee_fen: int
    acted: bool
    claim: Claim


OPEN_STATES = (
    WithdrawalState.INTENDED,
    WithdrawalState.APPROVED,
    WithdrawalState.PAYABLE,
    WithdrawalState.VOIDING,
)
"""States in which somebody or the machine has something to do."""


@dataclass(frozen=True, slots=True)
class Withdrawal(Subject):
    """A withdrawal; ``seq`` is the record of its intent.

    Sums are fen. Record numbers are 0 until there is such a record, texts empty. ``placed_seq`` is the station record
    that brought the claim into the books, ``placing`` where; ``back`` is the claim that a later failure took back.
    ``words`` are all that the bank said, in order: a station record builds only on those it had seen. ``reason`` says
    why it failed, or why the terminal refused to undo it. ``told_seq`` is the record of the numbers under which the
    terminal keeps what became of a failed one, ``undone_trace_no`` what it reversed.
    """

    SUBJECT: ClassVar[int] = 1
    seq: int
    operation_no: int
    recorded_at: datetime
    business_date: date
    operator_no: int
    amount_fen: int
    known_receipt_no: str
    known_trace_no: str
    by_agent: bool
    person_name: str
    id_kind: PersonalId
    id_masked: str
    state: WithdrawalState = WithdrawalState.INTENDED
    card_last4: str = ""
    issuer: str = ""
    card_token: str = ""
    trace_no: str = ""
    reference_no: str = ""
    auth_code: str = ""
    batch_no: str = ""
    receipt_no: str = ""
    terminal_no: str = ""
    merchant_no: str = ""
    terminal_time: str = ""
    fee_fen: int = 0
    fee_payer: FeePayer = FeePayer.CUSTOMER
    asked_again: bool = False
    acquirer_code: str = ""
    approved_seq: int = 0
    instructed_seq: int = 0
    paid_seq: int = 0
    notes_exchanged: bool = False
    pending_seq: int = 0
    void_seq: int = 0
    failed_seq: int = 0
    failure: int = 0
    reason: str = ""
    placed_seq: int = 0
    placing: Claim = Claim.NONE
    back: Claim = Claim.NONE
    words: tuple[BankWord, ...] = ()
    restored_seq: int = 0
    told_seq: int = 0
    told_trace_no: str = ""
    told_receipt_no: str = ""
    undone_trace_no: str = ""

    @property
    def key(self) -> str:
        """The number of its intent."""
        return withdrawal_key(self.seq).key

    @property
    def last_numbers(self) -> tuple[int, str, str]:
        """The record that told the terminal's last numbers of it, its receipt and its trace number; 0 for none yet."""
        if self.told_seq:
            return self.told_seq, self.told_receipt_no, self.told_trace_no
        return self.approved_seq, self.receipt_no, self.trace_no

    @property
    def state_no(self) -> int:
        """Its state, for lists."""
        return int(self.state)

    @property
    def on_day(self) -> date:
        """The day that a bank's file has it under, save for what the bank's own cut-off shifts."""
        return calendar_day(self.recorded_at)

    @property
    def device_no(self) -> str | None:
        """The terminal that it was made at, once its answer named it."""
        return self.terminal_no or None

    @property
    def is_open(self) -> bool:
        """Whether somebody or the machine has something to do about it."""
        return self.state in OPEN_STATES

    @property
    def unknown(self) -> bool:
        """Whether nobody knows how it ended."""
        return self.state in {WithdrawalState.INTENDED, WithdrawalState.APPROVED, WithdrawalState.VOIDING}

    @property
    def last_word(self) -> BankWord | None:
        """What the bank said last."""
        return self.words[-1] if self.words else None

    @property
    def confirmed(self) -> bool:
        """Whether the bank has confirmed it, as far as the books go by that."""
        return self.acted_word is not None and self.acted_word.debited

    @property
    def acted_word(self) -> BankWord | None:
        """The bank's word that the books go by."""
        return next((word for word in reversed(self.words) if word.acted), None)


def withdrawal_key(seq: int) -> SubjectKey:
    """Name the withdrawal that a station record intended."""
    return SubjectKey(Withdrawal.SUBJECT, f"{seq:012d}")


class Terms(NamedTuple):
    """One version of the withdrawal terms, of HQ record ``seq`` (0 for the default)."""

    seq: int
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


DEFAULT_TERMS = Terms(
    seq=0,
    effective_on=date(1970, 1, 1),
    acquirer_code="100",
    acquirer_name="邮政储蓄银行",
    acquirer_name_en="Postal Savings Bank",
    payout_allowance_fen=500_000,
    restores_credit=False,
    card_day_cap_fen=200_000,
    least_fen=1_000,
    fee_fen=100,
    fee_payer=FeePayer.CUSTOMER,
    first_free_scope=FirstFreeScope.SUBSIDY_CARDS,
)
"""What holds until HQ records other terms."""


@dataclass(frozen=True, slots=True)
class TermsBook(Subject):
    """All withdrawal terms that HQ's journal holds for a station, in the order of their records."""

    SUBJECT: ClassVar[int] = 2
    versions: tuple[Terms, ...] = ()

    @property
    def key(self) -> str:
        """There is one at a station."""
        return TERMS_KEY.key

    def at(self, day: date, seen_seq: int) -> Terms:
        """Give the terms in force on a day, by HQ's records up to ``seen_seq``: the later date, then record, wins."""
        known = [terms for terms in self.versions if terms.seq <= seen_seq and terms.effective_on <= day]
        return max(known, key=lambda terms: (terms.effective_on, terms.seq), default=DEFAULT_TERMS)


TERMS_KEY = SubjectKey(TermsBook.SUBJECT, "terms")
