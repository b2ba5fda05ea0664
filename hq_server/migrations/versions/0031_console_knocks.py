"""Attempts to sign in, counted for all web processes together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "console_knocks",
        sa.Column("knock_no", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("knocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("knock_no", name="pk_console_knocks"),
    )
    op.create_index("ix_console_knocks_address", "console_knocks", ["address", "knocked_at"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("console_knocks")
