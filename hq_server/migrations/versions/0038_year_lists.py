"""Working-day lists that staff enter; how alarms, and what waits for a second person, are looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "year_lists",
        sa.Column("year", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("list_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("rest_days", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("make_up_days", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'PROPOSED'")),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("refusal", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_year_lists_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_year_lists_four_eyes")),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_year_lists_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_year_lists_refused")),
        sa.PrimaryKeyConstraint("year", "list_no", name=op.f("pk_year_lists")),
    )
    op.create_index(
        "uq_year_lists_entered", "year_lists", ["year"], unique=True, postgresql_where=sa.text("state = 'PROPOSED'")
    )
    op.create_index("ix_alarms_raised", "alarms", ["raised_at"])
    op.create_index(
        "ix_purchase_matches_waiting",
        "purchase_matches",
        ["made_at"],
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )
    op.create_index(
        "ix_cash_pouches_waiting", "cash_pouches", ["entered_at"], postgresql_where=sa.text("state = 'ENTERED'")
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_cash_pouches_waiting", "cash_pouches")
    op.drop_index("ix_purchase_matches_waiting", "purchase_matches")
    op.drop_index("ix_alarms_raised", "alarms")
    op.drop_table("year_lists")
