"""Sealed grants: credit that lies at the station before it is paid for, and opens with a code.

HQ's journal delivers them while the line is up. What is in the record opens nothing: a code goes through a slow hash
to a key, and the record holds a fast digest of that key (``station_journal.sealed_code``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar, NamedTuple


class CodeRefusal(IntEnum):
    """Why a code that was typed whole opened nothing."""

    NO_SUCH_GRANT = 1
    WRONG_CODE = 2


class SealedGrant(NamedTuple):
    """One sealed grant: its number at the station, what it is worth, and what its code is checked against."""

    grant_no: int
    amount_fen: int
    salt: bytes
    commitment: bytes


@dataclass(frozen=True, slots=True)
class SealedGrantReleased:
    """A code opened a sealed grant at the counter; ``key`` is what the slow hash made of the code.

    Whoever holds both journals checks the key against HQ's record at the price of one SHA-256.
    """

    KIND: ClassVar[int] = 48
    grant_no: int
    key: bytes


@dataclass(frozen=True, slots=True)
class GrantCodeRefused:
    """A code was typed that opens nothing; ``grant_no`` is the grant it named, 0 for none. What was typed is not kept.

    A mistyped code is almost the right one.
    """

    KIND: ClassVar[int] = 49
    grant_no: int
    reason: CodeRefusal


@dataclass(frozen=True, slots=True)
class CreditSealed:
    """HQ delivers sealed grants; until one is released it is credit of nobody. Maker and approver are staff numbers.

    Each opens on business dates up to ``valid_until``. ``memory_kib`` and ``passes`` are those of Argon2id (RFC 9106).
    """

    KIND: ClassVar[int] = 90
    grants: tuple[SealedGrant, ...]
    valid_until: date
    memory_kib: int
    passes: int
    maker_no: int
    approver_no: int


@dataclass(frozen=True, slots=True)
class SealedGrantSold:
    """A sealed grant was paid for at the branch, and its code may be given out."""

    KIND: ClassVar[int] = 91
    grant_no: int
    purchase_no: int
    maker_no: int
    approver_no: int


@dataclass(frozen=True, slots=True)
class SealedGrantRevoked:
    """A sealed grant is withdrawn; it holds back only a release whose station had seen this."""

    KIND: ClassVar[int] = 92
    grant_no: int


@dataclass(frozen=True, slots=True)
class SealedGrantReturned:
    """A grant that was paid for and will never be released: its amount is granted openly instead."""

    KIND: ClassVar[int] = 93
    grant_no: int


GrantStationFact = SealedGrantReleased | GrantCodeRefused
GrantHqFact = CreditSealed | SealedGrantSold | SealedGrantRevoked | SealedGrantReturned
