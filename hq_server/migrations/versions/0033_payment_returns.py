"""Payments that the bank gave back: which line of its statement brought each, and what a found order's line moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None
_FOUND = """
    UPDATE payment_orders o SET bank_fen = CASE o.kind WHEN 'DEBIT' THEN 1 ELSE -1 END * i.fen
    FROM (SELECT order_no, sum(amount_fen) AS fen FROM payment_items WHERE state IN ('OPEN', 'PAID') GROUP BY 1) i
    WHERE i.order_no = o.order_no AND o.bank_line <> ''
"""


def upgrade() -> None:
    """Apply the step."""
    empty = sa.text("''")
    op.add_column("bank_entries", sa.Column("return_code", sa.Text(), nullable=False, server_default=empty))
    op.add_column("payment_orders", sa.Column("bank_fen", sa.BigInteger()))
    op.execute(_FOUND)
    op.create_check_constraint(
        op.f("ck_payment_orders_found"), "payment_orders", "(bank_line = '') = (bank_fen IS NULL)"
    )
    op.create_table(
        "payment_returns",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("item_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("return_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bank_line", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("effect_seq", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'PROPOSED'")),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("refusal", sa.Text(), nullable=False, server_default=empty),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_payment_returns_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_payment_returns_four_eyes")),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_payment_returns_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_payment_returns_refused")),
        sa.PrimaryKeyConstraint("station_code", "order_no", "item_no", "return_no", name=op.f("pk_payment_returns")),
    )
    standing = ["station_code", "order_no", "item_no"]
    where = sa.text("state IN ('PROPOSED', 'APPROVED')")
    op.create_index("uq_payment_returns_standing", "payment_returns", standing, unique=True, postgresql_where=where)
    op.create_index("ix_payment_returns_line", "payment_returns", ["bank_line"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("payment_returns")
    op.drop_constraint(op.f("ck_payment_orders_found"), "payment_orders", type_="check")
    op.drop_column("payment_orders", "bank_fen")
    op.drop_column("bank_entries", "return_code")
