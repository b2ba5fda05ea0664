"""What a posting rule is given and what it gives: the books before a record, and the record's effects on them.

Shared by the rules of every service, so that each stands in a module of its own below ``station_journal.posting``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from station_journal.accounts import Account, Ledger, Posting
from station_journal.quickly_made import quickly_made

if TYPE_CHECKING:
    from datetime import date

    from station_journal.payment import Payment, Suspense
    from station_journal.records import Record, Side
    from station_journal.subject import Subject
    from station_journal.tariff import Tariff

_Subject = TypeVar("_Subject", bound="Subject")


class NotComputableError(Exception):
    """A figure cannot be computed from this record on; it is an error on both sides, never zero.

    ``side`` and ``seq`` name the record.
    """

    def __init__(self, side: Side, seq: int, reason: str) -> None:
        """Keep the position and the reason beside the sentence."""
        super().__init__(f"not computable from {side.name.lower()} record {seq}: {reason}")
        self.side = side
        self.seq = seq
        self.reason = reason


@quickly_made
@dataclass(frozen=True, slots=True)
class Standing:
    """Single facts about a station that later records build on."""

    tariff_hash: bytes = b""
    receipts_issued: int = 0
    operation_no: int = 0
    day_ended: date | None = None


class BooksView(Protocol):
    """What the posting rules may ask of the books before a record."""

    def standing(self) -> Standing:
        """Give the single facts."""

    def tariff(self, tariff_hash: bytes) -> Tariff | None:
        """Give a tariff by its hash, None if its content is not here."""

    def payment(self, seq: int) -> Payment | None:
        """Find the payment taken by a station record."""

    def payment_of_operation(self, operation_no: int) -> Payment | None:
        """Find the payment of a counter job."""

    def payment_of_bill(self, biller_code: str, account_no: str, bill_no: str, seen_seq: int) -> Payment | None:
        """Find the payment that holds or has paid a bill, as far as HQ's records up to ``seen_seq`` tell.

        Suspended payments claim no bill; declined and reversed ones claim it until the release has been seen.
        """

    def credit_free_fen(self, seen_seq: int) -> int:
        """Give the free credit a station record may use that had seen HQ's records up to ``seen_seq`` and no more."""

    def drawer_fen(self) -> int:
        """Give what should lie in the drawer; only the station's own records move it."""

    def account_fen(self, account: Account, seen_seq: int) -> int:
        """Give an account's balance over all parties, without what HQ's records above ``seen_seq`` did."""

    def subject(self, subject_class: type[_Subject], key: str) -> _Subject | None:
        """Find what records speak of beside payments: a withdrawal, a parcel, a pouch, a grant. None if not known."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Effects:
    """What a record does.

    Postings, payments and subjects as they now stand, single facts if changed, and a broken rule if any.
    """

    postings: tuple[Posting, ...] = ()
    payments: tuple[Payment, ...] = ()
    standing: Standing | None = None
    broken: Suspense | None = None
    subjects: tuple[Subject, ...] = ()


NOTHING = Effects()


class At(NamedTuple):
    """A record with its place, and the books before it: what a rule works on."""

    side: Side
    seq: int
    record: Record
    books: BooksView


def suspense(reason: Suspense) -> Ledger:
    """Name the suspense account of a reason."""
    return Ledger(Account.SUSPENSE, reason.value)


def move(debit: Ledger, credit: Ledger, amount_fen: int) -> tuple[Posting, ...]:
    """Make a posting, or none for nothing: an amount is always above zero."""
    return (Posting(debit, credit, amount_fen),) if amount_fen > 0 else ()
