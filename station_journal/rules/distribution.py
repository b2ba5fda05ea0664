"""What records of goods and leads do: no posting, only where an order, a registration or a lead stands.

An HQ record acts on an order or a lead that HQ had seen. A lead builds on the registrations that the station had seen:
all that were ever filed are kept, so that one filed later changes nothing about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from station_journal.bounds import NUMBER_MAX
from station_journal.effects import NOTHING, At, Effects
from station_journal.facts.distribution import (
    GoodsDispatched,
    GoodsLine,
    GoodsListPublished,
    GoodsOrdered,
    GoodsReceived,
    GoodsSigned,
    LeadAnswered,
    LeadKind,
    LeadNoted,
    LeadOutcome,
    LeadTaken,
    OrderAnswer,
    OrderAnswered,
    OrderCancelled,
    OrderPlaced,
    RegistrationFiled,
)
from station_journal.payment import Suspense
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.records import Record

LEAD_STATES = range(1, 8)
"""Every state that a lead may be in."""
ONE = "one"
"""Key of what a station has one of."""


class OrderState(IntEnum):
    """Where an order stands; goods that are here count before anything said of them."""

    ORDERED = 1
    ACCEPTED = 2
    REFUSED = 3
    ON_THE_WAY = 4
    PARTLY_HERE = 5
    COMPLETE = 6
    CANCELLED = 7


@dataclass(frozen=True, slots=True)
class GoodsOrder(Subject):
    """An order as both journals tell it; ``seq`` is the station record that made it. Lines add up by item.

    ``cancelled_seq`` is the station record that took it back, 0 for none. An answer that crossed it on the way stands
    beside it; goods that left all the same are on their way.
    """

    SUBJECT: ClassVar[int] = 35
    seq: int
    ordered_on: date
    list_hash: bytes
    lines: tuple[GoodsLine, ...]
    received: tuple[GoodsLine, ...] = ()
    dispatched: tuple[GoodsLine, ...] = ()
    answered_seq: int = 0
    answer_no: int = 0
    due_on: date = date(1970, 1, 1)
    reason: str = ""
    carrier: str = ""
    cancelled_seq: int = 0

    @property
    def key(self) -> str:
        """Its number."""
        return number_key(self.seq)

    @property
    def missing(self) -> tuple[GoodsLine, ...]:
        """What was ordered and is not here."""
        here = dict(self.received)
        left = (GoodsLine(code, quantity - here.get(code, 0)) for code, quantity in self.lines)
        return tuple(line for line in left if line.quantity > 0)

    @property
    def state(self) -> OrderState:
        """Where it stands."""
        if self.received:
            return OrderState.PARTLY_HERE if self.missing else OrderState.COMPLETE
        if self.dispatched:
            return OrderState.ON_THE_WAY
        if self.cancelled_seq:
            return OrderState.CANCELLED
        if not self.answered_seq:
            return OrderState.ORDERED
        return OrderState.ACCEPTED if self.answer_no == OrderAnswer.ACCEPTED else OrderState.REFUSED

    @property
    def state_no(self) -> int:
        """Number of its state."""
        return int(self.state)

    def answered_for(self, seen_seq: int) -> bool:
        """Tell whether a station record that had seen HQ's records up to ``seen_seq`` knows an answer."""
        return 0 < self.answered_seq <= seen_seq


class Filing(NamedTuple):
    """A registration as it was filed by an HQ record."""

    filed_seq: int
    registration_no: str
    holder_name: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Registrations(Subject):
    """All registrations ever filed for a station, oldest first."""

    SUBJECT: ClassVar[int] = 36
    filings: tuple[Filing, ...]

    @property
    def key(self) -> str:
        """There is one."""
        return ONE

    def valid(self, seen_seq: int, on: date) -> Filing | None:
        """Give the registration in force for a station that had seen HQ's records up to ``seen_seq``."""
        seen = [filing for filing in self.filings if filing.filed_seq <= seen_seq]
        return seen[-1] if seen and on <= seen[-1].valid_until else None


