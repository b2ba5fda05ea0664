"""Record to bytes: deterministic CBOR (RFC 8949 section 4.2.1), one compact array a record.

What is hashed is the stored bytes, so decoding is strict: bytes that do not encode back to themselves are refused,
as are kinds, enum values and field counts that this version does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_args

import cbor2

from station_journal import records
from station_journal.fields import NUMBER_BITS_MAX, Layout, day, day_number, integer, layout_of, natural
from station_journal.records import Actor, ActorKind, Fact, HqFact, Record, Side, StationFact

RECORD_BYTES_MAX = 64 * 1024
"""Longest record that is written or read."""

_HEADER_FIELDS = 6
_ACTORS_KEPT = 1_024  # authors made already: the records of years name the same few


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
        day_number(record.business_date),
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
    fact = fact_class(*[read(value) for read, value in zip(readers, values)])  # noqa: B905 - they are as many
    return Record(
        datetime.fromtimestamp(integer(recorded_at), UTC),
        day(business_date),
        _actor(integer(actor)),
        natural(seen_seq),
        natural(rules_version),
        fact,
    )


def _named(kind: object) -> str:
    """Name a kind in a sentence, whatever it is."""
    try:
        return f"{kind!r:.60}"
    except ValueError:  # Python writes out no number of thousands of digits
        return f"longer than {NUMBER_BITS_MAX} bits"


def _actor_number(actor: Actor) -> int:
    """System is 0, person n is n, support n is -n."""
    if actor.kind is ActorKind.SYSTEM:
        return 0
    if actor.number <= 0:
        message = "a person or support has a number above zero"
        raise ValueError(message)
    return actor.number if actor.kind is ActorKind.PERSON else -actor.number


@lru_cache(_ACTORS_KEPT)
def _actor(number: int) -> Actor:
    if number == 0:
        return records.SYSTEM
    return Actor(ActorKind.PERSON, number) if number > 0 else Actor(ActorKind.SUPPORT, -number)


_KINDS: dict[Side, dict[int, type[Fact]]] = {
    Side.STATION: {fact_class.KIND: fact_class for fact_class in get_args(StationFact)},
    Side.HQ: {fact_class.KIND: fact_class for fact_class in get_args(HqFact)},
}
_LAYOUTS: dict[type, Layout] = {fact_class: layout_of(fact_class) for fact_class in get_args(Fact)}
_READERS = {fact_class: tuple(read for _, _, read in layout) for fact_class, layout in _LAYOUTS.items()}
