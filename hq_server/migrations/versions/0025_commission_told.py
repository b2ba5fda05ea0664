"""When every station was told of a month's commission."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step; months told before are marked, and sales taken back name the month that had counted them."""
    op.add_column("commission_runs", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE commission_runs SET told_at = approved_at")
    op.execute("""
        UPDATE commission_sales b SET of_month = c.month FROM commission_sales c
        WHERE b.taken_back AND b.of_month = 0 AND NOT c.taken_back
            AND c.station_code = b.station_code AND c.payment_seq = b.payment_seq
    """)


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("commission_runs", "told_at")
