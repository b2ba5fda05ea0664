"""Posting rules of sealed pouches of cash, to the branch and from it.

Cash that a station sends is its own: the biller was paid from prepaid credit (domain rule, article 8 part three, item
four). So a pouch moves the shop's funds into transit, and its reception makes them a claim on the branch in the current
account, from which credit is bought (docs/adr/0018). An HQ record acts on what its writer had seen, a station record
on HQ's records that it had seen; what both claim of one pouch stays visible as cash in transit below zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.accounts import Account, Ledger
from station_journal.effects import At, Effects, move, suspense
from station_journal.facts.cash import (
    NoteLine,
    PouchAccepted,
    PouchCancelled,
    PouchReceived,
    PouchSealed,
    PouchSent,
    notes_fen,
)
from station_journal.money import FEN_MAX
from station_journal.payment import Suspense
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

_DRAWER = Ledger(Account.DRAWER)
_SHOP = Ledger(Account.SHOP_FUNDS)
_BRANCH = Ledger(Account.BRANCH_CASH)
_CURRENT = Ledger(Account.STATION_CURRENT)
_DIFFERS = suspense(Suspense.POUCH_DIFFERS)


class PouchState(IntEnum):
    """Where a pouch is: under way, back in the drawer, at the branch, or said by both to be with them."""

    UNDER_WAY = 1
    CANCELLED = 2
    RECEIVED = 3
    CLAIMED_TWICE = 4


@dataclass(frozen=True, slots=True)
class OutgoingPouch(Subject):
    """A pouch that the station sealed for the branch."""

    SUBJECT: ClassVar[int] = 24
    label: str
    sealed_seq: int
    sealed_at: datetime
    business_date: date
    operator_no: int
    coins_fen: int
    notes: tuple[NoteLine, ...]
    cancelled_seq: int = 0
    received_seq: int = 0
    received_fen: int = 0

    @property
    def key(self) -> str:
        """The pouch's label."""
        return self.label

    @property
    def amount_fen(self) -> int:
        """What was sealed into it."""
        return notes_fen(self.notes, self.coins_fen)

    @property
    def state(self) -> PouchState:
        """Where it is."""
        if self.cancelled_seq and self.received_seq:
            return PouchState.CLAIMED_TWICE
        if self.received_seq:
            return PouchState.RECEIVED
        return PouchState.CANCELLED if self.cancelled_seq else PouchState.UNDER_WAY

    @property
    def state_no(self) -> int:
        """The state's number."""
        return int(self.state)


@dataclass(frozen=True, slots=True)
class IncomingPouch(Subject):
    """A pouch that the branch sealed for the station."""

    SUBJECT: ClassVar[int] = 25
    label: str
    sent_seq: int
    sent_at: datetime
    coins_fen: int
    notes: tuple[NoteLine, ...]
    accepted_seq: int = 0
    accepted_fen: int = 0

    @property
    def key(self) -> str:
        """The pouch's label."""
        return self.label

    @property
    def amount_fen(self) -> int:
        """What the manifest states."""
        return notes_fen(self.notes, self.coins_fen)

    @property
    def state_no(self) -> int:
        """1 while it is under way, 3 once it was accepted: the numbers of ``PouchState``."""
        return int(PouchState.RECEIVED if self.accepted_seq else PouchState.UNDER_WAY)


def _sealed(at: At, fact: PouchSealed) -> Effects:
    amount_fen = notes_fen(fact.notes, fact.coins_fen)
    if amount_fen > FEN_MAX:
        return Effects(broken=Suspense.POUCH_UNKNOWN)
    if at.books.subject(OutgoingPouch, fact.label) is not None:
        twice = Suspense.POUCH_TWICE
        return Effects(move(suspense(twice), _DRAWER, amount_fen), broken=twice)
    pouch = OutgoingPouch(
        label=fact.label,
        sealed_seq=at.seq,
        sealed_at=at.record.recorded_at,
        business_date=at.record.business_date,
        operator_no=at.record.actor.number,
        coins_fen=fact.coins_fen,
        notes=fact.notes,
    )
    return Effects(move(_in_transit(fact.label), _DRAWER, amount_fen), subjects=(pouch,))


def _in_transit(label: str) -> Ledger:
    return Ledger(Account.CASH_IN_TRANSIT, label)


