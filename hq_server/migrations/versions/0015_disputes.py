"""Corrections, rulings on cases and their clocks, evidence, known faults; why a record broke a rule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _corrections()
    _rulings()
    _clocks()
    _evidence()
    _faults()
    _tellings()
    op.add_column("alarms", sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_alarms_reason", "alarms", ["reason"], unique=False, postgresql_where=sa.text("reason <> ''"))


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("correction_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("book", sa.Integer(), nullable=False),
        sa.Column("cited_side", sa.Integer(), nullable=False),
        sa.Column("cited_seq", sa.BigInteger(), nullable=False),
        sa.Column("cited_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("old_fen", sa.BigInteger(), nullable=False),
        sa.Column("new_fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence_hash", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_title", sa.Text(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("signer_no", sa.Integer(), nullable=True),
        sa.Column("signed_for", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("(signer_no IS NULL) = (signed_for = '')", name=op.f("ck_corrections_signed")),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_corrections_decided")
        ),
        sa.CheckConstraint(
            "state <> 'APPROVED' OR (hq_seq IS NOT NULL AND (signer_no IS NOT NULL OR NOT stale))",
            name=op.f("ck_corrections_told"),
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_corrections_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_corrections_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_corrections_four_eyes")),
        sa.CheckConstraint("new_fen <> old_fen", name=op.f("ck_corrections_change")),
        sa.CheckConstraint(
            "signer_no <> maker_no AND signer_no <> approver_no", name=op.f("ck_corrections_three_people")
        ),
        sa.PrimaryKeyConstraint("station_code", "correction_no", name=op.f("pk_corrections")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_corrections_made_at", "corrections", ["made_at"], unique=False)
    op.create_index(
        "uq_corrections_open",
        "corrections",
        ["station_code", "cited_side", "cited_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _rulings() -> None:
    op.create_table(
        "case_rulings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ruling_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("evidence_hash", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_title", sa.Text(), nullable=False),
        sa.Column("stands_fen", sa.BigInteger(), nullable=False),
        sa.Column("award_fen", sa.BigInteger(), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_case_rulings_decided")
        ),
        sa.CheckConstraint(
            "finding <> '' AND stands_fen >= 0 AND award_fen >= 0", name=op.f("ck_case_rulings_finding")
        ),
        sa.CheckConstraint("state <> 'APPROVED' OR hq_seq IS NOT NULL", name=op.f("ck_case_rulings_told")),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_case_rulings_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_case_rulings_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_case_rulings_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "case_no", "ruling_no", name=op.f("pk_case_rulings")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "uq_case_rulings_open",
        "case_rulings",
        ["station_code", "case_no"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _clocks() -> None:
    op.create_table(
        "case_clocks",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_no", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("late_told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "case_no", name=op.f("pk_case_clocks")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_case_clocks_due", "case_clocks", ["due_on"], unique=False)


def _evidence() -> None:
    op.create_table(
        "evidence_documents",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "sha256", name=op.f("pk_evidence_documents")),
        info={"kind": "station", "derived": False},
    )


def _faults() -> None:
    op.create_table(
        "known_faults",
        sa.Column("fault_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("predicate", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("work_around", sa.Text(), nullable=False),
        sa.Column("work_around_en", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remedy", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remedy_en", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (remedy = '')", name=op.f("ck_known_faults_ended")),
        sa.PrimaryKeyConstraint("fault_no", name=op.f("pk_known_faults")),
        info={"kind": "reference"},
    )


def _tellings() -> None:
    op.create_table(
        "fault_tellings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("fault_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station_count", sa.Integer(), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "fault_no", name=op.f("pk_fault_tellings")),
        info={"kind": "station", "derived": False},
    )


def downgrade() -> None:
    """Take the step back; what was proposed to stations and ruled is still told by HQ's journals."""
    op.drop_index("ix_alarms_reason", table_name="alarms")
    op.drop_column("alarms", "reason")
    op.drop_table("fault_tellings")
    op.drop_table("known_faults")
    op.drop_table("evidence_documents")
    op.drop_table("case_clocks")
    op.drop_table("case_rulings")
    op.drop_table("corrections")
