"""The real ``Withdrawals``: reads from the books, asks through the terminal's own thread."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

from station_journal.money import format_yuan
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState
from station_pos.devices.card_terminal_state import TERMINAL_WORDS, TerminalCondition
from station_pos.services.entries import Entry, WayOut
from station_pos.services.in_flight import Happened, InFlight
from station_pos.services.withdrawals import WITHDRAWAL, BalanceAnswer, CardDay, CardWork, TerminalAwayError
from station_pos.text import Catalogue, either

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.rules.withdrawal import Terms
    from station_pos.commands.outcome import Outcome
    from station_pos.commands.withdrawal_orders import IntendWithdrawal, RequestVoid
    from station_pos.services.entries import UndoOffer

TEXT = Catalogue(
    {
        "title": ("取款 卡尾 {card}", "Withdrawal {card}"),
        "title_unknown": ("取款 卡未知", "Withdrawal"),
        "title_none": ("取款", "Withdrawal"),
        "unknown": (
            "结果未知。不要付钱, 不要重做; 系统自己再问",
            "Nobody knows yet. Pay nothing, do not repeat; it asks by itself",
        ),
        "payable": (
            "银行已扣款, 凭条已印。付 {sum} 给顾客, 然后打开按 Enter",
            "Debited, the slip is printed. Pay {sum} to the customer, then open it, Enter",
        ),
        "refuted": (
            "银行说没有扣款。已付就打开按 Enter; 没付按 *2",
            "The bank denies it. If you paid, open and Enter; if not, *2",
        ),
        "voiding": (
            "在撤销。有答复前不要付钱",
            "Being undone. Pay nothing before the answer",
        ),
        WithdrawalState.INTENDED.name: ("未知", "Unknown"),
        WithdrawalState.APPROVED.name: ("未知", "Unknown"),
        WithdrawalState.PAYABLE.name: ("要付现金", "To be paid"),
        WithdrawalState.VOIDING.name: ("撤销中", "Being undone"),
        WithdrawalState.PAID.name: ("已付清", "Paid"),
        WithdrawalState.FAILED.name: ("没有付", "Not paid"),
        "confirmed": ("已付清, 银行已确认", "Paid, bank confirmed"),
        "denied": ("已付清, 银行不认, 总部在查", "Paid, bank denies, at HQ"),
        "paid_way": (
            "现金已付, 不能撤销。有错请顾客找发卡银行, 本站报总部",
            "The cash is out: no undo. The customer asks the bank, the station tells HQ",
        ),
        "payable_way": (
            "这一笔还没付现金: 按 F5 打开, 可付清也可撤销",
            "The cash is not out yet: F5 opens it, to pay or to undo",
        ),
        "unknown_way": ("结果还不知道, 系统自己再问。按 F5 看", "Not known yet; the machine asks by itself. See F5"),
        "failed_way": ("这一笔没有付现金, 不用撤销", "No cash was paid: there is nothing to undo"),
    }
)


class Turn(Protocol):
    """The terminal's thread, as far as the screens reach it."""

    def begin(self, order: IntendWithdrawal) -> Future[Outcome]:
        """Record the intent, then ask the terminal."""

    def void(self, order: RequestVoid) -> Future[Outcome]:
        """Record the wish to undo, then ask the terminal."""

    def balance(self) -> Future[BalanceAnswer]:
        """Ask for a card's balance."""

    def cancel(self) -> None:
        """Ask the terminal to end what it is doing."""

    def ask_now(self) -> None:
        """Ask about unknown results now."""

    def work(self) -> CardWork | None:
        """Say what the terminal is doing."""


class Reads(Protocol):
    """What is read of the books."""

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """Give a withdrawal as it now stands."""

    def open_withdrawals(self) -> tuple[Withdrawal, ...]:
        """List those with something still to do, oldest first."""

    def newest(self, limit: int) -> tuple[Withdrawal, ...]:
        """List the newest, newest first."""

    def today(self) -> tuple[Withdrawal, ...]:
        """List those of today, oldest first."""

    def terms(self) -> Terms:
        """Give the terms in force."""

    def room_fen(self) -> int:
        """Give how much more may be paid out."""

    def card_day(self, withdrawal: Withdrawal) -> CardDay:
        """Say what the card of a withdrawal has had on its day."""


