"""The columns and constraints of a table whose rows one person proposes and another decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Column, Integer, Text, text

from hq_server.db.metadata import instant

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

FOUR_EYES_STATES = "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')"
MAKER_IS_NOT_APPROVER = "approver_no <> maker_no"
DECIDED_BY_SOMEBODY = "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)"
REFUSED_WITH_A_REASON = "state <> 'REFUSED' OR refusal <> ''"


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
