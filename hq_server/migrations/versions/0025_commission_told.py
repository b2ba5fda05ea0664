"""When every station was told of a month's commission."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step; months told before are marked."""
    op.add_column("commission_runs", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE commission_runs SET told_at = approved_at")


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("commission_runs", "told_at")
