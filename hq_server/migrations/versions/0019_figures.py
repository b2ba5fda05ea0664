"""Figures of many days, and the orders in which the console's pages read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "day_figures",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("product_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("business_date", "product_code", name=op.f("pk_day_figures")),
        info={"kind": "reference"},
    )
    op.create_table(
        "figure_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figure", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_figure_runs")),
        info={"kind": "reference"},
    )
    op.create_table(
        "station_use",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", name=op.f("pk_station_use")),
        info={"kind": "station"},
    )
    op.create_index(
        "ix_payments_day",
        "payments",
        ["business_date"],
        postgresql_include=["station_code", "product_code", "status", "amount_fen", "fee_fen"],
    )
    op.create_index("ix_credit_purchases_entered", "credit_purchases", ["entered_at", "station_code", "purchase_no"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_credit_purchases_entered", "credit_purchases")
    op.drop_index("ix_payments_day", "payments")
    for table in ("station_use", "figure_runs", "day_figures"):
        op.drop_table(table)
