"""Accounts of people: one-time codes, closing, requests of two administrators; and an audit trail that only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail only grows: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    """Apply the step."""
    no = sa.text("false")
    for column in (
        sa.Column("is_closed", sa.Boolean(), server_default=no, nullable=False),
        sa.Column("is_password_given", sa.Boolean(), server_default=no, nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_offered", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("staff", column)
    op.create_table(
        "staff_requests",
        sa.Column("request_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_staff_requests_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_staff_requests_four_eyes")),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_staff_requests_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_staff_requests_refused")),
        sa.CheckConstraint("kind IN ('OPEN', 'ROLE', 'RESET', 'REOPEN')", name=op.f("ck_staff_requests_kind")),
        sa.PrimaryKeyConstraint("request_no", name=op.f("pk_staff_requests")),
        info={"kind": "reference"},
    )
    proposed = sa.text("state = 'PROPOSED'")
    op.create_index("uq_staff_requests_open", "staff_requests", ["staff_no"], unique=True, postgresql_where=proposed)
    op.create_index("ix_audit_entries_no", "audit_entries", ["entry_no"])
    op.create_index("ix_audit_entries_tag", "audit_entries", ["tag", "entry_no"])
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor", "entry_no"])
    op.execute(_REFUSE)
    op.execute(
        "CREATE TRIGGER audit_entries_only_grow BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_stay BEFORE TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Take the step back."""
    op.execute("DROP TRIGGER audit_entries_only_grow ON audit_entries")
    op.execute("DROP TRIGGER audit_entries_stay ON audit_entries")
    op.execute("DROP FUNCTION refuse_change")
    for index in ("actor", "tag", "no"):
        op.drop_index(f"ix_audit_entries_{index}", "audit_entries")
    op.drop_table("staff_requests")
    for column in ("signed_in_at", "totp_step", "totp_offered", "totp_sealed", "is_password_given", "is_closed"):
        op.drop_column("staff", column)
