"""What a run needs of a file's lines without reading them again: their sum, between which records, any named twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_SUMS = ("amount_fen", "first_seq", "last_seq")


def upgrade() -> None:
    """Apply the step; files taken in before are counted again."""
    op.execute("DELETE FROM settlement_line_counts")
    for name in _SUMS:
        op.add_column("settlement_line_counts", sa.Column(name, sa.BigInteger(), nullable=False))
    op.add_column("settlement_line_counts", sa.Column("may_repeat", sa.Boolean(), nullable=False))
    op.execute(
        "INSERT INTO settlement_line_counts "
        "SELECT station_code, biller_code, business_date, file_seq, count(*), sum(amount_fen), min(payment_seq), "
        "max(payment_seq), count(*) > count(DISTINCT payment_seq) FROM settlement_lines "
        "WHERE payment_seq IS NOT NULL GROUP BY 1, 2, 3, 4"
    )


def downgrade() -> None:
    """Take the step back."""
    for name in ("may_repeat", *reversed(_SUMS)):
        op.drop_column("settlement_line_counts", name)