@dataclass(frozen=True, slots=True)
class Lead(Subject):
    """A lead as both journals tell it.

    ``contact_hash`` names the document with name and number, empty for a lead whose record holds the whole number.
    """

    SUBJECT: ClassVar[int] = 37
    seq: int
    taken_on: date
    kind: LeadKind
    customer_name: str
    phone: str
    registration_no: str
    broken: bool = False
    answered_seq: int = 0
    outcome_no: int = 0
    contact_hash: bytes = b""

    @property
    def key(self) -> str:
        """Its number."""
        return number_key(self.seq)

    @property
    def state_no(self) -> int:
        """1 open, 2 not counted for want of a registration, 3 and above by its outcome."""
        if self.broken:
            return 2
        return 2 + self.outcome_no if self.answered_seq else 1


@dataclass(frozen=True, slots=True)
class CounterJob(Subject):
    """A counter job that made an order or a lead: its number takes effect once."""

    SUBJECT: ClassVar[int] = 39
    operation_no: int
    seq: int

    @property
    def key(self) -> str:
        """The counter job."""
        return str(self.operation_no)


@dataclass(frozen=True, slots=True)
class GoodsListInForce(Subject):
    """The list of goods that was published last."""

    SUBJECT: ClassVar[int] = 38
    list_hash: bytes
    published_seq: int

    @property
    def key(self) -> str:
        """There is one."""
        return ONE


def number_key(seq: int) -> str:
    """Name an order or a lead by its record."""
    return f"{seq:012d}"


def added(lines: Iterable[GoodsLine], more: Iterable[GoodsLine]) -> tuple[GoodsLine, ...]:
    """Add lines up by item, in the order of the items; a sum stays what a row can hold, whatever is recorded."""
    sums: dict[int, int] = {}
    for code, quantity in (*lines, *more):
        sums[code] = min(sums.get(code, 0) + quantity, NUMBER_MAX)
    return tuple(GoodsLine(code, sums[code]) for code in sorted(sums))


def _list_published(at: At, fact: GoodsListPublished) -> Effects:
    return Effects(subjects=(GoodsListInForce(fact.list_hash, at.seq),))


def _ordered(at: At, fact: GoodsOrdered | OrderPlaced) -> Effects:
    return Effects(subjects=(GoodsOrder(at.seq, at.record.business_date, fact.list_hash, added(fact.lines, ())),))


def _placed(at: At, fact: OrderPlaced) -> Effects:
    return _once(at, fact.operation_no, _ordered(at, fact))


def _once(at: At, operation_no: int, made: Effects) -> Effects:
    """Let a counter job take effect once; the number is used up with it."""
    if at.books.subject(CounterJob, str(operation_no)) is not None:
        return Effects(broken=Suspense.OPERATION_TWICE)
    standing = at.books.standing()
    used = replace(standing, operation_no=operation_no) if operation_no > standing.operation_no else None
    return replace(made, standing=used, subjects=(*made.subjects, CounterJob(operation_no, at.seq)))


def _cancelled(at: At, fact: OrderCancelled) -> Effects:
    """Take an order back; after an answer that the station had heard, or goods that came, it is too late."""
    order = at.books.subject(GoodsOrder, number_key(fact.order_seq))
    if order is None:
        return Effects(broken=Suspense.ORDER_UNKNOWN)
    if order.answered_for(at.record.seen_seq) or order.received or order.cancelled_seq:
        return Effects(broken=Suspense.ORDER_UNDER_WAY)
    return Effects(subjects=(replace(order, cancelled_seq=at.seq),))


def _seen_order(at: At, order_seq: int) -> GoodsOrder | None:
    return at.books.subject(GoodsOrder, number_key(order_seq)) if order_seq <= at.record.seen_seq else None


def _answered(at: At, fact: OrderAnswered) -> Effects:
    order = _seen_order(at, fact.order_seq)
    seen_cancelled = order is not None and 0 < order.cancelled_seq <= at.record.seen_seq
    if order is None or order.answered_seq or seen_cancelled:
        return NOTHING
    answered = replace(order, answered_seq=at.seq, answer_no=int(fact.answer), due_on=fact.due_on, reason=fact.reason)
    return Effects(subjects=(answered,))


def _dispatched(at: At, fact: GoodsDispatched) -> Effects:
    order = _seen_order(at, fact.order_seq)
    if order is None:
        return NOTHING
    return Effects(subjects=(replace(order, dispatched=added(order.dispatched, fact.lines), carrier=fact.carrier),))


