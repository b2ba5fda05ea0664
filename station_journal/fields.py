"""How a field of a record or a subject is written: one deterministic CBOR value, and a strict reader for each type.

A field is an ``int`` (at least zero), a ``Signed`` integer, ``str``, ``bytes``, ``bool``, ``date``, aware ``datetime``
(UTC, to the second), an integer enum, or a tuple of named rows of such cells. A reader takes only the exact value that
its writer gives.
"""

# ruff: noqa: ANN401 - what comes off the wire has no type until it is checked here

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

Signed = Annotated[int, "may be below zero"]
"""An integer field that may be negative; every plain ``int`` field is at least zero."""

NUMBER_BITS_MAX = 64  # what CBOR writes without a tag; a longer number could not even be named in a sentence

_EPOCH_DAY = date(1970, 1, 1)
NO_DAY = _EPOCH_DAY
"""Stands in a subject for a date that has not come."""
_NUMBER_MAX = 2**NUMBER_BITS_MAX - 1
_DAYS_KEPT = 4_096  # dates made already: the records of years name the same few thousand days


def day_number(given: date) -> int:
    """Write a date: days since 1970-01-01."""
    return (given - _EPOCH_DAY).days


def day(number: object) -> date:
    """Read a date.

    Raises:
        ValueError, TypeError, OverflowError: it is no day number.
    """
    return _date(natural(number))


def _second_number(moment: datetime) -> int:
    return int(moment.timestamp())


def _second(number: object) -> datetime:
    return datetime.fromtimestamp(integer(number), UTC)


@lru_cache(_DAYS_KEPT)
def _date(number: int) -> date:
    return _EPOCH_DAY + timedelta(days=number)


def natural(value: object) -> int:
    """Read an integer of at least zero.

    Raises:
        ValueError, TypeError: it is none.
    """
    if type(value) is int and 0 <= value <= _NUMBER_MAX:
        return value
    if type(value) is int and value < 0:
        message = f"{value} is below zero"
        raise ValueError(message)
    return integer(value)


def integer(value: object) -> int:
    """Read an integer of either sign.

    Raises:
        ValueError, TypeError: it is none.
    """
    if type(value) is not int:
        message = f"{value!r:.60} is not int"
        raise TypeError(message)
    if not -_NUMBER_MAX <= value <= _NUMBER_MAX:
        message = f"a number is longer than {NUMBER_BITS_MAX} bits"
        raise ValueError(message)
    return value


def _checked(wanted: type) -> Callable[[object], Any]:
    def check(value: object) -> Any:
        if type(value) is not wanted:
            message = f"{value!r:.60} is not {wanted.__name__}"
            raise TypeError(message)
        return value

    return check


def _enum_reader(enum_class: type[IntEnum]) -> Callable[[object], IntEnum]:
    members = {int(member): member for member in enum_class}

    def read(value: object) -> IntEnum:
        number = natural(value)
        member = members.get(number)
        return enum_class(number) if member is None else member  # the class words the refusal

    return read


def _field_layout(hint: Any) -> tuple[Callable[[Any], Any] | None, Callable[[Any], Any]]:
    """Give the writer (None where the value goes out as it is) and the checking reader of one field type."""
    if hint is date:
        return day_number, day
    if hint is datetime:
        return _second_number, _second
    if get_origin(hint) is Annotated:
        return None, integer
    if get_origin(hint) is tuple:
        return _row_layout(get_args(hint)[0])
    if issubclass(hint, IntEnum):
        return int, _enum_reader(hint)
    return (None, natural) if hint is int else (None, _checked(hint))


def _row_layout(row_class: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Lay out a tuple of named rows, each an array of its own."""
    layouts = [_field_layout(hint) for hint in get_type_hints(row_class, include_extras=True).values()]
    writers = [write for write, _ in layouts]
    readers = [read for _, read in layouts]
    plain = not any(writers)

    def write(rows: tuple[Any, ...]) -> list[list[Any]]:
        if plain:
            return [list(row) for row in rows]
        return [
            [cell if to_wire is None else to_wire(cell) for cell, to_wire in zip(row, writers, strict=True)]
            for row in rows
        ]

    def read(value: object) -> tuple[Any, ...]:
        rows = _checked(list)(value)
        return tuple(
            row_class(*(reader(cell) for reader, cell in zip(readers, _checked(list)(row), strict=True)))
            for row in rows
        )

    return write, read


Layout = tuple[tuple[str, "Callable[[Any], Any] | None", "Callable[[Any], Any]"], ...]


def layout_of(fact_class: type) -> Layout:
    """Lay out a dataclass: each field's name, writer (None where the value goes out as it is) and checking reader."""
    hints = get_type_hints(fact_class, include_extras=True)
    return tuple((field.name, *_field_layout(hints[field.name])) for field in fields(fact_class))
