"""What the counter's screens see of the station: frozen rows to show, and the few things they may ask for.

``Counter`` is the whole surface between the screens and everything behind them. The composition root builds the real
one over the register; no screen knows a database, a serial line or HQ.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import date, datetime

    from station_journal.payment import Payment
    from station_journal.records import Equipment, OperatorRole
    from station_journal.resident_id import IdCard
    from station_journal.rules.withdrawal import Withdrawal
    from station_journal.tariff import Product
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome, Refused
    from station_pos.services.chain import Chain
    from station_pos.services.credit import Credit
    from station_pos.services.day_close import DayClose
    from station_pos.services.disputes import Disputes, Waiting
    from station_pos.services.distribution import Distribution
    from station_pos.services.entries import Entry, UndoOffer, WayOut
    from station_pos.services.evidence import Evidence
    from station_pos.services.in_flight import InFlight
    from station_pos.services.kept_jobs import KeptJobs
    from station_pos.services.parcels import Parcels
    from station_pos.services.practice import Practice, TraineeRow
    from station_pos.services.tariff_notice import ComingTariff
    from station_pos.services.withdrawals import Withdrawals


class LinkState(StrEnum):
    """Whether HQ can be reached."""

    UP = "up"
    DOWN = "down"
    NOT_TRIED = "not_tried"


class PrinterState(StrEnum):
    """What the receipt printer last said of itself; unknown is never shown as good."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    ABSENT = "absent"


