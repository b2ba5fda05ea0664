"""Fields of forms as people type them; what is none is refused in one sentence, and the form comes back as it was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hq_server.four_eyes import refusal_reason
from hq_server.wording import RefusedError
from station_journal.money import parse_yuan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


_NUMBER_DIGITS = 15


def number_at(text: object, digits: int = _NUMBER_DIGITS) -> int:
    """Read a number that an address names a thing by; 0, which names nothing, where it is none or too long."""
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= digits else 0


def date_of(text: str) -> date:
    """Read a business date.

    Raises:
        RefusedError: it is none.
    """
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a business date has no zone
    except ValueError as error:
        raise RefusedError("date", "日期格式为 2026-11-23", "a date has the form 2026-11-23") from error


def fen_of(text: str, *, signed: bool = False) -> int:
    """Read an amount in yuan as fen; with ``signed`` it may have a minus sign before it.

    Raises:
        RefusedError: it is none.
    """
    bare = text.strip()
    negative = signed and bare.startswith("-")
    try:
        fen = parse_yuan(bare.removeprefix("-") if negative else bare)
    except ValueError as error:
        raise RefusedError("amount", "金额不对, 例: 500.00", "the amount has the form 500.00") from error
    return -fen if negative else fen


def refusal_of(form: Mapping[str, str]) -> str:
    """Give the reason of a refusal, empty where the deed is an approval: so desks tell the two apart.

    Raises:
        RefusedError: a refusal has no reason, or one that is too long or cannot be printed.
    """
    return refusal_reason(form.get("refusal", "")) if form.get("deed") == "refuse" else ""
