"""Tables of withdrawals: terms that two people agree, the acquirers' daily files as received, rulings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text

from hq_server.db.metadata import instant, money, octets, reference_table, station_table

withdrawal_terms = station_table(
    "withdrawal_terms",
    Column("terms_no", Integer, primary_key=True, autoincrement=False),
    Column("effective_on", Date, nullable=False),
    Column("acquirer_code", Text, nullable=False),
    Column("acquirer_name", Text, nullable=False),
    Column("acquirer_name_en", Text, nullable=False),
    money("payout_allowance_fen"),
    Column("restores_credit", Boolean, nullable=False),
    money("card_day_cap_fen"),
    money("least_fen"),
    money("fee_fen"),
    Column("fee_payer", Integer, nullable=False),
    Column("first_free_scope", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("entered_at"),
    instant("decided_at", nullable=True),
    Column("hq_seq", BigInteger),
    CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)", name="approved"),
)

bank_files = reference_table(
    "bank_files",
    # SHA-256 of all its bytes, in hex: the same file is never taken, or refused, twice.
    Column("sha256", Text, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("acquirer_code", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("file_seq", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("refusal", Text, nullable=False, server_default=text("''")),
    Column("line_count", Integer, nullable=False),
    money("amount_fen"),
    octets("content"),
    Column("imported_by", Integer, nullable=False),
    instant("imported_at"),
    CheckConstraint("state IN ('ACCEPTED', 'REFUSED')", name="state"),
    CheckConstraint("(state = 'REFUSED') = (refusal <> '')", name="refusal"),
)
Index(
    "uq_bank_files_accepted",
    bank_files.c.acquirer_code,
    bank_files.c.business_date,
    bank_files.c.file_seq,
    unique=True,
    postgresql_where=text("state = 'ACCEPTED'"),
)

withdrawal_rulings = station_table(
    "withdrawal_rulings",
    Column("withdrawal_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ruling_no", Integer, primary_key=True, autoincrement=False),
    Column("debited", Boolean, nullable=False),
    Column("bank_no", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("proposed_at"),
    instant("decided_at", nullable=True),
    CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
)
Index(
    "uq_withdrawal_rulings_open",
    withdrawal_rulings.c.station_code,
    withdrawal_rulings.c.withdrawal_seq,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)
