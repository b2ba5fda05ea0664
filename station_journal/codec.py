"""Record to bytes: deterministic CBOR (RFC 8949 section 4.2.1), one compact array a record.

What is hashed is the stored bytes, so decoding is strict: bytes that do not encode back to themselves are refused,
as are kinds, enum values and field counts that this version does not know.
"""

# ruff: noqa: ANN401 - what comes off the wire has no type until it is checked here

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import cbor2

from station_journal import records
from station_journal.records import Actor, ActorKind, Fact, HqFact, Record, Side, StationFact

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD_BYTES_MAX = 64 * 1024
"""Longest record that is written or read."""

_EPOCH_DAY = date(1970, 1, 1)
_HEADER_FIELDS = 6
_NUMBER_BITS_MAX = 64  # what CBOR writes without a tag; a longer number could not even be named in a sentence
_NUMBER_MAX = 2**_NUMBER_BITS_MAX - 1
_DAYS_KEPT = 4_096  # dates made already: the records of years name the same few thousand days


class UnreadableRecordError(ValueError):
    """Bytes are no record that this version can read; the message is one sentence."""


def encode(record: Record) -> bytes:
    """Encode a record to the bytes that are stored, hashed and sent.

    Raises:
        ValueError: the record is longer than ``RECORD_BYTES_MAX``.
    """
    fact = record.fact
    row: list[Any] = [
        fact.KIND,
        int(record.recorded_at.timestamp()),
        _day_number(record.business_date),
        _actor_number(record.actor),
        record.seen_seq,
        record.rules_version,
    ]
    for name, to_wire, _ in _LAYOUTS[type(fact)]:
        value = getattr(fact, name)
        row.append(value if to_wire is None else to_wire(value))
    data = cbor2.dumps(row)
    if len(data) > RECORD_BYTES_MAX:
        message = f"a record of {len(data)} bytes is above the limit of {RECORD_BYTES_MAX}"
        raise ValueError(message)
    return data


def decode(data: bytes, side: Side) -> Record:
    """Decode stored bytes of one journal.

    Raises:
        UnreadableRecordError: not CBOR, not in the one permitted form, a kind of the other journal or of a later
            version, or a field that does not hold what its kind says.
    """
    if len(data) > RECORD_BYTES_MAX:
        message = f"a record of {len(data)} bytes is above the limit of {RECORD_BYTES_MAX}"
        raise UnreadableRecordError(message)
    try:
        row = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError) as error:
        message = f"the bytes are not CBOR: {error}"
        raise UnreadableRecordError(message) from error
    if not isinstance(row, list) or len(row) < _HEADER_FIELDS:
        message = "the bytes are not an array with a record header"
        raise UnreadableRecordError(message)
    try:
        record = _from_row(row, side)
        # Every reader takes only the exact value that its writer would give, so the row is the record's own row and
        # encodes to the record's one form.
        again = cbor2.dumps(row)
    except UnreadableRecordError:
        raise
    except (TypeError, ValueError, OverflowError, OSError, AttributeError) as error:
        message = f"a field of record kind {_named(row[0])} does not hold what it should: {error}"
        raise UnreadableRecordError(message) from error
    if again != data:
        message = f"the bytes of record kind {_named(row[0])} are not in the one permitted form"
        raise UnreadableRecordError(message)
    return record


def readable_kinds(side: Side) -> tuple[int, ...]:
    """List the kinds of one journal that this version reads; stated in the hello of an exchange."""
    return tuple(sorted(_KINDS[side]))


def _from_row(row: list[Any], side: Side) -> Record:
    kind = row[0]
    # ``bool`` is an ``int`` to Python but not on the wire.
    fact_class = _KINDS[side].get(kind) if type(kind) is int else None
    if fact_class is None:
        message = f"record kind {_named(kind)} is not one this version reads in the {side.name.lower()} journal"
        raise UnreadableRecordError(message)
    readers = _READERS[fact_class]
    _, recorded_at, business_date, actor, seen_seq, rules_version, *values = row
    if len(values) != len(readers):
        message = f"record kind {kind} has {len(values)} fields instead of {len(readers)}"
        raise UnreadableRecordError(message)
    fact = fact_class(*[read(value) for read, value in zip(readers, values, strict=True)])
    return Record(
        datetime.fromtimestamp(_integer(recorded_at), UTC),
        _day(business_date),
        _actor(_integer(actor)),
        _natural(seen_seq),
        _natural(rules_version),
        fact,
    )


