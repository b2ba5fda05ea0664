"""Lists of goods that stations order by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "goods_lists",
        sa.Column("list_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publisher_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_hash", name=op.f("pk_goods_lists")),
        info={"kind": "reference"},
    )


def downgrade() -> None:
    """Take the step back: orders still name their list by its hash."""
    op.drop_table("goods_lists")
