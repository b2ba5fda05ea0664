"""Sealed grants: batches of two people, and purchases that are handed over by code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "seal_batches",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("batch_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amounts_fen", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("50000 <= ALL (amounts_fen)", name=op.f("ck_seal_batches_amount")),
        sa.CheckConstraint("state IN ('ENTERED', 'APPROVED')", name=op.f("ck_seal_batches_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_seal_batches_four_eyes")),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL AND first_no > 0)",
            name=op.f("ck_seal_batches_approved"),
        ),
        sa.PrimaryKeyConstraint("station_code", "batch_no", name=op.f("pk_seal_batches")),
        info={"kind": "station", "derived": False},
    )
    op.add_column(
        "credit_purchases", sa.Column("by_code", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("credit_purchases", sa.Column("grant_no", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "uq_credit_purchases_grant",
        "credit_purchases",
        ["station_code", "grant_no"],
        unique=True,
        postgresql_where=sa.text("grant_no > 0"),
    )


def downgrade() -> None:
    """Take the step back; which code a purchase was handed over by is still told by HQ's journal."""
    op.drop_index("uq_credit_purchases_grant", table_name="credit_purchases")
    op.drop_column("credit_purchases", "grant_no")
    op.drop_column("credit_purchases", "by_code")
    op.drop_table("seal_batches")