class DeviceState(StrEnum):
    """How a device beside the receipt printer is; unknown is never shown as good."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    LINE_BUSY = "line_busy"
    WRONG_SETTING = "wrong_setting"
    NO_ANSWER = "no_answer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device and how it is. ``sentence``: (Chinese, English), about its line; ``since`` when it has been silent."""

    equipment: Equipment
    state: DeviceState
    sentence: tuple[str, str] = ("", "")
    since: datetime | None = None

    @property
    def well(self) -> bool:
        """Whether it can be used now."""
        return self.state in {DeviceState.READY, DeviceState.PAPER_LOW}


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """A code of a scanner in serial mode; ``symbology`` as AIM names it, empty where the scanner did not say.

    GS (1Dh) may stand between the fields of a GS1 code. An unreadable one has no text.
    """

    text: str
    symbology: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class IdCardAnswer:
    """What became of reading an identity card: the card, or one sentence why there is none."""

    card: IdCard | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CounterState:
    """The state row and the three sums, as of station record ``as_of_seq``.

    ``bills_left`` is the free credit in average bills of the last fortnight (None without a history). ``link_since`` is
    when the link state began; ``unsent_since`` when the oldest record HQ does not hold was made. ``earned_today_fen``
    and ``earned_month_fen`` are commission by the adopted tariff. Of the owner's account ``owner_account_fen`` is
    commission stated and not yet paid, ``bank_due_fen`` what the bank owes for withdrawals it has not confirmed yet:
    cash that left the drawer is seen to come back there. ``read_only`` is set while the station recovers from a
    restored image or a closed epoch. ``devices`` are those of the settings beside the receipt printer, ``drawer_wired``
    tells whether that printer opens a cash drawer. ``open_withdrawals`` are those with something still to do (counted
    in ``pending`` too), the figures of today those whose cash was handed out. ``tariff_from`` is the date of a
    published tariff that is still to come, ``disputes`` counts what waits there. ``not_computable`` names the record
    that stops the figures (``HQ record 7``), empty if none does; where it does, every figure is None and none may be
    shown for it.
    """

    as_of_seq: int
    head: bytes
    station_code: str
    station_name: str
    business_date: date
    credit_free_fen: int | None
    credit_held_fen: int | None
    bills_left: int | None
    drawer_fen: int | None
    customer_cash_fen: int | None
    owner_account_fen: int | None
    bank_due_fen: int | None
    link: LinkState
    link_since: datetime | None
    unsent: int
    unsent_since: datetime | None
    held_seq: int
    pending: int
    doubtful_prints: int
    queued_prints: int
    printer: PrinterState
    bills_today: int | None
    bills_today_fen: int | None
    earned_today_fen: int | None
    earned_month_fen: int | None
    read_only: bool
    read_only_reason: str
    not_computable: str = ""
    devices: tuple[DeviceRow, ...] = ()
    drawer_wired: bool = False
    open_withdrawals: tuple[Withdrawal, ...] = ()
    withdrawals_today: int | None = None
    withdrawals_today_fen: int | None = None
    tariff_from: date | None = None
    disputes: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line the home input may mean: a product, with an account if one was typed or scanned.

    ``last_payment`` is the account's latest payment at this station. ``usual_fen`` spans its usual amounts (None if
    too few).
    """

    product: Product
    account_no: str
    payer_name: str
    last_amount_fen: int
    last_paid_on: date | None
    usual_fen: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class OpenBill:
    """One bill as the biller states it; ``bill_no`` is the biller's."""

    bill_no: str
    period: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class InquiryAnswer:
    """What a bill inquiry gave; ``problem`` is empty, unreachable, unknown_account, biller_silent or refused."""

    account_no: str
    payer_name: str
    address: str
    bills: tuple[OpenBill, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OfflineLeft:
    """What may still be sold of a product while HQ cannot be reached; ``until`` is when the hours run out."""

    count: int
    value_fen: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator account."""

    operator_no: int
    name: str
    role: OperatorRole


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One record of either journal; ``held``: HQ holds it; ``followed_seq`` begins the chain behind it, 0 for none."""

    side: str
    seq: int
    recorded_at: datetime
    kind: str
    actor_kind: str
    actor_name: str
    amount_fen: int | None
    held: bool
    payment_seq: int
    followed_seq: int = 0
    followed_side: str = "S"


@dataclass(frozen=True, slots=True)
class DoubtfulPrint:
    """A print job of which nobody knows whether the paper came out."""

    job_no: int
    title: str
    amount_fen: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class CommissionRow:
    """A month's commission as HQ's record ``hq_seq`` stated it.

    ``lines`` are (product name, items, formula, fen, rate version).
    ``by_branch``: the branch pays it, not HQ. ``paid_on`` is when the bank paid what of it, None before;
    ``returned_on`` when it gave that back, None once it is paid again.
    """

    month: int
    gross_fen: int
    tax_fen: int
    net_fen: int
    lines: tuple[tuple[str, int, str, int, str], ...]
    by_branch: bool = False
    paid_fen: int = 0
    paid_on: date | None = None
    returned_on: date | None = None
    hq_seq: int = 0


class Counter(Protocol):
    """Everything a screen may ask for. Calls return at once or within milliseconds, save those giving a ``Future``."""

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List the entries of the services beside bill payments, newest first."""

    def undo(self, entry: Entry) -> UndoOffer | WayOut:
        """Say how an entry is undone, or what to do instead."""

    @property
    def evidence(self) -> Evidence:
        """Outages, others' records and evidence packets."""

    @property
    def practice(self) -> Practice | None:
        """The drills, where this is a practice counter."""

    def coming_tariff(self) -> ComingTariff | None:
        """Give the next tariff that is to come, with what it changes."""

    def drill_record(self) -> tuple[TraineeRow, ...]:
        """List who of the operators passed which drill; raises where the record cannot be read."""

    @property
    def withdrawals(self) -> Withdrawals:
        """Withdrawals at the card terminal."""

    @property
    def kept_jobs(self) -> KeptJobs:
        """The half-typed jobs."""

    @property
    def day_close(self) -> DayClose:
        """The drawer's cash: counts, closes, pouches."""

    @property
    def distribution(self) -> Distribution:
        """Goods and leads."""

    @property
    def disputes(self) -> Disputes:
        """Corrections, cases and known faults."""

    @property
    def chain(self) -> Chain:
        """Where a payment's money went, step by step."""

    @property
    def credit(self) -> Credit:
        """Codes, forecast and additions."""

    @property
    def parcels(self) -> Parcels:
        """Parcels on the shelves, to come and to go."""

    def in_flight(self) -> tuple[InFlight, ...]:
        """List every item of every service whose end nobody at the counter has seen, oldest first."""

    def unlock(self, pass_phrase: str) -> bool:
        """Open the station's key; False for a wrong pass phrase. May take a second: call it in a worker."""

    def unlocked(self) -> bool:
        """Tell whether the key is open."""

    def sign_in(self, operator_no: int, pin: str) -> OperatorRow | None:
        """Check an operator's PIN; None if wrong. Five wrong tries lock the number for a minute."""

    def operators(self) -> tuple[OperatorRow, ...]:
        """List the operator accounts."""

    def state(self) -> CounterState:
        """Give the state row, computed from the journal's projections."""

    def products(self) -> tuple[Product, ...]:
        """List what the adopted tariff sells."""

    def find(self, text: str) -> tuple[Candidate, ...]:
        """Say what a typed or scanned line may mean, likeliest first, in a stable order.

        Digits are matched against account forms and known accounts; letters against pinyin initials.
        """

    def usual_fen(self, product_code: int, account_no: str) -> tuple[int, ...]:
        """Give the account's recent amounts at this station, latest first, for the amount guard."""

    def inquire(self, product_code: int, account_no: str) -> Future[InquiryAnswer]:
        """Ask the biller through HQ; read-only."""

    def offline_left(self, product_code: int) -> OfflineLeft | None:
        """Say what may still be sold offline; None where the product needs the biller first."""

    def open_operation(self) -> int:
        """Give the number of a new counter job."""

    def submit(self, command: Command) -> Future[Outcome]:
        """Hand a command to the register; the future carries its outcome."""

    def payment(self, seq: int) -> Payment | None:
        """Give a payment as it now stands."""

    def await_answer(self, payment_seq: int, timeout_s: float) -> Future[Payment]:
        """Give the payment when it is no longer held, or as it stands when the time is up."""

    def open_cases(self) -> tuple[Payment, ...]:
        """List payments that wait: unknown results, reversals asked for, and cash due back to a customer."""

    def recent(self, limit: int, before_seq: int | None = None) -> tuple[Payment, ...]:
        """List payments, newest first, from below ``before_seq``."""

    def journal(self, limit: int, before_seq: int | None = None) -> tuple[JournalRow, ...]:
        """List records of both journals, newest first."""

    def commission(self) -> tuple[CommissionRow, ...]:
        """List the commission statements, newest first."""

    def doubtful_prints(self) -> tuple[DoubtfulPrint, ...]:
        """List print jobs somebody must look at the paper for."""

    def settle_doubtful(self, job_no: int, *, came_out: bool, operator_no: int) -> Refused | None:
        """Say whether the paper came out whole; if not, a marked copy is printed.

        Where the copy is refused, gives why; the paper stays on the list.
        """

    def sync_now(self) -> None:
        """Wake the sync worker."""

    def on_scan(self, listener: Callable[[ScannedCode], None]) -> None:
        """Hand every code of a scanner in serial mode to ``listener``, in the scanner's thread, none lost."""

    def read_id_card(self, wait_s: float = 30.0) -> Future[IdCardAnswer]:
        """Read the next identity card put on the reader; cancel the future to give up."""

    def receipt_text(self, payment_seq: int) -> str:
        """Give the stored receipt or slip of a payment as plain text, empty if none was issued."""
