"""Rulings on reversals: what a ruling is about, and the request that it ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_PAYMENTS = "outcome IN ('CONFIRMED', 'DECLINED')"
_OF_REVERSALS = "outcome IN ('ACCEPTED', 'REFUSED')"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("payment_rulings", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("payment_rulings", sa.Column("request_seq", sa.BigInteger(), nullable=True))
    op.execute("UPDATE payment_rulings SET kind = 'PAY', request_seq = payment_seq")
    op.alter_column("payment_rulings", "kind", nullable=False)
    op.alter_column("payment_rulings", "request_seq", nullable=False)
    _replace_outcomes(f"(kind = 'PAY' AND {_OF_PAYMENTS}) OR (kind = 'REVERSE' AND {_OF_REVERSALS})")
    _replace_open(["station_code", "kind", "request_seq"])


def downgrade() -> None:
    """Take the step back, which no ruling on a reversal survives."""
    op.execute("DELETE FROM payment_rulings WHERE kind = 'REVERSE'")
    _replace_outcomes(_OF_PAYMENTS)
    _replace_open(["station_code", "payment_seq"])
    op.drop_column("payment_rulings", "request_seq")
    op.drop_column("payment_rulings", "kind")


def _replace_outcomes(condition: str) -> None:
    name = op.f("ck_payment_rulings_outcome")
    op.drop_constraint(name, "payment_rulings", type_="check")
    op.create_check_constraint(name, "payment_rulings", condition)


def _replace_open(columns: list[str]) -> None:
    op.drop_index("uq_payment_rulings_open", table_name="payment_rulings")
    op.create_index(
        "uq_payment_rulings_open",
        "payment_rulings",
        columns,
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )
