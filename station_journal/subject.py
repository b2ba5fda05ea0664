"""What later records speak of beside payments: a withdrawal, a parcel, a pouch, a sealed grant, a count.

A subject is the fold of the records about one thing, as ``Payment`` is for a bill. Its class carries ``SUBJECT``, the
number of its kind, and gives a ``key`` that is unique at its station; both sides keep it as one row of deterministic
CBOR, derived from the journals and dropped at will. What may be asked of the books for a record must follow from the
record alone, so that HQ can read it for many stations at once: ``subject_keys`` of the rules names it, and ``related``
what a subject leads on to.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, get_args, get_type_hints

from station_journal.fields import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from station_journal.fields import Layout


CHINA = timezone(timedelta(hours=8))
"""The time of all of China, by which a day is a day."""


def calendar_day(moment: datetime) -> date:
    """Give the calendar day in Beijing's time; what a broken clock wrote past the last of all days is of that day."""
    try:
        return moment.astimezone(CHINA).date()
    except OverflowError:
        return date.max


class SubjectKey(NamedTuple):
    """Which subject: the number of its kind and its key."""

    kind: int
    key: str


class Subject:
    """Base of the subject classes, each a frozen dataclass with slots whose fields are those of records."""

    __slots__ = ()
    SUBJECT: ClassVar[int]

    @property
    @abstractmethod
    def key(self) -> str:
        """What tells it from the others of its kind at its station."""

    @property
    def state_no(self) -> int:
        """Number of the state it is in, for lists; 0 where it has none."""
        return 0

    @property
    def is_nothing(self) -> bool:
        """Whether it says no more than if it were not there, as a balance of zero: then it may be there or not."""
        return False

    @property
    def on_day(self) -> date | None:
        """The calendar day in Beijing's time that it is looked up by; None where nobody looks it up by day."""
        return None

    @property
    def device_no(self) -> str | None:
        """The number of the device at the station that it is looked up by; None where there is none."""
        return None

    @property
    def related(self) -> tuple[SubjectKey, ...]:
        """Name further subjects that a rule may ask for because of this one."""
        return ()

    @property
    def place(self) -> SubjectKey:
        """Name it."""
        return SubjectKey(self.SUBJECT, self.key)


_Kind = TypeVar("_Kind", bound=Subject)
_LAYOUTS: dict[int, Layout] = {}


def to_row_bytes(subject: Subject) -> bytes:
    """Write a subject as one deterministic CBOR array."""
    import cbor2  # here, since the first picture of a screen knows subject classes and needs no bytes

    layout = _layouts(type(subject))
    values = ((getattr(subject, name), to_wire) for name, to_wire, _ in layout)
    return cbor2.dumps([value if to_wire is None else to_wire(value) for value, to_wire in values])


def from_row_bytes(subject_class: type[_Kind], data: bytes) -> _Kind:
    """Read a subject back from its row.

    Raises:
        ValueError, TypeError: the row is none of this class; it is derived and can be made again.
    """
    import cbor2

    row: list[Any] = cbor2.loads(data)
    return subject_class(*(read(value) for value, (_, _, read) in zip(row, _layouts(subject_class), strict=True)))


def layouts_number(classes: Iterable[type[Subject]]) -> int:
    """Give a number of 48 bits that changes when any of the classes, or a row inside one, gets another layout.

    Rows written under another number are not read but made again.
    """
    described = [(one.SUBJECT, _described(one)) for one in sorted(classes, key=lambda one: one.SUBJECT)]
    return int.from_bytes(hashlib.sha256(repr(described).encode()).digest()[:6])


def _described(subject_class: type[Subject]) -> list[tuple[str, str, str]]:
    hints = get_type_hints(subject_class)
    return [(item.name, str(item.type), _rows_inside(hints[item.name])) for item in fields(subject_class)]  # type: ignore[arg-type]


def _rows_inside(hint: object) -> str:
    return repr([get_type_hints(row) for row in get_args(hint) if hasattr(row, "_fields")])


def _layouts(subject_class: type[Subject]) -> Layout:
    known = _LAYOUTS.get(subject_class.SUBJECT)
    if known is None:
        known = _LAYOUTS[subject_class.SUBJECT] = layout_of(subject_class)
    return known
