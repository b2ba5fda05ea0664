"""Resident identity numbers (公民身份号码) and the card's holder: form, check character, birth date, masking.

Sources: GB 11643-1999 (18 characters: area 6, birth date 8, order 3, check), JR/T 0171-2020 and GB/T 41833-2022
(how much may be shown). The area is not looked up: tables change, and valid old numbers would be refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from station_journal.masking import mask_name

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_FORM = re.compile(r"[0-9]{17}[0-9X]")
_BIRTH = slice(6, 14)
_ORDER = slice(14, 17)


class IdProblem(StrEnum):
    """Why a text is no identity number."""

    FORM = "form"
    CHECK = "check"
    BIRTH_DATE = "birth_date"


class ResidentIdRefusedError(ValueError):
    """A text is no identity number; the message names what is wrong, never the text itself."""

    def __init__(self, problem: IdProblem) -> None:
        """Keep the problem beside the sentence."""
        super().__init__(_SENTENCES[problem])
        self.problem = problem


_SENTENCES = {
    IdProblem.FORM: "An identity number has 17 digits and a check character.",
    IdProblem.CHECK: "The check character of this identity number does not fit.",
    IdProblem.BIRTH_DATE: "The birth date in this identity number does not exist or has not come yet.",
}


@dataclass(frozen=True, slots=True, repr=False)
class ResidentId:
    """A checked identity number; what it shows of itself is masked, so that no log can hold it by accident."""

    number: str

    @property
    def birth_date(self) -> date:
        """The holder's birth date."""
        return date.fromisoformat(self.number[_BIRTH])

    @property
    def is_male(self) -> bool:
        """Whether the order number is odd, which stands for men."""
        return int(self.number[_ORDER]) % 2 == 1

    def masked(self) -> str:
        """Write the number for the operator who handles it and for paper, ``510781********0019``."""
        return mask_resident_id(self.number)

    def masked_for_all(self) -> str:
        """Write the number for a screen that others see, ``5***************19``."""
        return mask_resident_id_for_all(self.number)

    def __repr__(self) -> str:
        return f"ResidentId({self.masked_for_all()})"


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """What a card reader hands on of an identity card: the holder's name and number, and nothing else."""

    name: str
    resident_id: ResidentId

    def __repr__(self) -> str:
        return f"IdCard({mask_name(self.name)}, {self.resident_id.masked_for_all()})"


def check_character(first_seventeen: str) -> str:
    """Give the check character of 17 digits (GB 11643: weighted sum modulo 11)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def resident_id(text: str, today: date) -> ResidentId:
    """Check a text as an identity number; a small ``x`` at its end counts as ``X``, blanks around it are dropped.

    Raises:
        ResidentIdRefusedError: wrong form, wrong check character, or a birth date that is none or after ``today``.
    """
    number = text.strip().upper()
    if not _FORM.fullmatch(number):
        raise ResidentIdRefusedError(IdProblem.FORM)
    if check_character(number[:-1]) != number[-1]:
        raise ResidentIdRefusedError(IdProblem.CHECK)
    try:
        born = date.fromisoformat(number[_BIRTH])
    except ValueError:
        born = None
    if born is None or born > today:
        raise ResidentIdRefusedError(IdProblem.BIRTH_DATE)
    return ResidentId(number)


def mask_resident_id(number: str) -> str:
    """Hide birth date of a number: area and last four stay; a number that is too short is hidden whole."""
    return _masked(number, 6, 4)


def mask_resident_id_for_all(number: str) -> str:
    """Hide all of a number but its first and its last two characters."""
    return _masked(number, 1, 2)


def _masked(number: str, head: int, tail: int) -> str:
    hidden = len(number) - head - tail
    return number[:head] + "*" * hidden + number[-tail:] if hidden > 0 else "*" * len(number)
