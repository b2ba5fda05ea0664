"""The card terminal's port: what every terminal driver offers, and the plain values it answers with.

Semi-integrated: the card, its PIN and its data stay in the terminal. What arrives here is the last four digits, the
issuer's name and, where the terminal gives one, its own token for the card. There is no field for a card number, an
expiry date or track data, and a driver drops them where it reads them (PCI DSS 3.2 and 3.3).

The order that cash needs: the station journals its intent, calls `withdraw`, and the driver calls back, first
`on_card`, then `commit` with the approved record *before* the terminal is told that we have it. Only an outcome
APPROVED, which comes after the terminal's own completion, lets money out of the drawer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_pos.devices.card_terminal_state import Progress, TerminalStatus


class CardOperation(StrEnum):
    """What a counter may ask of a terminal."""

    SIGN_ON = "sign_on"
    PAY = "pay"
    WITHDRAW = "withdraw"
    BALANCE = "balance"
    VOID = "void"
    REFUND = "refund"
    LAST_RESULT = "last_result"
    REPRINT = "reprint"
    SETTLE = "settle"
    CANCEL = "cancel"
    DISPLAY = "display"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one kind of terminal can do.

    `two_phase`: it waits for our acceptance of its result, and reverses by itself when told "not issued"; without it
    the driver sends a void where `commit` says False. `shows_card_before_result`: `on_card` comes before the bank is
    asked; where False it comes with the result, still before that is acknowledged.
    """

    operations: frozenset[CardOperation]
    two_phase: bool
    shows_card_before_result: bool = False

    def __contains__(self, operation: object) -> bool:
        return operation in self.operations


class Correlation(StrEnum):
    """How an answer is tied to a request, which decides how sure `last_result` can be.

    ECHO_REF: the terminal repeats our reference. LAST_ONLY: it knows its last transaction and nothing of ours.
    NONCE: it repeats a random number of the request, which a restarted counter no longer has.
    """

    ECHO_REF = "echo_ref"
    LAST_ONLY = "last_only"
    NONCE = "nonce"


class CardVerdict(StrEnum):
    """How a request ended.

    APPROVED: the terminal completed it (for requests without money: it is done). DECLINED: it took no effect at the
    bank, or the terminal confirmed that the effect was reversed. CANCELLED: the customer or the counter gave up, no
    effect. UNKNOWN: it may or may not have taken effect; pay nothing, ask again, never redo. NOT_STARTED: the request
    itself never left the counter, so nothing happened and it may be tried again.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request ended as it did: a stable code, and one sentence for the counter in each language."""

    code: str = ""
    chinese: str = ""
    english: str = ""


NO_REASON: Final = Reason()


@dataclass(frozen=True, slots=True)
class CardShown:
    """The card as far as the counter may know it. Empty strings are what the terminal did not say."""

    last4: str
    issuer: str
    card_token: str = ""

    @property
    def limit_key(self) -> str:
        """The key under which a card's withdrawals add up: the terminal's token, or issuer and last four digits.

        Two cards of one issuer with equal last digits share a key, so the cap is counted conservatively. Empty when
        the terminal showed nothing to know the card by.
        """
        if self.card_token:
            return f"token:{self.card_token}"
        return f"{self.issuer}:{self.last4}" if self.last4 else ""


@dataclass(frozen=True, slots=True)
class CardRecord:
    """One transaction as the terminal tells it. Empty strings and None are what it did not state.

    `amount_fen` is in fen. `terminal_time` is the terminal's own local time, at Beijing's offset
    (`station_pos.config.ZONE`), as its clock said it. `our_reference` is our
    reference where the terminal repeats it (ECHO_REF). `reverses_trace_no` names the transaction that this one undid.
    """

    card_last4: str = ""
    issuer: str = ""
    card_token: str = ""
    auth_code: str = ""
    trace_no: str = ""
    reference_no: str = ""
    receipt_no: str = ""
    batch_no: str = ""
    terminal_no: str = ""
    merchant_no: str = ""
    amount_fen: int | None = None
    terminal_time: datetime | None = None
    our_reference: str = ""
    reverses_trace_no: str = ""

    @property
    def card(self) -> CardShown:
        """The card that this transaction was made with."""
        return CardShown(self.card_last4, self.issuer, self.card_token)


@dataclass(frozen=True, slots=True)
class CardTotals:
    """What the terminal says it settled: how many transactions, and their sum in fen."""

    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class CardOutcome:
    """How a request ended and, when it did not end well, why.

    `record` is there when the terminal told a transaction, approved or not; with UNKNOWN it is what was heard before
    the line failed. `reversal` is the transaction that undid it, where the terminal told that with numbers of its own.
    `balance_fen` answers `balance`, `totals` answers `settle`. `lines` are the receipt lines that the terminal sent for
    us to print, with every number as long as a card's cut down to its last four digits.
    """

    verdict: CardVerdict
    record: CardRecord | None = None
    reason: Reason = NO_REASON
    balance_fen: int | None = None
    totals: CardTotals | None = None
    reversal: CardRecord | None = None
    lines: tuple[str, ...] = field(default=())

    @property
    def may_have_reached_terminal(self) -> bool:
        """Whether the request itself may have got to the terminal. False: nothing happened, it may be tried again."""
        return self.verdict is not CardVerdict.NOT_STARTED

    @property
    def pay_out(self) -> bool:
        """Whether money may move: the terminal completed the transaction."""
        return self.verdict is CardVerdict.APPROVED


