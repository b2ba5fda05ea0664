"""A payment of an order may have its own line on the bank's statement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("payment_items", sa.Column("bank_line", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "ix_payment_items_line", "payment_items", ["bank_line"], postgresql_where=sa.text("bank_line <> ''")
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_payment_items_line", "payment_items")
    op.drop_column("payment_items", "bank_line")
