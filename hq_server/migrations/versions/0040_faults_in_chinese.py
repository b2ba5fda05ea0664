"""What a nightly check found is kept in Chinese too; what earlier ones noted stays as it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("integrity_faults", sa.Column("what_zh", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("integrity_faults", "what_zh")
