"""Roads to billers, and what people decide at their desks: rulings, credit purchases, invoices, sign-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _create_billers()
    _create_gateway_requests()
    _create_payment_rulings()
    _create_inquiry_rates()
    _create_batch_runs()
    _create_batch_results()
    _create_credit_purchases()
    _create_invoices()
    _create_console_sessions()


def downgrade() -> None:
    """Take the step back."""
    for name in (
        "console_sessions",
        "invoices",
        "credit_purchases",
        "batch_results",
        "batch_runs",
        "inquiry_rates",
        "payment_rulings",
        "gateway_requests",
        "billers",
    ):
        op.drop_table(name)


def _create_billers() -> None:
    op.create_table(
        "billers",
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("outbox", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("inbox", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("timeout_s", sa.Integer(), nullable=False),
        sa.Column("resend_safe", sa.Boolean(), nullable=False),
        sa.CheckConstraint("adapter <> 'batch' OR (outbox <> '' AND inbox <> '')", name=op.f("ck_billers_batch")),
        sa.CheckConstraint("adapter <> 'http' OR base_url <> ''", name=op.f("ck_billers_http")),
        sa.CheckConstraint("adapter IN ('http', 'batch')", name=op.f("ck_billers_adapter")),
        sa.CheckConstraint("timeout_s BETWEEN 1 AND 60", name=op.f("ck_billers_timeout")),
        sa.PrimaryKeyConstraint("biller_code", name=op.f("pk_billers")),
    )


def _create_gateway_requests() -> None:
    op.create_table(
        "gateway_requests",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), nullable=False),
        sa.Column("our_no", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("bill_no", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unknown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("biller_no", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("trouble", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("run_no", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'ANSWERED') = (outcome <> '')", name=op.f("ck_gateway_requests_outcome")),
        sa.CheckConstraint("kind IN ('PAY', 'REVERSE')", name=op.f("ck_gateway_requests_kind")),
        sa.CheckConstraint("state IN ('NEW', 'SENT', 'ANSWERED')", name=op.f("ck_gateway_requests_state")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_gateway_requests_amount")),
        sa.PrimaryKeyConstraint("station_code", "kind", "seq", name=op.f("pk_gateway_requests")),
    )
    op.create_index(
        "ix_gateway_requests_due",
        "gateway_requests",
        ["biller_code", "next_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'ANSWERED'"),
    )
    op.create_index("ix_gateway_requests_payment", "gateway_requests", ["station_code", "payment_seq"], unique=False)
    op.create_index("ix_gateway_requests_run", "gateway_requests", ["biller_code", "run_no"], unique=False)


def _create_payment_rulings() -> None:
    op.create_table(
        "payment_rulings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ruling_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("biller_no", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("finding <> ''", name=op.f("ck_payment_rulings_finding")),
        sa.CheckConstraint("outcome IN ('CONFIRMED', 'DECLINED')", name=op.f("ck_payment_rulings_outcome")),
        sa.CheckConstraint("state = 'PROPOSED' OR approver_no IS NOT NULL", name=op.f("ck_payment_rulings_decided")),
        sa.CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED')", name=op.f("ck_payment_rulings_state")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_payment_rulings_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "payment_seq", "ruling_no", name=op.f("pk_payment_rulings")),
    )
    op.create_index(
        "uq_payment_rulings_open",
        "payment_rulings",
        ["station_code", "payment_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _create_inquiry_rates() -> None:
    op.create_table(
        "inquiry_rates",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", name=op.f("pk_inquiry_rates")),
    )


def _create_batch_runs() -> None:
    op.create_table(
        "batch_runs",
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("run_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("biller_code", "run_no", name=op.f("pk_batch_runs")),
    )


def _create_batch_results() -> None:
    op.create_table(
        "batch_results",
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("result_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("biller_code", "result_no", name=op.f("pk_batch_results")),
        sa.UniqueConstraint("biller_code", "sha256", name=op.f("uq_batch_results_biller_code_sha256")),
    )


def _create_credit_purchases() -> None:
    op.create_table(
        "credit_purchases",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("purchase_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)",
            name=op.f("ck_credit_purchases_approved"),
        ),
        sa.CheckConstraint(
            "state <> 'REFUSED' OR (approver_no IS NOT NULL AND refusal <> '')",
            name=op.f("ck_credit_purchases_refused"),
        ),
        sa.CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED')", name=op.f("ck_credit_purchases_state")),
        sa.CheckConstraint("amount_fen >= 50000", name=op.f("ck_credit_purchases_amount")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_credit_purchases_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "purchase_no", name=op.f("pk_credit_purchases")),
    )
    op.create_index(
        "ix_credit_purchases_open",
        "credit_purchases",
        ["station_code"],
        unique=False,
        postgresql_where=sa.text("state = 'ENTERED'"),
    )


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("invoice_no", sa.Text(), nullable=False),
        sa.Column("clerk_no", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "payment_seq", name=op.f("pk_invoices")),
        sa.UniqueConstraint("station_code", "invoice_no", name=op.f("uq_invoices_station_code_invoice_no")),
    )


def _create_console_sessions() -> None:
    op.create_table(
        "console_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_no", sa.Integer(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_console_sessions")),
    )
