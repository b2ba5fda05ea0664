"""Credit purchases that wait, in the order in which they came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ENTERED = sa.text("state = 'ENTERED'")


def upgrade() -> None:
    """Apply the step."""
    op.drop_index("ix_credit_purchases_open", "credit_purchases")
    columns = ["entered_at", "station_code", "purchase_no"]
    op.create_index("ix_credit_purchases_open", "credit_purchases", columns, postgresql_where=_ENTERED)


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_credit_purchases_open", "credit_purchases")
    op.create_index("ix_credit_purchases_open", "credit_purchases", ["station_code"], postgresql_where=_ENTERED)
