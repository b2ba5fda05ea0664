"""Breaks that have ended, by when: the first page shows what was behind those of the last month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_index(
        "ix_break_cases_ended", "break_cases", ["closed_at", "cause"], postgresql_where=sa.text("state <> 'OPEN'")
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_break_cases_ended", "break_cases")
