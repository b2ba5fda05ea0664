"""What a person stated of a file stays with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    stated = sa.Column("stated", JSONB(), server_default=sa.text("'{}'"), nullable=False)
    op.add_column("received_files", stated)


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("received_files", "stated")
