"""The audit of the services beside bills: the bank's, the courier's and HQ's books, the paper and the notebook.

Each figure is taken from where it was kept: the bank's from the file of the bank behind the terminal, the courier's
from his own book, cash from what a bystander noted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from station_journal.facts.cash import DayClosed, PouchSealed
from station_journal.facts.grants import SealedGrantReleased
from station_journal.facts.parcels import ParcelsHandedOff, ParcelsReceived, Place
from station_journal.parcel import Parcel
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState
from station_pos.demo.wording import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from station_pos.demo.journal_book import JournalBook
    from station_pos.demo.paper_book import Slip
    from station_pos.demo.till_book import TillBook

_STANDING = frozenset({"approved", "completed"})


@dataclass(frozen=True, slots=True)
class ServiceBooks:
    """The outside parties' books: the bank's sales by trace number (fen), the courier's items, and who collected.

    ``codes_fen`` is the credit that was bought by code at the branch and used.
    """

    bank: dict[str, int]
    left_there: frozenset[str]
    still_carried: frozenset[str]
    collected: frozenset[str]
    codes_fen: int


def bank_sales(book: dict[str, Any]) -> dict[str, int]:
    """Read the sales that stand in the bank's own book: trace number and fen."""
    rows = book["transactions"]
    return {
        f"{one['trace']:06d}": one["amount_fen"]
        for one in rows
        if one["kind"] == "sale" and one["code"] == 0 and one["state"] in _STANDING
    }


def withdrawals(journals: JournalBook) -> list[Withdrawal]:
    """Give every withdrawal of the journals as it stands."""
    return [one for one in journals.books.subjects.values() if isinstance(one, Withdrawal)]


def parcels(journals: JournalBook) -> list[Parcel]:
    """Give every item of the journals as it stands."""
    return [one for one in journals.books.subjects.values() if isinstance(one, Parcel)]


def services(journals: JournalBook, outside: ServiceBooks, slips: tuple[Slip, ...], till: TillBook) -> Iterator[str]:
    """Hold the services against the outside parties' books; one sentence for each disagreement."""
    paid = [one for one in withdrawals(journals) if one.state is WithdrawalState.PAID]
    yield from _same("bank", {one.trace_no: one.amount_fen for one in paid}, outside.bank)
    yield from _same("payouts", -sum(one.amount_fen for one in paid), till.moved_fen("withdrawal"))
    items = parcels(journals)
    shelf = {one.waybill for one in items if one.where is Place.SHELF}
    customer = {one.waybill for one in items if one.where is Place.CUSTOMER}
    missing = {one.waybill for one in items if one.where is Place.MISSING}
    yield from _same("on_hand", sorted(shelf), sorted(outside.left_there - outside.collected))
    yield from _same("collected", sorted(customer), sorted(outside.collected))
    yield from _same("missing", sorted(missing), sorted(outside.still_carried))
    yield from _same("cod", cod_fen(journals), till.moved_fen("cod"))
    yield from _same("codes", len(journals.facts(SealedGrantReleased)), int(outside.codes_fen > 0))
    yield from _paper(journals, slips, len(paid))


def _paper(journals: JournalBook, slips: tuple[Slip, ...], paid: int) -> Iterator[str]:
    """Count the services' papers: those of two copies come out twice."""
    printed = Counter(slip.kind for slip in slips if not slip.copy_no)
    collecting = sum(1 for _, fact in journals.facts(ParcelsHandedOff) if getattr(fact, "collected_fen", 0))
    wanted = {
        "withdrawal": 2 * paid,
        "cod": collecting,
        "received": 2 * len(journals.facts(ParcelsReceived)),
        "credit": len(journals.facts(SealedGrantReleased)),
        "z": 2 * len(journals.facts(DayClosed)),
    }
    yield from _same("paper", {kind: printed[kind] for kind in wanted}, wanted)
    cod = sum(slip.amount_fen or 0 for slip in slips if slip.kind == "cod")
    yield from _same("cod_paper", cod, cod_fen(journals))


def _same(what: str, one: object, other: object) -> Iterator[str]:
    if one != other:
        yield SERVICES("differ", what=SERVICES(f"what_{what}"), one=one, other=other)


def cod_fen(journals: JournalBook) -> int:
    """Add up the cash on delivery that was collected."""
    return sum(fact.collected_fen for _, fact in journals.facts(ParcelsHandedOff) if isinstance(fact, ParcelsHandedOff))


def figures(journals: JournalBook, outside: ServiceBooks) -> dict[str, Any]:
    """Give the services' figures of the one JSON line."""
    all_withdrawals, items = withdrawals(journals), parcels(journals)
    closes = [fact for _, fact in journals.facts(DayClosed) if isinstance(fact, DayClosed)]
    pouches = [fact for _, fact in journals.facts(PouchSealed) if isinstance(fact, PouchSealed)]
    return {
        "withdrawals": dict(sorted(Counter(one.state.name for one in all_withdrawals).items())),
        "withdrawals_paid_fen": sum(one.amount_fen for one in all_withdrawals if one.state is WithdrawalState.PAID),
        "parcels_on_hand": sum(1 for one in items if one.where is Place.SHELF),
        "parcels_handed_off": sum(1 for one in items if one.where is Place.CUSTOMER),
        "parcels_missing": sum(1 for one in items if one.where is Place.MISSING),
        "cod_fen": cod_fen(journals),
        "grants_released_fen": outside.codes_fen * len(journals.facts(SealedGrantReleased)),
        "z_no": max((one.z_no for one in closes), default=0),
        "pouches_fen": sum(line.face_fen * line.pieces for one in pouches for line in one.notes),
    }