def _received(at: At, fact: GoodsReceived | GoodsSigned) -> Effects:
    order = at.books.subject(GoodsOrder, number_key(fact.order_seq))
    if order is None:
        return Effects(broken=Suspense.ORDER_UNKNOWN)
    return Effects(subjects=(replace(order, received=added(order.received, fact.lines)),))


def _signed(at: At, fact: GoodsSigned) -> Effects:
    return _once(at, fact.operation_no, _received(at, fact))


def _registered(at: At, fact: RegistrationFiled) -> Effects:
    known = at.books.subject(Registrations, ONE)
    filing = Filing(at.seq, fact.registration_no, fact.holder_name, fact.valid_until)
    return Effects(subjects=(Registrations((*(known.filings if known else ()), filing)),))


def _lead_taken(at: At, fact: LeadTaken | LeadNoted) -> Effects:
    """Keep a lead; one without a registration in force is kept too and earns nothing (domain rule 5.3)."""
    known = at.books.subject(Registrations, ONE)
    filing = known.valid(at.record.seen_seq, at.record.business_date) if known else None
    broken = filing is None or filing.registration_no != fact.registration_no
    lead = Lead(
        at.seq, at.record.business_date, fact.kind, fact.customer_name, fact.phone, fact.registration_no, broken
    )
    if isinstance(fact, LeadNoted):
        lead = replace(lead, contact_hash=fact.contact_hash)
    return Effects(subjects=(lead,), broken=Suspense.NOT_REGISTERED if broken else None)


def _lead_noted(at: At, fact: LeadNoted) -> Effects:
    return _once(at, fact.operation_no, _lead_taken(at, fact))


def _lead_answered(at: At, fact: LeadAnswered) -> Effects:
    lead = at.books.subject(Lead, number_key(fact.lead_seq)) if fact.lead_seq <= at.record.seen_seq else None
    if lead is None:
        return NOTHING
    return Effects(subjects=(replace(lead, answered_seq=at.seq, outcome_no=int(LeadOutcome(fact.outcome))),))


def _order_named(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401 - any fact of one
    return (SubjectKey(GoodsOrder.SUBJECT, number_key(fact.order_seq)),)


def _lead_named(_seq: int, _record: Record, fact: LeadAnswered) -> tuple[SubjectKey, ...]:
    return (SubjectKey(Lead.SUBJECT, number_key(fact.lead_seq)),)


def _job(_seq: int, _record: Record, fact: OrderPlaced) -> tuple[SubjectKey, ...]:
    return (SubjectKey(CounterJob.SUBJECT, str(fact.operation_no)),)


def _job_and_order(_seq: int, _record: Record, fact: GoodsSigned) -> tuple[SubjectKey, ...]:
    named = SubjectKey(GoodsOrder.SUBJECT, number_key(fact.order_seq))
    return (SubjectKey(CounterJob.SUBJECT, str(fact.operation_no)), named)


def _job_and_registrations(_seq: int, _record: Record, fact: LeadNoted) -> tuple[SubjectKey, ...]:
    return (SubjectKey(CounterJob.SUBJECT, str(fact.operation_no)), SubjectKey(Registrations.SUBJECT, ONE))


def _registrations(_seq: int, _record: Record, _fact: object) -> tuple[SubjectKey, ...]:
    return (SubjectKey(Registrations.SUBJECT, ONE),)


RULES: dict[type, Callable[[At, Any], Effects]] = {
    GoodsListPublished: _list_published,
    GoodsOrdered: _ordered,
    OrderAnswered: _answered,
    GoodsDispatched: _dispatched,
    GoodsReceived: _received,
    GoodsSigned: _signed,
    RegistrationFiled: _registered,
    LeadTaken: _lead_taken,
    LeadAnswered: _lead_answered,
    OrderPlaced: _placed,
    OrderCancelled: _cancelled,
    LeadNoted: _lead_noted,
}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    OrderAnswered: _order_named,
    GoodsDispatched: _order_named,
    GoodsReceived: _order_named,
    GoodsSigned: _job_and_order,
    RegistrationFiled: _registrations,
    LeadTaken: _registrations,
    LeadAnswered: _lead_named,
    OrderPlaced: _job,
    OrderCancelled: _order_named,
    LeadNoted: _job_and_registrations,
}
SUBJECTS: tuple[type[Subject], ...] = (GoodsOrder, Registrations, Lead, GoodsListInForce, CounterJob)
