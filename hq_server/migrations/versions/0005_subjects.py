"""What records speak of beside payments: withdrawals, parcels, pouches, grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "subjects",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "kind", "key", name=op.f("pk_subjects")),
        info={"kind": "station", "derived": True},
    )
    op.create_index("ix_subjects_state", "subjects", ["kind", "state", "station_code"])


def downgrade() -> None:
    """Take the step back: derived rows only."""
    op.drop_table("subjects")
