"""The columns and constraints of a table whose rows one person proposes and another decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Column, Index, Integer, Text, text

from hq_server.db.metadata import instant

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem

STANDING = "state IN ('PROPOSED', 'APPROVED')"
"""That a row waits or holds. What was refused or taken back stays on record and bars nothing of the same name."""
FOUR_EYES_STATES = "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')"
MAKER_IS_NOT_APPROVER = "approver_no <> maker_no"
DECIDED_BY_SOMEBODY = "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)"
REFUSED_WITH_A_REASON = "state <> 'REFUSED' OR refusal <> ''"


def entry_column() -> Column[int]:
    """Declare the last part of the key of a table whose rows have names of their own: entered again, another entry."""
    return Column("entry_no", Integer, primary_key=True, autoincrement=False, server_default=text("1"))


def standing_index(table: Table, *named: str) -> Index:
    """Declare that of one name at most one entry stands, waiting or approved."""
    columns = [table.c[name] for name in named]
    return Index(f"uq_{table.name}_standing", *columns, unique=True, postgresql_where=text(STANDING))


def four_eyes_columns() -> tuple[SchemaItem, ...]:
    """Declare who proposed, who decided, when and why not; the database itself keeps the two apart.

    The migration of such a table repeats these items; `hq_server.four_eyes` is what decides on its rows.
    """
    return (
        Column("state", Text, nullable=False, server_default=text("'PROPOSED'")),
        Column("maker_no", Integer, nullable=False),
        instant("made_at"),
        Column("approver_no", Integer),
        instant("decided_at", nullable=True),
        Column("refusal", Text, nullable=False, server_default=text("''")),
        CheckConstraint(FOUR_EYES_STATES, name="state"),
        CheckConstraint(MAKER_IS_NOT_APPROVER, name="four_eyes"),
        CheckConstraint(DECIDED_BY_SOMEBODY, name="decided"),
        CheckConstraint(REFUSED_WITH_A_REASON, name="refused"),
    )
