"""Whom insurance leads are about, in rows that can be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "lead_contacts",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("lead_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("station_code", "lead_seq", name=op.f("pk_lead_contacts")),
        info={"kind": "station"},
    )


def downgrade() -> None:
    """Take the step back: names and numbers go, the leads stand."""
    op.drop_table("lead_contacts")
