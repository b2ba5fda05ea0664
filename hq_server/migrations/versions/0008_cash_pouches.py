"""What the branch's desk enters about pouches of cash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "cash_pouches",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("faces_fen", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("pieces", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("coins_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("direction IN ('RECEIVED', 'SENT')", name=op.f("ck_cash_pouches_direction")),
        sa.CheckConstraint(
            "amount_fen >= 0 AND (direction = 'RECEIVED' OR amount_fen > 0)", name=op.f("ck_cash_pouches_amount")
        ),
        sa.CheckConstraint("cardinality(faces_fen) = cardinality(pieces)", name=op.f("ck_cash_pouches_lines")),
        sa.CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED')", name=op.f("ck_cash_pouches_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_cash_pouches_four_eyes")),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)",
            name=op.f("ck_cash_pouches_approved"),
        ),
        sa.CheckConstraint(
            "state <> 'REFUSED' OR (approver_no IS NOT NULL AND refusal <> '')", name=op.f("ck_cash_pouches_refused")
        ),
        sa.PrimaryKeyConstraint("station_code", "entry_no", name=op.f("pk_cash_pouches")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "uq_cash_pouches_label",
        "cash_pouches",
        ["station_code", "direction", "label"],
        unique=True,
        postgresql_where=sa.text("state <> 'REFUSED'"),
    )


def downgrade() -> None:
    """Take the step back: decisions of people would be lost, so this is for empty tables only."""
    op.drop_table("cash_pouches")
