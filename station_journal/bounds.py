"""Which figures and texts a record may hold to be computed: what both sides' books can keep.

A record outside them is kept and passed on like any other; from it on the station's figures are not computable, on both
sides alike. The database of either side holds numbers of 64 bits with a sign and no null character, and an index takes
no key of any length.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from station_journal.money import FEN_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.records import Record

NUMBER_MAX = 2**63 - 1
"""Largest number that the books hold."""
TEXT_MAX = 250
"""Longest text of a station's record, in characters; HQ's records may explain themselves at length."""
HQ_KINDS_FROM = 64
"""Kinds below it are the station's."""
REASON = "it holds a figure or a character that the books cannot hold"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How to read a row's amounts, its other numbers and its texts, each as a tuple; None where it has none.

    ``figures`` are amounts and numbers together; ``rows`` are the fields that hold rows, each with how to read one.
    """

    figures: Callable[[Any], tuple[int, ...]] | None
    amounts: Callable[[Any], tuple[int, ...]] | None
    numbers: Callable[[Any], tuple[int, ...]] | None
    texts: Callable[[Any], tuple[str, ...]] | None
    rows: tuple[tuple[str, _Reading], ...]


def _reading(row_class: Any, names: Iterable[str]) -> _Reading:  # noqa: ANN401 - a fact's class or a named row's
    hints = get_type_hints(row_class)
    numbers = [name for name in names if isinstance(hints[name], type) and issubclass(hints[name], int)]
    inner = [(name, get_args(hints[name])[0]) for name in names if get_origin(hints[name]) is tuple]
    return _Reading(
        _tuple_of(numbers),
        _tuple_of([name for name in numbers if name.endswith("_fen")]),
        _tuple_of([name for name in numbers if not name.endswith("_fen")]),
        _tuple_of([name for name in names if hints[name] is str]),
        tuple((name, _reading(inner_class, inner_class._fields)) for name, inner_class in inner),
    )


def _tuple_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]] | None:
    """Make what reads some fields; quick, since it runs for every record."""
    if not names:
        return None
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda fact: (read(fact),)


_READINGS: dict[type, _Reading] = {}


def _reading_of(fact_class: type) -> _Reading:
    known = _READINGS.get(fact_class)
    if known is None:
        names = [item.name for item in fields(fact_class)]
        known = _READINGS[fact_class] = _reading(fact_class, names)
    return known


def within_bounds(record: Record) -> bool:
    """Tell whether the books can hold a record; balances stay in range however many there are."""
    fact = record.fact
    longest = TEXT_MAX if fact.KIND < HQ_KINDS_FROM else NUMBER_MAX
    reading = _READINGS.get(type(fact)) or _reading_of(type(fact))
    return record.actor.number <= NUMBER_MAX and _row_within(fact, reading, longest)


def _row_within(row: Any, reading: _Reading, longest: int) -> bool:  # noqa: ANN401 - a fact or a named row
    # In as few steps as it takes: this runs for every record of a year, and nearly none holds a figure above any bound.
    if reading.figures is not None:
        figures = reading.figures(row)
        if (max(figures) > FEN_MAX or min(figures) < -FEN_MAX) and not _figures_within(row, reading):
            return False
    if reading.texts is not None:
        joined = "".join(reading.texts(row))
        if "\x00" in joined or (len(joined) > longest and max(map(len, reading.texts(row))) > longest):
            return False
    if not reading.rows:
        return True
    # What a list names becomes a key, whoever wrote it.
    return all(_row_within(one, inner, TEXT_MAX) for name, inner in reading.rows for one in getattr(row, name))


def _figures_within(row: Any, reading: _Reading) -> bool:  # noqa: ANN401 - as above
    amounts = reading.amounts(row) if reading.amounts is not None else ()
    numbers = reading.numbers(row) if reading.numbers is not None else ()
    return all(-FEN_MAX <= fen <= FEN_MAX for fen in amounts) and all(
        -NUMBER_MAX <= number <= NUMBER_MAX for number in numbers
    )
