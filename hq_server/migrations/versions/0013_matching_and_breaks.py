"""Passes of matching in SQL, breaks as cases with their trail, entries about counterparties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _create_break_cases()
    _create_break_events()
    _create_break_owners()
    _create_break_resolutions()
    _create_recon_stations()
    _create_suspense_entries()
    _extend()


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_settlement_lines_payment", table_name="settlement_lines")
    op.drop_index("ix_settlement_lines_biller_no", table_name="settlement_lines")
    op.drop_column("settlement_lines", "batch_no")
    op.drop_column("settlement_lines", "fee_fen")
    op.drop_column("recon_findings", "group_no")
    op.drop_column("recon_days", "matched_count")
    op.drop_index("ix_payments_biller_no", table_name="payments", postgresql_where=sa.text("biller_no != ''"))
    op.drop_column("payments", "digest_hex")
    op.drop_index("ix_suspense_entries_counterparty", table_name="suspense_entries")
    op.drop_table("suspense_entries")
    op.drop_table("recon_stations")
    op.drop_index(
        "uq_break_resolutions_open", table_name="break_resolutions", postgresql_where=sa.text("state = 'PROPOSED'")
    )
    op.drop_table("break_resolutions")
    op.drop_table("break_owners")
    op.drop_table("break_events")
    op.drop_index("ix_break_cases_payment", table_name="break_cases")
    op.drop_index("ix_break_cases_open", table_name="break_cases", postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index("ix_break_cases_day", table_name="break_cases")
    op.drop_table("break_cases")


def _create_break_cases() -> None:
    op.create_table(
        "break_cases",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("case_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("counterparty", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("break_class", sa.Text(), nullable=False),
        sa.Column("match_key", sa.Text(), nullable=False),
        sa.Column("payment_seq", sa.BigInteger(), nullable=True),
        sa.Column("line_date", sa.Date(), nullable=True),
        sa.Column("file_seq", sa.Integer(), nullable=True),
        sa.Column("line_seq", sa.Integer(), nullable=True),
        sa.Column("our_no", sa.Text(), nullable=False),
        sa.Column("their_no", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("ours_fen", sa.BigInteger(), nullable=True),
        sa.Column("theirs_fen", sa.BigInteger(), nullable=True),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner_no", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name=op.f("ck_break_cases_closed")),
        sa.CheckConstraint("layer IN ('STATION', 'BILLER', 'BANK', 'ACCOUNT')", name=op.f("ck_break_cases_layer")),
        sa.CheckConstraint("state IN ('OPEN', 'EXPLAINED', 'RESOLVED')", name=op.f("ck_break_cases_state")),
        sa.PrimaryKeyConstraint("station_code", "case_no", name=op.f("pk_break_cases")),
        sa.UniqueConstraint(
            "station_code",
            "layer",
            "counterparty",
            "item",
            name=op.f("uq_break_cases_station_code_layer_counterparty_item"),
        ),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_break_cases_day", "break_cases", ["counterparty", "business_date"], unique=False)
    op.create_index(
        "ix_break_cases_open",
        "break_cases",
        ["business_date", "case_no"],
        unique=False,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index("ix_break_cases_payment", "break_cases", ["station_code", "payment_seq"], unique=False)


def _create_break_events() -> None:
    op.create_table(
        "break_events",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("case_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "case_no", "event_no", name=op.f("pk_break_events")),
        info={"kind": "station", "derived": False},
    )


def _create_break_owners() -> None:
    op.create_table(
        "break_owners",
        sa.Column("counterparty", sa.Text(), nullable=False),
        sa.Column("staff_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counterparty", name=op.f("pk_break_owners")),
        info={"kind": "reference"},
    )


def _create_break_resolutions() -> None:
    op.create_table(
        "break_resolutions",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("case_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resolution_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.Column("other_case_no", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("batch_no", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_break_resolutions_decided")
        ),
        sa.CheckConstraint("finding <> ''", name=op.f("ck_break_resolutions_finding")),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_break_resolutions_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_break_resolutions_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_break_resolutions_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "case_no", "resolution_no", name=op.f("pk_break_resolutions")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "uq_break_resolutions_open",
        "break_resolutions",
        ["station_code", "case_no"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _create_recon_stations() -> None:
    op.create_table(
        "recon_stations",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("biller_code", sa.Text(), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("upto_seq", sa.BigInteger(), nullable=False),
        sa.Column("sale_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "biller_code", "run_date", name=op.f("pk_recon_stations")),
        info={"kind": "station", "derived": True},
    )


def _create_suspense_entries() -> None:
    op.create_table(
        "suspense_entries",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_no", sa.BigInteger(), nullable=False),
        sa.Column("resolution_no", sa.SmallInteger(), nullable=False),
        sa.Column("counterparty", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_suspense_entries_amount")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_suspense_entries_four_eyes")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_suspense_entries_two_accounts")),
        sa.PrimaryKeyConstraint("station_code", "entry_no", name=op.f("pk_suspense_entries")),
        sa.UniqueConstraint(
            "station_code",
            "case_no",
            "resolution_no",
            name=op.f("uq_suspense_entries_station_code_case_no_resolution_no"),
        ),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "ix_suspense_entries_counterparty", "suspense_entries", ["counterparty", "business_date"], unique=False
    )


def _extend() -> None:
    op.add_column("payments", sa.Column("digest_hex", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index(
        "ix_payments_biller_no",
        "payments",
        ["biller_code", "biller_no"],
        unique=False,
        postgresql_where=sa.text("biller_no != ''"),
    )
    op.add_column("recon_days", sa.Column("matched_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("recon_findings", sa.Column("group_no", sa.Integer(), nullable=True))
    op.add_column("settlement_lines", sa.Column("fee_fen", sa.BigInteger(), nullable=True))
    op.add_column("settlement_lines", sa.Column("batch_no", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_settlement_lines_biller_no", "settlement_lines", ["biller_code", "biller_no"], unique=False)
    op.create_index("ix_settlement_lines_payment", "settlement_lines", ["station_code", "payment_seq"], unique=False)
    op.execute(
        """
        UPDATE payments p SET digest_hex = encode(substring(r.digest FROM 1 FOR 4), 'hex') FROM journal_records r
        WHERE r.station_code = p.station_code AND r.side = 'S' AND r.seq = p.seq
        """
    )
