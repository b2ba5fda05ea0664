"""Nightly checks of stations, what they found, and the digest over all heads of a night."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "integrity_checks",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("station_seq", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.Column("fault_count", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "checked_at", name=op.f("pk_integrity_checks")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_integrity_checks_checked_on", "integrity_checks", ["checked_on", "station_code"])
    op.create_table(
        "integrity_faults",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fault_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('S', 'H')", name=op.f("ck_integrity_faults_side")),
        sa.PrimaryKeyConstraint("station_code", "checked_at", "fault_no", name=op.f("pk_integrity_faults")),
        info={"kind": "station", "derived": False},
    )
    op.create_table(
        "network_digests",
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("station_count", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("checked_on", name=op.f("pk_network_digests")),
        info={"kind": "reference"},
    )


def downgrade() -> None:
    """Take the step back: what stations were told stays in their journals."""
    op.drop_table("network_digests")
    op.drop_table("integrity_faults")
    op.drop_table("integrity_checks")
