"""Settlement files and what runs find in them; whom commission is paid to and the monthly runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _create_agreements()
    _create_commission_lines()
    _create_commission_months()
    _create_commission_runs()
    _create_commission_sales()
    _create_recon_days()
    _create_recon_findings()
    _create_settlement_files()
    _create_settlement_lines()


def downgrade() -> None:
    """Take the step back."""
    for name in (
        "settlement_lines",
        "settlement_files",
        "recon_findings",
        "recon_days",
        "commission_sales",
        "commission_runs",
        "commission_months",
        "commission_lines",
        "agreements",
    ):
        op.drop_table(name)


def _create_agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("settlement_account", sa.Text(), nullable=False),
        sa.Column("tax_regime", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "tax_regime IN ('LABOUR_WITHHOLDING', 'BUSINESS_INVOICE')", name=op.f("ck_agreements_regime")
        ),
        sa.PrimaryKeyConstraint("station_code", "valid_from", name=op.f("pk_agreements")),
        info={"kind": "station", "derived": False},
    )


def _create_commission_lines() -> None:
    op.create_table(
        "commission_lines",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_code", sa.BigInteger(), nullable=False),
        sa.Column("rate_version", sa.Text(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("commission_fen", sa.BigInteger(), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "month", "line_no", name=op.f("pk_commission_lines")),
        info={"kind": "station", "derived": False},
    )


def _create_commission_months() -> None:
    op.create_table(
        "commission_months",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("carried_in_fen", sa.BigInteger(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_regime", sa.Text(), nullable=False),
        sa.Column("tax_rule", sa.Text(), nullable=False),
        sa.Column("tax_formula", sa.Text(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("settlement_account", sa.Text(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("carried_in_fen <= 0 AND carried_out_fen <= 0", name=op.f("ck_commission_months_carried")),
        sa.CheckConstraint(
            "gross_fen >= 0 AND tax_fen >= 0 AND net_fen = gross_fen - tax_fen", name=op.f("ck_commission_months_sums")
        ),
        sa.PrimaryKeyConstraint("station_code", "month", name=op.f("pk_commission_months")),
        info={"kind": "station", "derived": False},
    )


def _create_commission_runs() -> None:
    op.create_table(
        "commission_runs",
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("list_due", sa.Date(), nullable=False),
        sa.Column("pay_due", sa.Date(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pay_file_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pay_file", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state = 'LISTED' OR approver_no IS NOT NULL", name=op.f("ck_commission_runs_approved")),
        sa.CheckConstraint("state IN ('LISTED', 'APPROVED', 'PAID')", name=op.f("ck_commission_runs_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_commission_runs_four_eyes")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_commission_runs")),
        info={"kind": "reference"},
    )


def _create_commission_sales() -> None:
    op.create_table(
        "commission_sales",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "payment_seq", "taken_back", name=op.f("pk_commission_sales")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_commission_sales_month", "commission_sales", ["station_code", "month"], unique=False)


def _create_recon_days() -> None:
    op.create_table(
        "recon_days",
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("sale_count", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("biller_code", "run_date", name=op.f("pk_recon_days")),
        info={"kind": "reference"},
    )


def _create_recon_findings() -> None:
    op.create_table(
        "recon_findings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("finding_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("break_class", sa.Text(), nullable=False),
        sa.Column("match_key", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), nullable=True),
        sa.Column("sale_date", sa.Date(), nullable=True),
        sa.Column("line_date", sa.Date(), nullable=True),
        sa.Column("file_seq", sa.Integer(), nullable=True),
        sa.Column("line_seq", sa.Integer(), nullable=True),
        sa.Column("our_no", sa.Text(), nullable=False),
        sa.Column("biller_no", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("ours_fen", sa.BigInteger(), nullable=True),
        sa.Column("theirs_fen", sa.BigInteger(), nullable=True),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.Column("closed_by_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint(
            "station_code", "biller_code", "run_date", "finding_no", name=op.f("pk_recon_findings")
        ),
        info={"kind": "station", "derived": True},
    )
    op.create_index("ix_recon_findings_day", "recon_findings", ["biller_code", "run_date"], unique=False)
    op.create_index("ix_recon_findings_payment", "recon_findings", ["station_code", "payment_seq"], unique=False)


def _create_settlement_files() -> None:
    op.create_table(
        "settlement_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'REFUSED') = (refusal_code <> '')", name=op.f("ck_settlement_files_refusal")),
        sa.CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name=op.f("ck_settlement_files_state")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_settlement_files")),
        info={"kind": "reference"},
    )
    op.create_index(
        "uq_settlement_files_accepted",
        "settlement_files",
        ["biller_code", "business_date", "file_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'ACCEPTED'"),
    )


def _create_settlement_lines() -> None:
    op.create_table(
        "settlement_lines",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("our_no", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), nullable=True),
        sa.Column("biller_no", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_settlement_lines_amount")),
        sa.PrimaryKeyConstraint(
            "station_code", "biller_code", "business_date", "file_seq", "line_seq", name=op.f("pk_settlement_lines")
        ),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_settlement_lines_day", "settlement_lines", ["biller_code", "business_date"], unique=False)
