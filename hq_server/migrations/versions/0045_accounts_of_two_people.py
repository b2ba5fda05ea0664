"""The account that a station's commission is paid to takes two people; those entered by one wait for a second look."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_CHECKS = {
    "state": "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')",
    "four_eyes": "approver_no <> maker_no",
    "decided": "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)",
    "refused": "state <> 'REFUSED' OR refusal <> ''",
}


def upgrade() -> None:
    """Apply the step; what was in force stays so for closed months, with nobody as its second person."""
    op.alter_column("agreements", "entered_by", new_column_name="maker_no")
    op.alter_column("agreements", "entered_at", new_column_name="made_at")
    op.add_column("agreements", sa.Column("terms_no", sa.Integer()))
    op.add_column("agreements", sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'PROPOSED'")))
    op.add_column("agreements", sa.Column("approver_no", sa.Integer()))
    op.add_column("agreements", sa.Column("decided_at", sa.DateTime(timezone=True)))
    op.add_column("agreements", sa.Column("refusal", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.execute(
        "UPDATE agreements a SET state = 'APPROVED', approver_no = 0, decided_at = made_at, terms_no = n.terms_no "
        "FROM (SELECT station_code, valid_from, row_number() OVER (PARTITION BY station_code ORDER BY valid_from) "
        "AS terms_no FROM agreements) n WHERE n.station_code = a.station_code AND n.valid_from = a.valid_from"
    )
    op.drop_constraint("pk_agreements", "agreements")
    op.create_primary_key("pk_agreements", "agreements", ["station_code", "terms_no"])
    for name, check in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_agreements_{name}"), "agreements", check)
    op.create_index(
        "uq_agreements_open",
        "agreements",
        ["station_code"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )
    op.create_index(
        "uq_agreements_from",
        "agreements",
        ["station_code", "valid_from"],
        unique=True,
        postgresql_where=sa.text("state = 'APPROVED'"),
    )


def downgrade() -> None:
    """Take the step back; what was not approved goes with it."""
    op.execute("DELETE FROM agreements WHERE state <> 'APPROVED'")
    op.drop_index("uq_agreements_from", "agreements")
    op.drop_index("uq_agreements_open", "agreements")
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_agreements_{name}"), "agreements")
    op.drop_constraint("pk_agreements", "agreements")
    op.create_primary_key("pk_agreements", "agreements", ["station_code", "valid_from"])
    for name in ("refusal", "decided_at", "approver_no", "state", "terms_no"):
        op.drop_column("agreements", name)
    op.alter_column("agreements", "made_at", new_column_name="entered_at")
    op.alter_column("agreements", "maker_no", new_column_name="entered_by")
