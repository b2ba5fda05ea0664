"""What a decision may ask of the station's books: the posting rules' view, and the few facts beside the money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from station_journal.posting import BooksView

if TYPE_CHECKING:
    from datetime import date, datetime

    from station_journal.accounts import Account
    from station_journal.facts.cash import CashLine, ServiceCash
    from station_journal.payment import Payment
    from station_journal.records import Equipment, OperatorRole, ServiceTotal
    from station_journal.rules.withdrawal import Terms, Withdrawal


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator account as the journal has it."""

    operator_no: int
    name: str
    role: OperatorRole


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """An outage without its closing record."""

    opened_seq: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedPaper:
    """A receipt or slip as issued by record ``seq`` of kind ``kind``, with the number of marked copies so far."""

    seq: int
    payment_seq: int
    kind: int
    copies: int


@dataclass(frozen=True, slots=True)
class PublishedTariff:
    """A tariff that HQ's journal published to this station."""

    hq_seq: int
    tariff_hash: bytes
    effective_on: date


@dataclass(frozen=True, slots=True)
class DrawerPeriod:
    """What the records of a period did to the drawer, by kind, and the bills among them by product.

    ``pending_count`` are payments without a result, as of now.
    """

    cash: tuple[CashLine, ...]
    services: tuple[ServiceCash, ...]
    pending_count: int

    @property
    def moved_fen(self) -> int:
        """By how much the drawer has more, below zero if less."""
        return sum(line.in_fen - line.out_fen for line in self.cash)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where in the journal a decision is taken.

    ``now`` is UTC. ``business_date`` is the date that the next record carries. ``next_seq`` is the number of the
    first record that the decision makes, ``seen_seq`` the last of HQ's records seen. ``clock_doubtful`` is set where
    the clock is more than a day ahead of HQ's last time and nobody has confirmed that.
    """

    now: datetime
    business_date: date
    next_seq: int
    seen_seq: int
    clock_doubtful: bool = False


class StationView(BooksView, Protocol):
    """The station's books as a decision sees them."""

    def operator(self, operator_no: int) -> Operator | None:
        """Find an operator."""

    def has_operators(self) -> bool:
        """Tell whether any operator was ever enrolled."""

    def open_outage(self, equipment: Equipment) -> OpenOutage | None:
        """Find the outage of some equipment that has not ended."""

    def offline_used(self, product_code: int, after_seq: int) -> tuple[int, int]:
        """Count offline payments of a product after a station record or still unanswered, and add up their fen."""

    def held_alike(self, product_code: int, account_no: str, amount_fen: int) -> int:
        """Give the number of a payment of the same amount for the same account whose result is not known, else 0."""

    def paid_before(self, product_code: int, account_no: str, day: date) -> bool:
        """Tell whether a payment of this account on a business date before ``day`` stands."""

    def sold_since(self, moment: datetime) -> tuple[Payment, ...]:
        """List the payments taken after a moment that were neither declined nor reversed, oldest first."""

    def withdrawal_terms(self, day: date) -> Terms:
        """Give the withdrawal terms in force on a day, by all that HQ's journal here says."""

    def open_withdrawals(self) -> tuple[Withdrawal, ...]:
        """List the withdrawals with something still to do, oldest first."""

    def withdrawals_between(self, first: date, last: date) -> tuple[Withdrawal, ...]:
        """List the withdrawals of some calendar days in Beijing's time, oldest first."""

    def withdrawal_of_operation(self, operation_no: int) -> int:
        """Give the number of a counter job's withdrawal, 0 for none."""

    def last_terminal_numbers(self) -> tuple[str, str]:
        """Give the receipt and trace number of the terminal's last transaction that the journal knows, or empty."""

    def issued_paper(self, seq: int) -> IssuedPaper | None:
        """Find the receipt or slip that a record issued."""

    def published_tariff(self, tariff_hash: bytes) -> PublishedTariff | None:
        """Find the latest publication of a tariff to this station."""

    def drawer_period(self, after_seq: int, cut_seq: int) -> DrawerPeriod:
        """Add up what records above ``after_seq`` up to ``cut_seq`` did to the drawer, closes left out."""

    def first_date(self) -> date | None:
        """Give the business date of the station's first record; None before it."""

    def revenue(self, business_date: date) -> tuple[ServiceTotal, ...]:
        """Give what was sold on a business date by product: payments neither declined, reversed nor in suspense."""

    def balance_fen(self, account: Account, party: str = "") -> int:
        """Give one balance as it stands, positive on the account's normal side."""

    def accounts_digest(self) -> bytes:
        """Digest the station's accounts as they stand."""
