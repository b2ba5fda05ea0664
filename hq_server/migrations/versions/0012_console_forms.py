"""Forms of the console that were carried out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "console_forms",
        sa.Column("form_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_no", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("form_hash", name=op.f("pk_console_forms")),
        info={"kind": "reference"},
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("console_forms")
