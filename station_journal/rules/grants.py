"""What records of sealed grants do: a sale fills an account that a release empties, whichever comes first.

``CREDIT_CODES`` stands between the two, since a station releases offline without having seen that HQ sold: what it
holds is sold by code and not released yet. A release builds only on a sealed grant that the station had seen; a
revocation holds back only a release that had seen it. So the order in which both sides learn of each other's records
changes no figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.accounts import Account, Ledger
from station_journal.effects import NOTHING, At, Effects, move
from station_journal.facts.grants import (
    CreditSealed,
    GrantCodeRefused,
    SealedGrantReleased,
    SealedGrantReturned,
    SealedGrantRevoked,
    SealedGrantSold,
)
from station_journal.payment import Suspense
from station_journal.sealed_code import commitment_of
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

_BANK = Ledger(Account.BANK_CLEARING)
_CODES = Ledger(Account.CREDIT_CODES)
_FREE = Ledger(Account.CREDIT_FREE)


class GrantState(IntEnum):
    """Where a sealed grant stands, for lists; a release stands whatever HQ did without knowing of it."""

    OPEN = 1
    SOLD = 2
    REVOKED = 3
    RELEASED = 4
    RETURNED = 5


@dataclass(frozen=True, slots=True)
class Grant(Subject):
    """A sealed grant as both journals tell it.

    ``sealed_seq``, ``sold_seq``, ``revoked_seq`` and ``returned_seq`` are HQ's records, ``released_seq`` is the
    station's; 0 where there is none.
    """

    SUBJECT: ClassVar[int] = 30
    grant_no: int
    amount_fen: int
    salt: bytes
    commitment: bytes
    memory_kib: int
    passes: int
    valid_until: date
    sealed_seq: int
    purchase_no: int = 0
    sold_seq: int = 0
    revoked_seq: int = 0
    released_seq: int = 0
    returned_seq: int = 0

    @property
    def key(self) -> str:
        """Its number at its station."""
        return grant_key(self.grant_no)

    @property
    def state(self) -> GrantState:
        """Where it stands."""
        if self.released_seq:
            return GrantState.RELEASED
        if self.returned_seq:
            return GrantState.RETURNED
        if self.revoked_seq:
            return GrantState.REVOKED
        return GrantState.SOLD if self.sold_seq else GrantState.OPEN

    @property
    def state_no(self) -> int:
        """Number of its state."""
        return int(self.state)


@dataclass(frozen=True, slots=True)
class CodeTries(Subject):
    """How many codes were refused on a business date."""

    SUBJECT: ClassVar[int] = 31
    business_date: date
    refused: int

    @property
    def key(self) -> str:
        """The date."""
        return self.business_date.isoformat()


def grant_key(grant_no: int) -> str:
    """Name a grant among those of its station."""
    return f"{grant_no:08d}"


def _sealed(at: At, fact: CreditSealed) -> Effects:
    """Keep the sealed grants; a number that was used before is not used again."""
    made = tuple(
        Grant(
            grant_no=one.grant_no,
            amount_fen=one.amount_fen,
            salt=one.salt,
            commitment=one.commitment,
            memory_kib=fact.memory_kib,
            passes=fact.passes,
            valid_until=fact.valid_until,
            sealed_seq=at.seq,
        )
        for one in fact.grants
        if at.books.subject(Grant, grant_key(one.grant_no)) is None
    )
    return Effects(subjects=made)


def _sold(at: At, fact: SealedGrantSold) -> Effects:
    grant = at.books.subject(Grant, grant_key(fact.grant_no))
    if grant is None or grant.sold_seq:
        return NOTHING
    sold = replace(grant, sold_seq=at.seq, purchase_no=fact.purchase_no)
    return Effects(move(_BANK, _CODES, grant.amount_fen), subjects=(sold,))


def _revoked(at: At, fact: SealedGrantRevoked) -> Effects:
    grant = at.books.subject(Grant, grant_key(fact.grant_no))
    if grant is None or grant.revoked_seq:
        return NOTHING
    return Effects(subjects=(replace(grant, revoked_seq=at.seq),))


def _returned(at: At, fact: SealedGrantReturned) -> Effects:
    """Grant openly what was paid for, unless HQ knew of a release. HQ waits until the station has seen it revoked."""
    grant = at.books.subject(Grant, grant_key(fact.grant_no))
    if grant is None or grant.returned_seq or not grant.sold_seq:
        return NOTHING
    if 0 < grant.released_seq <= at.record.seen_seq:
        return NOTHING
    returned = replace(grant, returned_seq=at.seq)
    return Effects(move(_CODES, _FREE, grant.amount_fen), subjects=(returned,))


def broken_by(grant: Grant | None, key: bytes, business_date: date, seen_seq: int) -> Suspense | None:
    """Say which rule a release would break for a station that had seen HQ's records up to ``seen_seq``; None if none.

    The key is judged before everything but the grant itself: only a right code learns what became of its grant.
    """
    if grant is None or grant.sealed_seq > seen_seq:
        return Suspense.GRANT_UNKNOWN
    if commitment_of(key) != grant.commitment:
        return Suspense.GRANT_KEY_WRONG
    if grant.released_seq:
        return Suspense.GRANT_SPENT
    if 0 < grant.revoked_seq <= seen_seq or 0 < grant.returned_seq <= seen_seq:
        return Suspense.GRANT_REVOKED
    return Suspense.GRANT_EXPIRED if business_date > grant.valid_until else None


def _released(at: At, fact: SealedGrantReleased) -> Effects:
    grant = at.books.subject(Grant, grant_key(fact.grant_no))
    broken = broken_by(grant, fact.key, at.record.business_date, at.record.seen_seq)
    if grant is None or broken:
        # Nothing was handed over, so nothing rests in suspense: the grant stays what it was.
        return Effects(broken=broken)
    released = replace(grant, released_seq=at.seq)
    return Effects(move(_CODES, _FREE, grant.amount_fen), subjects=(released,))


def _code_refused(at: At, _fact: GrantCodeRefused) -> Effects:
    day = at.record.business_date
    before = at.books.subject(CodeTries, day.isoformat())
    return Effects(subjects=(CodeTries(day, (before.refused if before else 0) + 1),))


def _sealed_keys(_seq: int, _record: Record, fact: CreditSealed) -> tuple[SubjectKey, ...]:
    return tuple(SubjectKey(Grant.SUBJECT, grant_key(one.grant_no)) for one in fact.grants)


def _grant_named(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401 - any fact of a grant
    return (SubjectKey(Grant.SUBJECT, grant_key(fact.grant_no)),)


def _tries_named(_seq: int, record: Record, _fact: GrantCodeRefused) -> tuple[SubjectKey, ...]:
    return (SubjectKey(CodeTries.SUBJECT, record.business_date.isoformat()),)


RULES: dict[type, Callable[[At, Any], Effects]] = {
    CreditSealed: _sealed,
    SealedGrantSold: _sold,
    SealedGrantRevoked: _revoked,
    SealedGrantReturned: _returned,
    SealedGrantReleased: _released,
    GrantCodeRefused: _code_refused,
}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    CreditSealed: _sealed_keys,
    SealedGrantSold: _grant_named,
    SealedGrantRevoked: _grant_named,
    SealedGrantReturned: _grant_named,
    SealedGrantReleased: _grant_named,
    GrantCodeRefused: _tries_named,
}
SUBJECTS: tuple[type[Subject], ...] = (Grant, CodeTries)
