"""What the screens see of withdrawals 助农取款: where one stands, what the terminal is doing, and what may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.rules.withdrawal import Terms, Withdrawal
    from station_pos.commands.outcome import Outcome
    from station_pos.commands.withdrawal_orders import IntendWithdrawal, RequestVoid
    from station_pos.services.entries import Entry, UndoOffer, WayOut
    from station_pos.services.in_flight import InFlight

WITHDRAWAL = "withdrawal"
"""The service of a withdrawal in lists that several services share; ``ref`` is the number of its intent."""


class TerminalAwayError(Exception):
    """The terminal cannot be asked now; nothing was started. The message is one sentence in the chosen language."""


@dataclass(frozen=True, slots=True)
class CardWork:
    """What the terminal is doing for withdrawal ``seq``: words as (Chinese, English), seconds since it began.

    ``asked_again`` counts how often its result was asked for; ``slip_after_s`` is how many seconds the bank may be
    silent before the pending slip prints.
    """

    seq: int
    words: tuple[str, str]
    elapsed_s: int
    asked_again: int
    slip_after_s: int = 60


@dataclass(frozen=True, slots=True)
class BalanceAnswer:
    """What a balance inquiry gave: the balance, or one sentence (Chinese, English) why there is none."""

    balance_fen: int | None
    card_last4: str
    sentence: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class CardDay:
    """What a card has had today beside the withdrawal asked about, how much is left, and how often in ten minutes."""

    used_fen: int
    left_fen: int
    repeats: int


class Withdrawals(Protocol):
    """Everything the withdrawal screens may ask for."""

    SERVICE: str

    @property
    def has_terminal(self) -> bool:
        """Whether the settings name a card terminal."""

    def terms(self) -> Terms:
        """Give the terms in force today."""

    def room_fen(self) -> int:
        """Give how much more may be paid out before the bank confirms some of it."""

    def begin(self, order: IntendWithdrawal) -> Future[Outcome]:
        """Record the intent, then ask the terminal; the future carries what the register made of the intent.

        It carries ``TerminalAwayError`` where the terminal is known to be away: then nothing was recorded.
        """

    def void(self, order: RequestVoid) -> Future[Outcome]:
        """Record the wish to undo a withdrawal, then ask the terminal to; the future carries the register's answer."""

    def balance(self) -> Future[BalanceAnswer]:
        """Ask for a card's balance; nothing of it is recorded."""

    def cancel(self) -> None:
        """Ask the terminal to end what it is doing; how that ends is told by its outcome alone."""

    def ask_now(self) -> None:
        """Ask about unknown results now."""

    def work(self) -> CardWork | None:
        """Say what the terminal is doing; None while it rests."""

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """Give a withdrawal as it now stands."""

    def open_ones(self) -> tuple[Withdrawal, ...]:
        """List those with something still to do, oldest first."""

    def today(self) -> tuple[Withdrawal, ...]:
        """List those of today, oldest first."""

    def recent(self, limit: int) -> tuple[Withdrawal, ...]:
        """List the newest, newest first."""

    def card_day(self, withdrawal: Withdrawal) -> CardDay:
        """Say what the card of a withdrawal has had today."""

    def slip_text(self, withdrawal: Withdrawal) -> str:
        """Give the latest slip of a withdrawal as plain text, empty if none was issued."""

    def in_flight(self) -> tuple[InFlight, ...]:
        """List those whose end nobody at the counter has seen."""

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List them as entries of the station, newest first."""

    def undo(self, seq: int) -> UndoOffer | WayOut:
        """Say what to do instead of an undo."""