def _named(kind: object) -> str:
    """Name a kind in a sentence, whatever it is."""
    try:
        return f"{kind!r:.60}"
    except ValueError:  # Python writes out no number of thousands of digits
        return f"longer than {_NUMBER_BITS_MAX} bits"


def _actor_number(actor: Actor) -> int:
    """System is 0, person n is n, support n is -n."""
    if actor.kind is ActorKind.SYSTEM:
        return 0
    if actor.number <= 0:
        message = "a person or support has a number above zero"
        raise ValueError(message)
    return actor.number if actor.kind is ActorKind.PERSON else -actor.number


def _actor(number: int) -> Actor:
    if number == 0:
        return records.SYSTEM
    return Actor(ActorKind.PERSON, number) if number > 0 else Actor(ActorKind.SUPPORT, -number)


def _day_number(day: date) -> int:
    return (day - _EPOCH_DAY).days


def _day(number: object) -> date:
    return _date(_natural(number))


@lru_cache(_DAYS_KEPT)
def _date(number: int) -> date:
    return _EPOCH_DAY + timedelta(days=number)


def _natural(value: object) -> int:
    if type(value) is int and 0 <= value <= _NUMBER_MAX:
        return value
    if type(value) is int and value < 0:
        message = f"{value} is below zero"
        raise ValueError(message)
    return _integer(value)


def _integer(value: object) -> int:
    if type(value) is not int:
        message = f"{value!r:.60} is not int"
        raise TypeError(message)
    if not -_NUMBER_MAX <= value <= _NUMBER_MAX:
        message = f"a number is longer than {_NUMBER_BITS_MAX} bits"
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
        number = _natural(value)
        member = members.get(number)
        return enum_class(number) if member is None else member  # the class words the refusal

    return read


def _field_layout(hint: Any) -> tuple[Callable[[Any], Any] | None, Callable[[Any], Any]]:
    """Give the writer (None where the value goes out as it is) and the checking reader of one field type."""
    if hint is date:
        return _day_number, _day
    if get_origin(hint) is Annotated:
        return None, _integer
    if get_origin(hint) is tuple:
        return _row_layout(get_args(hint)[0])
    if issubclass(hint, IntEnum):
        return int, _enum_reader(hint)
    return (None, _natural) if hint is int else (None, _checked(hint))


def _row_layout(row_class: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Lay out a tuple of named rows, each an array of its own."""
    readers = [_field_layout(hint)[1] for hint in get_type_hints(row_class, include_extras=True).values()]

    def write(rows: tuple[Any, ...]) -> list[list[Any]]:
        return [list(row) for row in rows]

    def read(value: object) -> tuple[Any, ...]:
        rows = _checked(list)(value)
        return tuple(
            row_class(*(reader(cell) for reader, cell in zip(readers, _checked(list)(row), strict=True)))
            for row in rows
        )

    return write, read


_Layout = tuple[tuple[str, "Callable[[Any], Any] | None", "Callable[[Any], Any]"], ...]


def _layout_of(fact_class: type) -> _Layout:
    hints = get_type_hints(fact_class, include_extras=True)
    return tuple((field.name, *_field_layout(hints[field.name])) for field in fields(fact_class))


_KINDS: dict[Side, dict[int, type[Fact]]] = {
    Side.STATION: {fact_class.KIND: fact_class for fact_class in get_args(StationFact)},
    Side.HQ: {fact_class.KIND: fact_class for fact_class in get_args(HqFact)},
}
_LAYOUTS: dict[type, _Layout] = {fact_class: _layout_of(fact_class) for fact_class in get_args(Fact)}
_READERS = {fact_class: tuple(read for _, _, read in layout) for fact_class, layout in _LAYOUTS.items()}
