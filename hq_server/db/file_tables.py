"""Tables of files: how parties write (versions of profiles), what was received, its raw bytes, and bank movements."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hq_server.db.metadata import instant, money, octets, reference_table

file_profiles = reference_table(
    "file_profiles",
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    # 0: it came with the program.
    Column("set_by", Integer, nullable=False),
    instant("set_at"),
)

received_files = reference_table(
    "received_files",
    Column("file_no", BigInteger, Identity(), primary_key=True),
    # Of all its bytes, in hex. Content that was taken is never taken again; one without rows may come every day.
    Column("sha256", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    # Empty and unknown only where the file was refused before anybody could tell.
    Column("party_code", Text, nullable=False),
    Column("business_date", Date),
    Column("file_seq", Integer, nullable=False),
    Column("profile_name", Text, nullable=False),
    Column("profile_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("refusal_code", Text, nullable=False, server_default=text("''")),
    Column("refusal_zh", Text, nullable=False, server_default=text("''")),
    Column("refusal_en", Text, nullable=False, server_default=text("''")),
    Column("line_count", Integer, nullable=False),
    money("amount_fen"),
    money("net_fen"),
    money("fee_fen"),
    money("opening_fen", nullable=True),
    money("closing_fen", nullable=True),
    # What a person stated of it: its date, and control totals in fen.
    Column("stated", JSONB, nullable=False, server_default=text("'{}'")),
    Column("byte_count", BigInteger, nullable=False),
    Column("imported_by", Integer, nullable=False),
    instant("imported_at"),
    CheckConstraint("purpose IN ('BILLER', 'ACQUIRER', 'ACCOUNT')", name="purpose"),
    CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name="state"),
    CheckConstraint("(state = 'REFUSED') = (refusal_code <> '')", name="refusal"),
    CheckConstraint("state = 'REFUSED' OR (party_code <> '' AND business_date IS NOT NULL)", name="whose"),
)
Index(
    "uq_received_files_accepted",
    received_files.c.purpose,
    received_files.c.party_code,
    received_files.c.business_date,
    received_files.c.file_seq,
    unique=True,
    postgresql_where=text("state = 'ACCEPTED'"),
)
Index(
    "uq_received_files_content",
    received_files.c.sha256,
    unique=True,
    postgresql_where=text("state = 'ACCEPTED' AND line_count > 0"),
)
Index("ix_received_files_sha256", received_files.c.sha256)

received_chunks = reference_table(
    "received_chunks",
    Column("sha256", Text, primary_key=True),
    Column("chunk_no", Integer, primary_key=True, autoincrement=False),
    octets("content"),
)

bank_entries = reference_table(
    "bank_entries",
    Column("account_no", Text, primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("file_seq", Integer, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    # Rows of one batch booking share the number of the bank's entry.
    Column("entry_no", Integer, nullable=False),
    Column("statement_no", Text, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("valued_on", Date),
    # Positive where our account was credited.
    money("amount_fen"),
    Column("is_reversal", Boolean, nullable=False),
    Column("bank_no", Text, nullable=False),
    Column("end_to_end_id", Text, nullable=False),
    Column("batch_no", Text, nullable=False),
    Column("their_name", Text, nullable=False),
    Column("their_account", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Why a payment of ours came back, as the bank codes it.
    Column("return_code", Text, nullable=False, server_default=text("''")),
    # Nothing of ours is known for it, or said to be: kept with it, since those that are found only grow in number.
    Column("is_free", Boolean, nullable=False, server_default=text("true")),
)
Index(
    "ix_bank_entries_listed",
    bank_entries.c.booked_on,
    bank_entries.c.account_no,
    bank_entries.c.business_date,
    bank_entries.c.file_seq,
    bank_entries.c.row_no,
)
Index(
    "ix_bank_entries_free",
    bank_entries.c.booked_on,
    bank_entries.c.account_no,
    postgresql_where=bank_entries.c.is_free,
)
Index("ix_bank_entries_booked", bank_entries.c.account_no, bank_entries.c.booked_on)
