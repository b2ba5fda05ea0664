"""How many lines of a biller's file name each station, counted as the file is taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step; files taken in before are counted now."""
    op.create_table(
        "settlement_line_counts",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "station_code", "biller_code", "business_date", "file_seq", name=op.f("pk_settlement_line_counts")
        ),
    )
    op.execute(
        "INSERT INTO settlement_line_counts "
        "SELECT station_code, biller_code, business_date, file_seq, count(*) FROM settlement_lines "
        "WHERE payment_seq IS NOT NULL GROUP BY 1, 2, 3, 4"
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("settlement_line_counts")
