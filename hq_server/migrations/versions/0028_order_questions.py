"""What the bank was asked about each payment order, and when it is asked again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "order_questions",
        sa.Column("order_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_no", name="pk_order_questions"),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("order_questions")
