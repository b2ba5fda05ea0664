"""Biller-days that are to be reconciled, and what the last run of each had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_NEW = ("file_count", "amount_fen", "status_sum")


def upgrade() -> None:
    """Apply the step; days that were run before count as due once."""
    types = (sa.Integer(), sa.BigInteger(), sa.BigInteger())
    for name, kind in zip(_NEW, types, strict=True):
        op.add_column("recon_days", sa.Column(name, kind, server_default=sa.text("0"), nullable=False))
    op.create_table(
        "recon_due",
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason IN ('FILE', 'RECORDS')", name=op.f("ck_recon_due_reason")),
        sa.PrimaryKeyConstraint("biller_code", "run_date", name=op.f("pk_recon_due")),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("recon_due")
    for name in reversed(_NEW):
        op.drop_column("recon_days", name)
