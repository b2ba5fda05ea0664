"""Which days of an acquirer's files were settled, with how many files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "acquirer_days",
        sa.Column("acquirer_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("acquirer_code", "business_date", name=op.f("pk_acquirer_days")),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("acquirer_days")
