"""What screens tell the app: each message names what happened or what is asked for, and the app alone opens screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_pos.counter import Candidate, DoubtfulPrint, ScannedCode
    from station_pos.tui.actions import Action


@dataclass
class ActionAsked(Message):
    """A function key, or its numpad form, was pressed."""

    action: Action


@dataclass
class Scanned(Message):
    """A code was scanned on any screen; ``text`` is clean."""

    text: str


@dataclass
class CodeRead(Message):
    """A scanner in serial mode read a code; it is for whichever screen is shown, not for what has the focus."""

    code: ScannedCode


@dataclass
class CodesWanted(Message):
    """The screen shown can take the next scanned code."""


class ScreenAsked(Message):
    """A screen is to be opened on top of the one that asks."""


@dataclass
class PaymentAsked(ScreenAsked):
    """The operator chose what to pay."""

    candidate: Candidate


@dataclass
class PaymentTaken(Message):
    """A payment was recorded; its result may still be open."""

    payment: Payment


@dataclass
class CaseAsked(ScreenAsked):
    """The operator wants to see one payment and what is to be done about it."""

    payment: Payment


@dataclass
class ItemAsked(ScreenAsked):
    """The operator wants to see an item of a list that several services share; ``ref`` is the service's number."""

    service: str
    ref: int
    instead: bool = False
    """In place of the screen that asks, which is done."""


@dataclass
class PouchAsked(ScreenAsked):
    """A pouch's label was scanned."""

    label: str


@dataclass
class ParcelsAsked(ScreenAsked):
    """The operator typed or scanned, at home, what means parcels on the shelves."""

    text: str


@dataclass
class CodeAsked(ScreenAsked):
    """The operator typed or scanned, at home, the twenty digits of a credit code."""

    code: str


@dataclass
class PrintAsked(ScreenAsked):
    """The operator wants to say whether a paper came out."""

    doubtful: DoubtfulPrint


@dataclass
class ClockAsked(ScreenAsked):
    """A sale waits until somebody has confirmed the date."""


@dataclass
class PaymentMoved(Message):
    """A payment the app had been waiting for has its answer, or the time is up and it has none."""

    payment: Payment


@dataclass
class LookChanged(Message):
    """The screens are to look different: larger amounts, or else more contrast."""

    big_text: bool


@dataclass
class ScreenLeft(Message):
    """The screen on top is done."""


@dataclass
class HomeAsked(Message):
    """Back to the home screen, with what the operator has typed for the next customer already.

    ``said`` is one sentence to show there, about what was done.
    """

    typed: str = ""
    said: str = ""


@dataclass
class SignedIn(Message):
    """An operator signed in, or opened the lock."""

    lock_only: bool


@dataclass
class LeaveAsked(Message):
    """The operator wants to end the program."""
