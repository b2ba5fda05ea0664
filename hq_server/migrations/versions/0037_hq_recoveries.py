"""From which stations a restored HQ has still to take back what it had signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "hq_recoveries",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("recovery_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("station_seq", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovered_station_seq", sa.BigInteger()),
        sa.Column("recovered_hq_seq", sa.BigInteger()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("cause IN ('RESTORED', 'STATION_AHEAD')", name=op.f("ck_hq_recoveries_cause")),
        sa.PrimaryKeyConstraint("station_code", "recovery_no", name=op.f("pk_hq_recoveries")),
    )
    where = sa.text("ended_at IS NULL")
    op.create_index("uq_hq_recoveries_going_on", "hq_recoveries", ["station_code"], unique=True, postgresql_where=where)


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("hq_recoveries")
