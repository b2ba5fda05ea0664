"""Settlement: payees, cuts and windows, direct-debit mandates, the bank's lines, HQ's own books."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _debit_mandates()
    _hq_entries()
    _payees()
    _purchase_matches()
    _settlement_cut_positions()
    _settlement_cuts()
    _settlement_windows()
    _columns()


def _debit_mandates() -> None:
    op.create_table(
        "debit_mandates",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("mandate_no", sa.Text(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("each_max_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_debit_mandates_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_debit_mandates_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_debit_mandates_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_debit_mandates_four_eyes")),
        sa.CheckConstraint("each_max_fen >= 50000 AND valid_from <= valid_until", name=op.f("ck_debit_mandates_terms")),
        sa.PrimaryKeyConstraint("station_code", "mandate_no", name=op.f("pk_debit_mandates")),
        info={"kind": "station", "derived": False},
    )


def _hq_entries() -> None:
    op.create_table(
        "hq_entries",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("debit_account", sa.SmallInteger(), nullable=False),
        sa.Column("debit_party", sa.Text(), nullable=False),
        sa.Column("credit_account", sa.SmallInteger(), nullable=False),
        sa.Column("credit_party", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(debit_account, debit_party) <> (credit_account, credit_party)", name=op.f("ck_hq_entries_two_accounts")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_hq_entries_amount")),
        sa.PrimaryKeyConstraint("source", "line", name=op.f("pk_hq_entries")),
        info={"kind": "reference"},
    )


def _payees() -> None:
    op.create_table(
        "payees",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("settle_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_payees_decided")
        ),
        sa.CheckConstraint("cycle IN ('DAY', 'WEEK', 'MONTH')", name=op.f("ck_payees_cycle")),
        sa.CheckConstraint("kind IN ('BILLER', 'SENDER', 'CARRIER', 'TAX', 'BRANCH')", name=op.f("ck_payees_kind")),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_payees_refused")),
        sa.CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_payees_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_payees_four_eyes")),
        sa.CheckConstraint("settle_days BETWEEN 0 AND 30", name=op.f("ck_payees_settle_days")),
        sa.PrimaryKeyConstraint("kind", "party", "valid_from", name=op.f("pk_payees")),
        info={"kind": "reference"},
    )


def _purchase_matches() -> None:
    op.create_table(
        "purchase_matches",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("purchase_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_line", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_purchase_matches_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_purchase_matches_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_purchase_matches_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_purchase_matches_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "purchase_no", "match_no", name=op.f("pk_purchase_matches")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_purchase_matches_line", "purchase_matches", ["bank_line"], unique=False)
    op.create_index(
        "uq_purchase_matches_standing",
        "purchase_matches",
        ["station_code", "purchase_no"],
        unique=True,
        postgresql_where=sa.text("state IN ('PROPOSED', 'APPROVED')"),
    )


def _settlement_cut_positions() -> None:
    op.create_table(
        "settlement_cut_positions",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("cut_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station_seq", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "cut_no", name=op.f("pk_settlement_cut_positions")),
        info={"kind": "station", "derived": False},
    )


def _settlement_cuts() -> None:
    op.create_table(
        "settlement_cuts",
        sa.Column("cut_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cut_no", name=op.f("pk_settlement_cuts")),
        info={"kind": "reference"},
    )


def _settlement_windows() -> None:
    op.create_table(
        "settlement_windows",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("window_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_cut", sa.Integer(), nullable=False),
        sa.Column("to_cut", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("order_no", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("due_fen > 0", name=op.f("ck_settlement_windows_due")),
        sa.CheckConstraint("from_cut < to_cut", name=op.f("ck_settlement_windows_cuts")),
        sa.PrimaryKeyConstraint("kind", "party", "window_no", name=op.f("pk_settlement_windows")),
        info={"kind": "reference"},
    )


def _columns() -> None:
    op.add_column("payment_orders", sa.Column("bank_line", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    """Take the step back; what was settled is lost with it."""
    op.drop_column("payment_orders", "bank_line")
    for table in (
        *("payees", "settlement_cuts", "settlement_cut_positions", "settlement_windows"),
        *("debit_mandates", "purchase_matches", "hq_entries"),
    ):
        op.drop_table(table)
