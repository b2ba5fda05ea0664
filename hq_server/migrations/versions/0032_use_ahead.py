"""What each station is expected to use of its credit day by day, and by when to buy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    empty = sa.text("'{}'")
    op.execute("DELETE FROM station_use")  # derived: the jobs count it again
    op.execute("DELETE FROM figure_runs WHERE name = 'use'")
    op.add_column(
        "station_use", sa.Column("ahead_fen", sa.ARRAY(sa.BigInteger()), nullable=False, server_default=empty)
    )
    op.add_column("station_use", sa.Column("buy_by", sa.ARRAY(sa.Date()), nullable=False, server_default=empty))


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("station_use", "buy_by")
    op.drop_column("station_use", "ahead_fen")