class StationWithdrawals:
    """Implements ``Withdrawals``. ``slip_of`` gives the text of the slip that a record issued."""

    SERVICE = WITHDRAWAL

    def __init__(self, reads: Reads, turn: Turn | None, slip_of: Callable[[int], str]) -> None:
        """Take the parts; ``turn`` is None where the settings name no terminal."""
        self._reads = reads
        self._turn = turn
        self._slip_of = slip_of

    @property
    def has_terminal(self) -> bool:
        """Whether the settings name a card terminal."""
        return self._turn is not None

    def terms(self) -> Terms:
        """Give the terms in force today."""
        return self._reads.terms()

    def room_fen(self) -> int:
        """Give how much more may be paid out before the bank confirms some of it."""
        return self._reads.room_fen()

    def begin(self, order: IntendWithdrawal) -> Future[Outcome]:
        """Record the intent, then ask the terminal."""
        return self._away() if self._turn is None else self._turn.begin(order)

    def void(self, order: RequestVoid) -> Future[Outcome]:
        """Record the wish to undo a withdrawal, then ask the terminal to."""
        return self._away() if self._turn is None else self._turn.void(order)

    def balance(self) -> Future[BalanceAnswer]:
        """Ask for a card's balance; refused while a result is unknown: the terminal must not forget it."""
        if self._turn is not None and not any(one.unknown for one in self.open_ones()):
            return self._turn.balance()
        busy: Future[BalanceAnswer] = Future()
        condition = TerminalCondition.BUSY if self._turn else TerminalCondition.LINE_MISSING
        busy.set_exception(TerminalAwayError(either(*TERMINAL_WORDS[condition])))
        return busy

    def _away(self) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_exception(TerminalAwayError(either(*TERMINAL_WORDS[TerminalCondition.LINE_MISSING])))
        return future

    def cancel(self) -> None:
        """Ask the terminal to end what it is doing."""
        if self._turn is not None:
            self._turn.cancel()

    def ask_now(self) -> None:
        """Ask about unknown results now."""
        if self._turn is not None:
            self._turn.ask_now()

    def work(self) -> CardWork | None:
        """Say what the terminal is doing; None while it rests."""
        return None if self._turn is None else self._turn.work()

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """Give a withdrawal as it now stands."""
        return self._reads.withdrawal(seq)

    def open_ones(self) -> tuple[Withdrawal, ...]:
        """List those with something still to do, oldest first."""
        return self._reads.open_withdrawals()

    def today(self) -> tuple[Withdrawal, ...]:
        """List those of today, oldest first."""
        return self._reads.today()

    def recent(self, limit: int) -> tuple[Withdrawal, ...]:
        """List the newest, newest first."""
        return self._reads.newest(limit)

    def card_day(self, withdrawal: Withdrawal) -> CardDay:
        """Say what the card of a withdrawal has had today."""
        return self._reads.card_day(withdrawal)

    def slip_text(self, withdrawal: Withdrawal) -> str:
        """Give the latest slip of a withdrawal as plain text, empty if none was issued."""
        seq = _issued(withdrawal)
        return self._slip_of(seq) if seq else ""

    def in_flight(self) -> tuple[InFlight, ...]:
        """List those with something still to do: what happened, and what cash is to be handed out."""
        return tuple(_in_flight(one) for one in self.open_ones())

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List them as entries of the station, newest first."""
        return tuple(
            Entry(
                WITHDRAWAL,
                one.seq,
                one.recorded_at,
                title_of(one),
                one.amount_fen,
                status_of(one),
                _issued(one),
                is_followed=True,
            )
            for one in self.recent(limit)
        )

    def undo(self, seq: int) -> UndoOffer | WayOut:
        """Say what to do instead of an undo: only the terminal can undo one, and only before the cash."""
        found = self.withdrawal(seq)
        if found is None or found.state is WithdrawalState.FAILED:
            return WayOut(TEXT("failed_way"))
        if found.state is WithdrawalState.PAID:
            return WayOut(TEXT("paid_way"))
        return WayOut(TEXT("payable_way" if found.state is WithdrawalState.PAYABLE else "unknown_way"))


def title_of(withdrawal: Withdrawal) -> str:
    """Name a withdrawal in a list, by the last digits of its card."""
    last4 = withdrawal.card_last4
    if not last4 and withdrawal.state is WithdrawalState.FAILED:
        return TEXT("title_none")
    return TEXT("title", card=last4) if last4 else TEXT("title_unknown")


def status_of(withdrawal: Withdrawal) -> str:
    """Say where a withdrawal stands, in a few words."""
    word = withdrawal.last_word
    if withdrawal.state is WithdrawalState.PAID and word is not None:
        return TEXT("confirmed" if word.debited else "denied")
    return TEXT(withdrawal.state.name)


def _issued(withdrawal: Withdrawal) -> int:
    return max(withdrawal.instructed_seq, withdrawal.failed_seq, withdrawal.pending_seq)


def _in_flight(withdrawal: Withdrawal) -> InFlight:
    payable = withdrawal.state is WithdrawalState.PAYABLE
    word = withdrawal.last_word
    denied = payable and word is not None and not word.debited
    key = "refuted" if denied else "payable" if payable else "unknown"
    if withdrawal.state is WithdrawalState.VOIDING:
        key = "voiding"
    return InFlight(
        service=WITHDRAWAL,
        ref=withdrawal.seq,
        at=withdrawal.recorded_at,
        title=title_of(withdrawal),
        amount_fen=withdrawal.amount_fen,
        happened=Happened.DONE if payable and not denied else Happened.UNKNOWN,
        advice=TEXT(key, sum=format_yuan(withdrawal.amount_fen)) if key == "payable" else TEXT(key),
        hand_out_fen=withdrawal.amount_fen if key == "payable" else 0,
    )
