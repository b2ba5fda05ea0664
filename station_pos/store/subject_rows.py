"""Subjects as rows, and back. Beside the one row of each, a service may keep a table of its own for lists and look-ups.

Such a table follows from the subject alone: ``LISTS`` gives the statements that bring it up to date when a subject is
new or changed, live and when everything is derived again alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from station_journal.rules import SUBJECT_CLASSES
from station_journal.rules.withdrawal import Withdrawal
from station_journal.subject import Subject, SubjectKey, from_row_bytes, to_row_bytes
from station_pos.store import parcel_rows, withdrawal_rows
from station_pos.store.database import row, rows, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_Kind = TypeVar("_Kind", bound=Subject)
Statement = tuple[str, tuple[Any, ...]]

LISTS: dict[type[Subject], Callable[[Any], tuple[Statement, ...]]] = {
    Withdrawal: withdrawal_rows.statements,
    **parcel_rows.LISTS,
}
"""What else to write for a subject, by its class."""


def keep(connection: Connection, subject: Subject) -> bool:
    """Write a subject as it now stands; tells whether it is new."""
    kind, key = subject.place
    new = row(connection, "SELECT 1 FROM subjects WHERE kind=? AND key=?", (kind, key)) is None
    run(
        connection,
        """INSERT INTO subjects VALUES (?, ?, ?, ?)
           ON CONFLICT (kind, key) DO UPDATE SET state=excluded.state, data=excluded.data""",
        (kind, key, subject.state_no, to_row_bytes(subject)),
    )
    listed = LISTS.get(type(subject))
    for sql, parameters in () if listed is None else listed(subject):
        run(connection, sql, parameters)
    return new


def find(connection: Connection, place: SubjectKey) -> Subject | None:
    """Find a subject by its kind and key."""
    found = row(connection, "SELECT data FROM subjects WHERE kind=? AND key=?", place)
    return None if found is None else from_row_bytes(SUBJECT_CLASSES[place.kind], found[0])


def in_states(connection: Connection, subject_class: type[_Kind], *states: int) -> tuple[_Kind, ...]:
    """List the subjects of a class that are in some states, by key."""
    marks = ", ".join("?" * len(states))
    found = rows(
        connection,
        f"SELECT data FROM subjects WHERE kind=? AND state IN ({marks}) ORDER BY key",  # noqa: S608  question marks
        (subject_class.SUBJECT, *states),
    )
    return tuple(from_row_bytes(subject_class, data) for (data,) in found)