class KnownTransaction(NamedTuple):
    """A transaction of this terminal that the journal knew before an intent; `undone`: the terminal had reversed it."""

    receipt_no: str
    trace_no: str
    undone: bool = False


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A journalled intent whose outcome is asked for: what is needed to tell our transaction from another.

    `reference` is what the request carried. `known_receipt_no` and `known_trace_no` are those of the last transaction
    on this terminal that the journal knew before the intent, empty when none; `known` are that and earlier ones.
    `not_before` is the time of the intent;
    a terminal whose clock is slow makes the answer UNKNOWN, never wrong.
    """

    amount_fen: int
    reference: str
    known_receipt_no: str
    known_trace_no: str
    not_before: datetime
    known: tuple[KnownTransaction, ...] = ()


def unwatched(_progress: Progress) -> None:
    """Let progress pass where nobody watches."""


def refuse(_record: CardRecord) -> bool:
    """Take no result over, where nobody is there to decide."""
    return False


def any_card(_card: CardShown) -> bool:
    """Let every card pass."""
    return True


class CardTerminal(Protocol):
    """A card terminal. Calls block, so they belong in the terminal's own thread; they always end in finite time.

    A line fault is a verdict, never a raised `LineError`: NOT_STARTED before any byte of the request went, UNKNOWN once
    it may have arrived. Requests with money are sent once; what is sent again by itself is only a frame that the
    other side said it had not read.

    Callbacks: `on_card(card)` False and `commit(record)` False both refuse the result, and the terminal reverses it;
    the outcome is DECLINED once it has confirmed that, UNKNOWN until then. What a callback raises refuses likewise, and
    is raised again when the terminal has been told. `commit` is never called for an amount other than the one asked.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this terminal can do; any other request is answered DECLINED with the reason `unsupported`."""
        ...  # pragma: no cover - a protocol

    @property
    def correlation(self) -> Correlation:
        """How its answers are tied to requests."""
        ...  # pragma: no cover - a protocol

    def sign_on(self) -> CardOutcome:
        """Sign the terminal on with its bank (签到)."""
        ...  # pragma: no cover - a protocol

    def status(self) -> TerminalStatus:
        """Ask the terminal how it is; no answer is never good news."""
        ...  # pragma: no cover - a protocol

    def pay(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Take an amount from the customer's card for a purchase (消费)."""
        ...  # pragma: no cover - a protocol

    def withdraw(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Move an amount from the customer's card to the agent's account, who hands out the cash (助农取款)."""
        ...  # pragma: no cover - a protocol

    def balance(self, *, on_progress: Callable[[Progress], None] = unwatched) -> CardOutcome:
        """Ask for the card's balance (余额查询); it moves no money."""
        ...  # pragma: no cover - a protocol

    def void(
        self,
        original: CardRecord,
        *,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Undo a transaction of this batch, whole (撤销)."""
        ...  # pragma: no cover - a protocol

    def refund(
        self,
        amount_fen: int,
        reference: str,
        *,
        original: CardRecord | None = None,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Give an amount back to the customer's card (退货)."""
        ...  # pragma: no cover - a protocol

    def last_result(
        self,
        intent: OpenIntent,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool] = refuse,
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Find out how an open intent ended, sending nothing that could move money.

        A terminal that still waits for our acceptance is answered as in the request itself: `on_card`, then `commit`,
        which by default refuses, so that the terminal reverses. Otherwise it is asked for its last transaction, judged
        by `station_pos.devices.card_matching`: APPROVED it happened, DECLINED it did not, UNKNOWN for all else (a line
        fault too: never NOT_STARTED, as the verdict is about the intent). `commit` is called only while the terminal
        waits, perhaps again for a record that it has accepted before; what happened earlier is in the outcome's record
        alone, and whether to pay it out or void it is for a person to say.
        """
        ...  # pragma: no cover - a protocol

    def reprint(self) -> CardOutcome:
        """Have the last transaction told and its receipt printed once more (重打印)."""
        ...  # pragma: no cover - a protocol

    def settle(self) -> CardOutcome:
        """Close the terminal's batch with the bank (结算)."""
        ...  # pragma: no cover - a protocol

    def display(self, text: str) -> CardOutcome:
        """Show a text on the terminal."""
        ...  # pragma: no cover - a protocol

    def cancel(self) -> None:
        """Ask the request under way to end; may be called from any thread, and does nothing when none is.

        How the request ends is still told by its own outcome: an approval may have been faster.
        """
        ...  # pragma: no cover - a protocol

    def close(self) -> None:
        """Give the line back; never fails."""
        ...  # pragma: no cover - a protocol
