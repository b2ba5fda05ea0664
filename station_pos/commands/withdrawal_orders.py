"""Orders about withdrawals 助农取款, in the imperative. Those without an operator are the machine's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.facts.withdrawals import FailureKind, PersonalId


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card as far as the counter may know it; empty where the terminal did not say."""

    last4: str = ""
    issuer: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class TerminalTold:
    """A transaction as the terminal told it; ``terminal_time`` as ``YYYY-MM-DD HH:MM:SS`` in its own local time."""

    card: CardSeen = CardSeen()
    trace_no: str = ""
    reference_no: str = ""
    auth_code: str = ""
    batch_no: str = ""
    receipt_no: str = ""
    terminal_no: str = ""
    merchant_no: str = ""
    terminal_time: str = ""


@dataclass(frozen=True, slots=True)
class EndTold:
    """Under which numbers the terminal keeps what became of a failed withdrawal.

    ``undone_trace_no`` is the trace number of what it reversed.
    """

    trace_no: str = ""
    receipt_no: str = ""
    undone_trace_no: str = ""


@dataclass(frozen=True, slots=True)
class IntendWithdrawal:
    """Put the intent of a withdrawal on record, before the terminal is asked.

    ``operation_no`` comes from ``Register.open_operation`` when the screen opens. ``by_agent``: an agent collector
    takes the cash; name and document number are masked already.
    """

    operator_no: int
    operation_no: int
    amount_fen: int
    by_agent: bool
    person_name: str
    id_kind: PersonalId
    id_masked: str


@dataclass(frozen=True, slots=True)
class RecordApproval:
    """Put the bank's approval on record, before the terminal is acknowledged.

    ``asked_again``: the terminal completed it already and told so when it was asked for its last result; it is recorded
    whatever the limits say.
    """

    withdrawal_seq: int
    told: TerminalTold
    asked_again: bool = False


@dataclass(frozen=True, slots=True)
class InstructPayout:
    """Tell the shop to hand out the cash, as the system: the transaction is complete."""

    withdrawal_seq: int


@dataclass(frozen=True, slots=True)
class PayOut:
    """State that the cash was handed out."""

    operator_no: int
    withdrawal_seq: int
    notes_exchanged: bool = False


@dataclass(frozen=True, slots=True)
class FailWithdrawal:
    """Put on record, as the system, that a withdrawal ended without cash, and the terminal's numbers of that end."""

    withdrawal_seq: int
    failure: FailureKind
    reason_code: str
    reason: str
    told: EndTold = EndTold()


@dataclass(frozen=True, slots=True)
class CloseRefuted:
    """State that the cash of an instructed payout was not handed out, and the bank says that nothing was debited."""

    operator_no: int
    withdrawal_seq: int


@dataclass(frozen=True, slots=True)
class IssueWithdrawalSlip:
    """Print, as the system, that a withdrawal's result is unknown; ``card`` is what the terminal had shown."""

    withdrawal_seq: int
    card: CardSeen


@dataclass(frozen=True, slots=True)
class RequestVoid:
    """Ask for an approved withdrawal, whose cash was not handed out, to be undone by the terminal."""

    operator_no: int
    withdrawal_seq: int


@dataclass(frozen=True, slots=True)
class RefuseVoid:
    """Put on record, as the system, that the terminal did not undo it."""

    withdrawal_seq: int
    reason: str


WithdrawalCommand = (
    IntendWithdrawal
    | RecordApproval
    | InstructPayout
    | PayOut
    | FailWithdrawal
    | CloseRefuted
    | IssueWithdrawalSlip
    | RequestVoid
    | RefuseVoid
)
