"""What a second person refused no longer bars the same date or number: it may be entered again, and stays on record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_NAMED = {
    "payees": ["kind", "party", "valid_from"],
    "debit_mandates": ["station_code", "mandate_no"],
    "branch_rates": ["product_code", "valid_from"],
}


def upgrade() -> None:
    """Apply the step."""
    for table, named in _NAMED.items():
        op.add_column(table, sa.Column("entry_no", sa.Integer, nullable=False, server_default=sa.text("1")))
        op.drop_constraint(f"pk_{table}", table)
        op.create_primary_key(f"pk_{table}", table, [*named, "entry_no"])
        standing = sa.text("state IN ('PROPOSED', 'APPROVED')")
        op.create_index(f"uq_{table}_standing", table, named, unique=True, postgresql_where=standing)


def downgrade() -> None:
    """Take the step back: of what was entered again the latest entry stays."""
    for table, named in _NAMED.items():
        same = " AND ".join(f"later.{name} = {table}.{name}" for name in named)
        op.execute(
            f"DELETE FROM {table} USING {table} later WHERE {same} AND later.entry_no > {table}.entry_no"  # noqa: S608
        )
        op.drop_index(f"uq_{table}_standing", table)
        op.drop_constraint(f"pk_{table}", table)
        op.create_primary_key(f"pk_{table}", table, named)
        op.drop_column(table, "entry_no")
