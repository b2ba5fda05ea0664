"""Files of every party in one table, their bytes in pieces, profiles of layouts, movements on bank accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WITHDRAWALS_0 = """# The layout of acquirers' files taken before layouts were data: its last line has no hash.
title = ["收单机构取款日文件 (旧)", "Acquirer's daily withdrawals (before)"]
purpose = "acquirer"
file_names = ["WD_{party}_{date}_{seq}.csv"]
delimiter = ","
quote = '"'
totals = "stated by a person"

[[head]]
cells = ["terminal_no", "trace_no", "kind", "card_last4", "amount", "fee", "at", "bank_no"]

[detail]
columns = ["terminal_no", "trace_no", "kind", "card", "amount", "fee", "at", "their_no"]
optional = ["card", "their_no"]
unique = ["terminal_no", "trace_no", "kind"]

[dates]
at = "YYYY-MM-DD hh:mm:ss"

[amount]
unit = "yuan"

[kinds]
W = "PAY"
R = "REV"

[[tail]]
cells = ["END", "{count}", "", "", "{total}", "{fee}", "", ""]
"""
_SHARED = "file_name, business_date, file_seq, state, line_count, amount_fen, imported_by, imported_at, sha256"


def upgrade() -> None:
    """Apply the step; files received so far are carried over with their bytes."""
    _create_files()
    op.create_table(
        "file_profiles",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_file_profiles")),
        info={"kind": "reference"},
    )
    op.create_table(
        "received_chunks",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "chunk_no", name=op.f("pk_received_chunks")),
        info={"kind": "reference"},
    )
    _create_entries()
    _carry("settlement_files", "biller_code", "BILLER", "default-1", "refusal_code, refusal, refusal")
    why = "CASE WHEN state = 'REFUSED' THEN 'BAD_FIELD' ELSE '' END, refusal, refusal"
    _carry("bank_files", "acquirer_code", "ACQUIRER", "withdrawals-1", why)
    op.execute(
        sa.text(
            "INSERT INTO file_profiles (name, version, document, set_by, set_at)"
            " SELECT 'withdrawals-1', 0, :document, 0, now() WHERE EXISTS (SELECT FROM bank_files)"
        ).bindparams(document=_WITHDRAWALS_0)
    )
    op.drop_table("settlement_files")
    op.drop_table("bank_files")


def _carry(table: str, party: str, purpose: str, profile: str, why: str) -> None:
    """Carry over one table; version 0 of a profile stands for the reader that was built in."""
    op.execute(
        f"INSERT INTO received_files ({_SHARED}, purpose, party_code, profile_name, profile_version, refusal_code,"  # noqa: S608 - all of it stands above
        " refusal_zh, refusal_en, net_fen, fee_fen, byte_count)"
        f" SELECT {_SHARED}, '{purpose}', {party}, '{profile}', 0, {why}, amount_fen, 0, length(content)"
        f" FROM {table} ORDER BY imported_at, sha256"
    )
    op.execute(
        "INSERT INTO received_chunks (sha256, chunk_no, content)"  # noqa: S608 - as above
        " SELECT sha256, piece, substring(content FROM piece * 1048576 + 1 FOR 1048576)"
        f" FROM {table}, LATERAL generate_series(0, greatest(length(content) - 1, 0) / 1048576) AS piece"
        " WHERE length(content) > 0 ON CONFLICT DO NOTHING"
    )


def _create_files() -> None:
    op.create_table(
        "received_files",
        sa.Column("file_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("party_code", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("file_seq", sa.Integer(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refusal_zh", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refusal_en", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=True),
        sa.Column("closing_fen", sa.BigInteger(), nullable=True),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('BILLER', 'ACQUIRER', 'ACCOUNT')", name=op.f("ck_received_files_purpose")),
        sa.CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name=op.f("ck_received_files_state")),
        sa.CheckConstraint("(state = 'REFUSED') = (refusal_code <> '')", name=op.f("ck_received_files_refusal")),
        sa.CheckConstraint(
            "state = 'REFUSED' OR (party_code <> '' AND business_date IS NOT NULL)",
            name=op.f("ck_received_files_whose"),
        ),
        sa.PrimaryKeyConstraint("file_no", name=op.f("pk_received_files")),
        info={"kind": "reference"},
    )
    op.create_index(
        "uq_received_files_accepted",
        "received_files",
        ["purpose", "party_code", "business_date", "file_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'ACCEPTED'"),
    )
    op.create_index(
        "uq_received_files_content",
        "received_files",
        ["sha256"],
        unique=True,
        postgresql_where=sa.text("state = 'ACCEPTED' AND line_count > 0"),
    )
    op.create_index("ix_received_files_sha256", "received_files", ["sha256"])


def _create_entries() -> None:
    op.create_table(
        "bank_entries",
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("statement_no", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_reversal", sa.Boolean(), nullable=False),
        sa.Column("bank_no", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("batch_no", sa.Text(), nullable=False),
        sa.Column("their_name", sa.Text(), nullable=False),
        sa.Column("their_account", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_no", "business_date", "file_seq", "row_no", name=op.f("pk_bank_entries")),
        info={"kind": "reference"},
    )
    op.create_index("ix_bank_entries_booked", "bank_entries", ["account_no", "booked_on"])


def downgrade() -> None:
    """Take the step back; what a file of one piece held goes back with it, larger ones keep their rows alone."""
    for table, party, purpose, code in (
        ("settlement_files", "biller_code", "BILLER", True),
        ("bank_files", "acquirer_code", "ACQUIRER", False),
    ):
        _create_old(table, party, has_code=code)
        codes, values = ("refusal_code, refusal", "refusal_code, refusal_en") if code else ("refusal", "refusal_en")
        op.execute(
            f"INSERT INTO {table} ({_SHARED}, {party}, {codes}, content)"  # noqa: S608 - as above
            f" SELECT DISTINCT ON (f.sha256) f.{_SHARED.replace(', ', ', f.')}, party_code, {values},"
            " coalesce(c.content, '') FROM received_files f LEFT JOIN received_chunks c"
            " ON c.sha256 = f.sha256 AND c.chunk_no = 0"
            f" WHERE purpose = '{purpose}' AND business_date IS NOT NULL ORDER BY f.sha256, file_no DESC"
        )
    for table in ("bank_entries", "received_chunks", "received_files", "file_profiles"):
        op.drop_table(table)


def _create_old(table: str, party: str, *, has_code: bool) -> None:
    code = [sa.Column("refusal_code", sa.Text(), server_default=sa.text("''"), nullable=False)] if has_code else []
    sign = "refusal_code" if has_code else "refusal"
    op.create_table(
        table,
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column(party, sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("file_seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *code,
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"(state = 'REFUSED') = ({sign} <> '')", name=op.f(f"ck_{table}_refusal")),
        sa.CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name=op.f(f"ck_{table}_state")),
        sa.PrimaryKeyConstraint("sha256", name=op.f(f"pk_{table}")),
        info={"kind": "reference"},
    )
    op.create_index(
        f"uq_{table}_accepted",
        table,
        [party, "business_date", "file_seq"],
        unique=True,
        postgresql_where=sa.text("state = 'ACCEPTED'"),
    )
