"""The first schema: staff, stations and tariffs, both journals, and the books derived from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _create_journal_epochs()
    _create_journal_heads()
    _create_journal_records()
    _create_journal_seals()
    _create_journal_staff()
    _create_refused_frames()
    _create_branch_cases()
    _create_alarms()
    _create_ledger_entries()
    _create_payments()
    _create_balances()
    _create_standings()
    _create_posting_stops()
    _create_hq_keys()
    _create_staff()
    _create_audit_entries()
    _create_stations()
    _create_enrolments()
    _create_tariffs()
    _create_tariff_publications()


def downgrade() -> None:
    """Take the step back."""
    for name in (
        "tariff_publications",
        "tariffs",
        "enrolments",
        "stations",
        "audit_entries",
        "staff",
        "hq_keys",
        "posting_stops",
        "standings",
        "balances",
        "payments",
        "ledger_entries",
        "alarms",
        "branch_cases",
        "refused_frames",
        "journal_staff",
        "journal_seals",
        "journal_records",
        "journal_heads",
        "journal_epochs",
    ):
        op.drop_table(name)


def _create_journal_epochs() -> None:
    op.create_table(
        "journal_epochs",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("side IN ('S', 'H')", name=op.f("ck_journal_epochs_side")),
        sa.PrimaryKeyConstraint("station_code", "side", "epoch", name=op.f("pk_journal_epochs")),
    )


def _create_journal_heads() -> None:
    op.create_table(
        "journal_heads",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("side IN ('S', 'H')", name=op.f("ck_journal_heads_side")),
        sa.PrimaryKeyConstraint("station_code", "side", name=op.f("pk_journal_heads")),
    )


def _create_journal_records() -> None:
    op.create_table(
        "journal_records",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('S', 'H')", name=op.f("ck_journal_records_side")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_journal_records_seq")),
        sa.PrimaryKeyConstraint("station_code", "side", "seq", name=op.f("pk_journal_records")),
    )


def _create_journal_seals() -> None:
    op.create_table(
        "journal_seals",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("side IN ('S', 'H')", name=op.f("ck_journal_seals_side")),
        sa.PrimaryKeyConstraint("station_code", "side", "seq", name=op.f("pk_journal_seals")),
    )


def _create_journal_staff() -> None:
    op.create_table(
        "journal_staff",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("staff_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "staff_no", name=op.f("pk_journal_staff")),
    )


def _create_refused_frames() -> None:
    op.create_table(
        "refused_frames",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("frame_hash", sa.LargeBinary(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "frame_hash", name=op.f("pk_refused_frames")),
    )


def _create_branch_cases() -> None:
    op.create_table(
        "branch_cases",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("frame_hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_digest", sa.LargeBinary(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("held_epoch", sa.Integer(), nullable=False),
        sa.Column("held_seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "frame_hash", name=op.f("pk_branch_cases")),
    )


def _create_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "code", "station_seq", name=op.f("pk_alarms")),
    )


def _create_ledger_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("debit_account", sa.SmallInteger(), nullable=False),
        sa.Column("debit_party", sa.Text(), nullable=False),
        sa.Column("credit_account", sa.SmallInteger(), nullable=False),
        sa.Column("credit_party", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(debit_account, debit_party) <> (credit_account, credit_party)",
            name=op.f("ck_ledger_entries_two_accounts"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_ledger_entries_amount")),
        sa.PrimaryKeyConstraint("station_code", "side", "epoch", "seq", "line", name=op.f("pk_ledger_entries")),
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_no", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("operator_no", sa.BigInteger(), nullable=False),
        sa.Column("product_code", sa.BigInteger(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("bill_no", sa.Text(), nullable=False),
        sa.Column("bill_period", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("tendered_fen", sa.BigInteger(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("cash", sa.SmallInteger(), nullable=False),
        sa.Column("biller_no", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("receipt_seq", sa.BigInteger(), nullable=False),
        sa.Column("receipt_no", sa.BigInteger(), nullable=False),
        sa.Column("pending_seq", sa.BigInteger(), nullable=False),
        sa.Column("invoice_no", sa.Text(), nullable=False),
        sa.Column("reversal_seq", sa.BigInteger(), nullable=False),
        sa.Column("source_seq", sa.BigInteger(), nullable=False),
        sa.Column("answered_seq", sa.BigInteger(), nullable=False),
        sa.Column("released_seq", sa.BigInteger(), nullable=False),
        sa.Column("reversal_refused_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "seq", name=op.f("pk_payments")),
    )
    op.create_index(
        "ix_payments_held", "payments", ["station_code"], unique=False, postgresql_where=sa.text("status = 1")
    )
    op.create_index("ix_payments_bill", "payments", ["station_code", "account_no", "bill_no"], unique=False)
    op.create_index("ix_payments_biller_day", "payments", ["biller_code", "business_date"], unique=False)
    op.create_index(
        "ix_payments_reversal", "payments", ["station_code"], unique=False, postgresql_where=sa.text("reversal_seq > 0")
    )
    op.create_index("ix_payments_operation", "payments", ["station_code", "operation_no"], unique=False)


def _create_balances() -> None:
    op.create_table(
        "balances",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("account", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "account", "party", name=op.f("pk_balances")),
    )


def _create_standings() -> None:
    op.create_table(
        "standings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("station_seq", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.Column("seen_seq", sa.BigInteger(), nullable=False),
        sa.Column("tariff_hash", sa.LargeBinary(), nullable=False),
        sa.Column("receipts_issued", sa.BigInteger(), nullable=False),
        sa.Column("operation_no", sa.BigInteger(), nullable=False),
        sa.Column("day_ended", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("station_code", name=op.f("pk_standings")),
    )


def _create_posting_stops() -> None:
    op.create_table(
        "posting_stops",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", name=op.f("pk_posting_stops")),
    )


def _create_hq_keys() -> None:
    op.create_table(
        "hq_keys",
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_hq_keys")),
    )


def _create_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("staff_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("staff_no > 0", name=op.f("ck_staff_staff_no")),
        sa.PrimaryKeyConstraint("staff_no", name=op.f("pk_staff")),
    )


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "entry_no", name=op.f("pk_audit_entries")),
    )


def _create_stations() -> None:
    op.create_table(
        "stations",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("complaint_line", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("hq_kinds", sa.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("station_code", name=op.f("pk_stations")),
    )


def _create_enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_proof", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("hq_proof", sa.LargeBinary(), nullable=True),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (approver_no IS NOT NULL AND public_key IS NOT NULL)",
            name=op.f("ck_enrolments_approved"),
        ),
        sa.CheckConstraint(
            "state IN ('CODE_ISSUED', 'PENDING', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_enrolments_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_enrolments_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "issue_no", name=op.f("pk_enrolments")),
    )
    op.create_index(
        "uq_enrolments_open",
        "enrolments",
        ["station_code"],
        unique=True,
        postgresql_where=sa.text("state IN ('CODE_ISSUED', 'PENDING')"),
    )


def _create_tariffs() -> None:
    op.create_table(
        "tariffs",
        sa.Column("tariff_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publisher_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tariff_hash", name=op.f("pk_tariffs")),
        sa.UniqueConstraint("version", name=op.f("uq_tariffs_version")),
    )


def _create_tariff_publications() -> None:
    op.create_table(
        "tariff_publications",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("tariff_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "tariff_hash", name=op.f("pk_tariff_publications")),
    )
