"""Refunds to payers from before are noted as made good; pages find months with invoices and waiting figures at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_REFUNDS = """
    INSERT INTO made_good (station_code, side, seq, remedy, remedy_no, amount_fen, made_at)
    SELECT c.station_code, 'S', coalesce(c.payment_seq, CAST(substr(c.item, 3) AS bigint)), 'PAYER_REFUND', c.case_no,
        abs(r.difference_fen), r.decided_at
    FROM break_resolutions r JOIN break_cases c ON c.station_code = r.station_code AND c.case_no = r.case_no
    WHERE r.state = 'APPROVED' AND r.action = 'RETURN_TO_PAYER' AND c.layer IN ('BILLER', 'BANK')
        AND (c.payment_seq IS NOT NULL OR c.item ~ '^W:[0-9]+$')
    ORDER BY r.decided_at ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Apply the step."""
    op.execute(_REFUNDS)
    op.create_index(
        "ix_commission_parts_invoiced",
        "commission_parts",
        ["month", "station_code"],
        postgresql_include=["gross_fen"],
        postgresql_where=sa.text("tax_regime = 'BUSINESS_INVOICE' AND gross_fen > 0"),
    )
    op.create_index(
        "ix_branch_figures_waiting", "branch_figures", ["made_at"], postgresql_where=sa.text("state = 'PROPOSED'")
    )


def downgrade() -> None:
    """Take the step back; what was made good stays so."""
    op.drop_index("ix_branch_figures_waiting", "branch_figures")
    op.drop_index("ix_commission_parts_invoiced", "commission_parts")
