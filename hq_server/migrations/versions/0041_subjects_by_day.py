"""Withdrawals are found by their day and their terminal, without reading all that there ever were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_WITHDRAWAL, _RECORDED_AT, _TERMINAL_NO = 1, 2, 21  # the number of the kind, and two places in its row
_CHINA = timezone(timedelta(hours=8))
_ROWS_AT_ONCE = 5_000


def upgrade() -> None:
    """Apply the step; the withdrawals that are there get both from their own rows."""
    op.add_column("subjects", sa.Column("on_day", sa.Date()))
    op.add_column("subjects", sa.Column("device_no", sa.Text()))
    _fill(op.get_bind())
    op.create_index("ix_subjects_day", "subjects", ["kind", "on_day"], postgresql_where=sa.text("on_day IS NOT NULL"))
    op.create_index(
        "ix_subjects_device",
        "subjects",
        ["kind", "device_no", "on_day", "station_code"],
        postgresql_where=sa.text("device_no IS NOT NULL"),
    )


def _fill(connection: sa.Connection) -> None:
    some = sa.text(
        "SELECT station_code, key, data FROM subjects WHERE kind = :kind AND (station_code, key) > (:code, :key) "
        "ORDER BY station_code, key LIMIT :many"
    )
    change = sa.text(
        "UPDATE subjects SET on_day = :on_day, device_no = :device_no "
        "WHERE station_code = :code AND kind = :kind AND key = :key"
    )
    place = {"kind": _WITHDRAWAL, "code": "", "key": ""}
    while rows := connection.execute(some, {**place, "many": _ROWS_AT_ONCE}).all():
        found = []
        for code, key, data in rows:
            row = cbor2.loads(data)
            place = {"kind": _WITHDRAWAL, "code": code, "key": key}
            found.append({**place, "on_day": _day(row[_RECORDED_AT]), "device_no": row[_TERMINAL_NO] or None})
        connection.execute(change, found)


def _day(second: int) -> date:
    try:
        return datetime.fromtimestamp(second, UTC).astimezone(_CHINA).date()
    except OverflowError:
        return date.max


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_subjects_device", "subjects")
    op.drop_index("ix_subjects_day", "subjects")
    op.drop_column("subjects", "device_no")
    op.drop_column("subjects", "on_day")
