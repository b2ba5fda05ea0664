"""Lines of the bank's statement in the order in which they are listed."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    columns = ["booked_on", "account_no", "business_date", "file_seq", "row_no"]
    op.create_index("ix_bank_entries_listed", "bank_entries", columns)


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_bank_entries_listed", "bank_entries")
