"""Withdrawals: terms of two people, acquirers' daily files, rulings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _terms()
    _files()
    _rulings()


def _terms() -> None:
    op.create_table(
        "withdrawal_terms",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("terms_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("acquirer_code", sa.Text(), nullable=False),
        sa.Column("acquirer_name", sa.Text(), nullable=False),
        sa.Column("acquirer_name_en", sa.Text(), nullable=False),
        sa.Column("payout_allowance_fen", sa.BigInteger(), nullable=False),
        sa.Column("restores_credit", sa.Boolean(), nullable=False),
        sa.Column("card_day_cap_fen", sa.BigInteger(), nullable=False),
        sa.Column("least_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_payer", sa.Integer(), nullable=False),
        sa.Column("first_free_scope", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED')", name=op.f("ck_withdrawal_terms_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_withdrawal_terms_four_eyes")),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)",
            name=op.f("ck_withdrawal_terms_approved"),
        ),
        sa.PrimaryKeyConstraint("station_code", "terms_no", name=op.f("pk_withdrawal_terms")),
        info={"kind": "station", "derived": False},
    )


def _files() -> None:
    op.create_table(
        "bank_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("acquirer_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name=op.f("ck_bank_files_state")),
        sa.CheckConstraint("(state = 'REFUSED') = (refusal <> '')", name=op.f("ck_bank_files_refusal")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_bank_files")),
        info={"kind": "reference"},
    )
    op.create_index(
        "uq_bank_files_accepted",
        "bank_files",
        ["acquirer_code", "business_date", "file_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'ACCEPTED'"),
    )


def _rulings() -> None:
    op.create_table(
        "withdrawal_rulings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("withdrawal_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ruling_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("debited", sa.Boolean(), nullable=False),
        sa.Column("bank_no", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED')", name=op.f("ck_withdrawal_rulings_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_withdrawal_rulings_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "withdrawal_seq", "ruling_no", name=op.f("pk_withdrawal_rulings")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "uq_withdrawal_rulings_open",
        "withdrawal_rulings",
        ["station_code", "withdrawal_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def downgrade() -> None:
    """Take the step back; what was agreed and ruled is still told by HQ's journals."""
    op.drop_index("uq_withdrawal_rulings_open", table_name="withdrawal_rulings")
    op.drop_table("withdrawal_rulings")
    op.drop_index("uq_bank_files_accepted", table_name="bank_files")
    op.drop_table("bank_files")
    op.drop_table("withdrawal_terms")
