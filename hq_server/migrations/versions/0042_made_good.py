"""What made a record good is noted once for each record, so that no second desk gives the same sum again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_CORRECTED = (
    "SELECT DISTINCT ON (station_code, cited_side, cited_seq) station_code, "
    "CASE cited_side WHEN 1 THEN 'S' ELSE 'H' END, cited_seq, 'CORRECTION', correction_no, new_fen - old_fen, "
    "decided_at FROM corrections WHERE state = 'APPROVED' AND new_fen > old_fen "
    "ORDER BY station_code, cited_side, cited_seq, correction_no"
)
_PAYOUTS = (
    "SELECT station_code, 'S', withdrawal_seq, 'WITHDRAWAL_RULING', ruling_no, 0, decided_at FROM ("
    "SELECT DISTINCT ON (station_code, withdrawal_seq) * FROM withdrawal_rulings WHERE state = 'APPROVED' "
    "ORDER BY station_code, withdrawal_seq, ruling_no DESC) r WHERE debited"
)
_PAYMENTS = (
    "SELECT DISTINCT ON (station_code, payment_seq) station_code, 'S', payment_seq, 'PAYMENT_RULING', ruling_no, 0, "
    "decided_at FROM payment_rulings WHERE state = 'APPROVED' AND outcome IN ('DECLINED', 'ACCEPTED') "
    "ORDER BY station_code, payment_seq, ruling_no"
)


def upgrade() -> None:
    """Apply the step; what was approved before stands."""
    op.create_table(
        "made_good",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("remedy_no", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_made_good_amount")),
        sa.PrimaryKeyConstraint("station_code", "side", "seq", name=op.f("pk_made_good")),
    )
    for given in (_CORRECTED, _PAYOUTS, _PAYMENTS):
        op.execute(f"INSERT INTO made_good {given} ON CONFLICT DO NOTHING")


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("made_good")
