"""Biller-days of sales of which no file has come stand beside those that are to be run."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_NAME = "ck_recon_due_reason"


def upgrade() -> None:
    """Apply the step."""
    op.drop_constraint(op.f(_NAME), "recon_due", type_="check")
    op.create_check_constraint(op.f(_NAME), "recon_due", "reason IN ('FILE', 'RECORDS', 'NO_FILE')")


def downgrade() -> None:
    """Take the step back."""
    op.execute("DELETE FROM recon_due WHERE reason = 'NO_FILE'")
    op.drop_constraint(op.f(_NAME), "recon_due", type_="check")
    op.create_check_constraint(op.f(_NAME), "recon_due", "reason IN ('FILE', 'RECORDS')")
