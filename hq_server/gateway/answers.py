"""What is asked of a biller and what it can say, the same for every kind of road."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_BILLER_NO_LENGTH_MAX = 64
_REASON_LENGTH_MAX = 120


class Word(StrEnum):
    """What is known after asking a biller.

    ``SILENT`` is every answer that is none: lost, late, unreadable, about something else. The biller may have booked.
    ``NOT_SENT`` is certain: no connection came about, so the biller cannot know of it.
    """

    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    REVERSED = "REVERSED"
    PENDING = "PENDING"
    NOT_FOUND = "NOT_FOUND"
    SILENT = "SILENT"
    NOT_SENT = "NOT_SENT"


@dataclass(frozen=True, slots=True)
class Answer:
    """A biller's word with its own number for a booking, and a reason for people."""

    word: Word
    biller_no: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment as it is asked of a biller; ``our_no`` names it on both sides for ever. Amount in fen."""

    our_no: str
    account_no: str
    bill_no: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill that an account owes; ``period`` as ``2026-10``."""

    bill_no: str
    period: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class AccountFound:
    """An account at the biller with its open bills, the payer's name in full."""

    payer_name: str
    address: str
    bills: tuple[OpenBill, ...]


class AccountUnknownError(LookupError):
    """The biller has no such account."""


class BillerSilentError(RuntimeError):
    """The biller gave no usable answer to an inquiry."""


class Road(Protocol):
    """A way of asking a biller that answers at once."""

    def inquire(self, account_no: str) -> AccountFound:
        """Ask what an account owes."""

    def pay(self, asked: Asked) -> Answer:
        """Ask for a booking."""

    def status(self, asked: Asked) -> Answer:
        """Ask what became of a booking."""

    def reverse(self, asked: Asked) -> Answer:
        """Ask to undo a booking: ``REVERSED``, or ``DECLINED`` with a reason."""


def plain(text: object, length_max: int = _REASON_LENGTH_MAX) -> str:
    """Make a text from outside fit for records and lists: no control characters, no more than some characters."""
    kept = (char if unicodedata.category(char)[0] != "C" else " " for char in str(text))
    return " ".join("".join(kept).split())[:length_max]


def plain_number(text: object) -> str:
    """Make a biller's own number fit for records."""
    return plain(text, _BILLER_NO_LENGTH_MAX)
