"""A biller's days can be searched by sum, and pairs over days by their line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.drop_index("ix_payments_biller_day", table_name="payments")
    op.create_index("ix_payments_biller_day", "payments", ["biller_code", "business_date", "amount_fen"], unique=False)
    op.create_index(
        "ix_recon_findings_shift",
        "recon_findings",
        ["biller_code", "line_date"],
        unique=False,
        postgresql_where=sa.text("run_date <> line_date"),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_recon_findings_shift", table_name="recon_findings")
    op.drop_index("ix_payments_biller_day", table_name="payments")
    op.create_index("ix_payments_biller_day", "payments", ["biller_code", "business_date"], unique=False)