def _cancelled(at: At, fact: PouchCancelled) -> Effects:
    pouch = at.books.subject(OutgoingPouch, fact.label)
    if pouch is None:
        return Effects(broken=Suspense.POUCH_UNKNOWN)
    if pouch.cancelled_seq:
        return Effects(broken=Suspense.POUCH_TWICE)
    cancelled = replace(pouch, cancelled_seq=at.seq)
    if 0 < pouch.received_seq <= at.record.seen_seq:
        both = Suspense.POUCH_BOTH_WAYS
        return Effects(move(_DRAWER, suspense(both), pouch.amount_fen), broken=both, subjects=(cancelled,))
    return Effects(move(_DRAWER, _in_transit(fact.label), pouch.amount_fen), subjects=(cancelled,))


def _received(at: At, fact: PouchReceived) -> Effects:
    pouch = at.books.subject(OutgoingPouch, fact.label)
    if pouch is None or pouch.sealed_seq > at.record.seen_seq:
        unknown = Suspense.POUCH_UNKNOWN
        return Effects(move(_BRANCH, suspense(unknown), fact.counted_fen), broken=unknown)
    if pouch.received_seq:
        return Effects(broken=Suspense.POUCH_TWICE)
    received = replace(pouch, received_seq=at.seq, received_fen=fact.counted_fen)
    if 0 < pouch.cancelled_seq <= at.record.seen_seq:
        both = Suspense.POUCH_BOTH_WAYS
        return Effects(move(_BRANCH, suspense(both), fact.counted_fen), broken=both, subjects=(received,))
    sealed_fen, counted_fen = pouch.amount_fen, fact.counted_fen
    agreed_fen = min(sealed_fen, counted_fen)
    postings = (
        *move(_SHOP, _in_transit(fact.label), agreed_fen),
        *move(_DIFFERS, _in_transit(fact.label), sealed_fen - agreed_fen),
        *move(_BRANCH, _CURRENT, agreed_fen),
        *move(_BRANCH, _DIFFERS, counted_fen - agreed_fen),
    )
    return Effects(postings, subjects=(received,))


def _sent(at: At, fact: PouchSent) -> Effects:
    amount_fen = notes_fen(fact.notes, fact.coins_fen)
    if amount_fen > FEN_MAX or at.books.subject(IncomingPouch, fact.label) is not None:
        return Effects(broken=Suspense.POUCH_TWICE)
    pouch = IncomingPouch(fact.label, at.seq, at.record.recorded_at, fact.coins_fen, fact.notes)
    return Effects(move(_sent_cash(fact.label), _BRANCH, amount_fen), subjects=(pouch,))


def _sent_cash(label: str) -> Ledger:
    return Ledger(Account.CASH_SENT, label)


def _accepted(at: At, fact: PouchAccepted) -> Effects:
    pouch = at.books.subject(IncomingPouch, fact.label)
    if pouch is None or pouch.sent_seq > at.record.seen_seq:
        unknown = Suspense.POUCH_UNKNOWN
        return Effects(move(_DRAWER, suspense(unknown), fact.counted_fen), broken=unknown)
    if pouch.accepted_seq:
        # The same pouch brings its cash once, whatever was pressed.
        return Effects(broken=Suspense.POUCH_TWICE)
    accepted = replace(pouch, accepted_seq=at.seq, accepted_fen=fact.counted_fen)
    sent_fen, counted_fen = pouch.amount_fen, fact.counted_fen
    agreed_fen = min(sent_fen, counted_fen)
    postings = (
        *move(_DRAWER, _SHOP, agreed_fen),
        *move(_DRAWER, _DIFFERS, counted_fen - agreed_fen),
        *move(_CURRENT, _sent_cash(fact.label), agreed_fen),
        *move(_DIFFERS, _sent_cash(fact.label), sent_fen - agreed_fen),
    )
    return Effects(postings, subjects=(accepted,))


RULES: dict[type, Callable[[At, Any], Effects]] = {
    PouchSealed: _sealed,
    PouchCancelled: _cancelled,
    PouchReceived: _received,
    PouchSent: _sent,
    PouchAccepted: _accepted,
}


def _outgoing(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401  a fact with a label
    return (SubjectKey(OutgoingPouch.SUBJECT, fact.label),)


def _incoming(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401  a fact with a label
    return (SubjectKey(IncomingPouch.SUBJECT, fact.label),)


KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    PouchSealed: _outgoing,
    PouchCancelled: _outgoing,
    PouchReceived: _outgoing,
    PouchSent: _incoming,
    PouchAccepted: _incoming,
}
SUBJECTS = (OutgoingPouch, IncomingPouch)
