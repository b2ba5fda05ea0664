"""Tables of withdrawals: terms that two people agree, rulings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text

from hq_server.db.metadata import instant, money, reference_table, station_table

acquirer_days = reference_table(
    "acquirer_days",
    # The days of which an acquirer's files told the stations something: how many files they were, and when last.
    Column("acquirer_code", Text, primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("file_count", Integer, nullable=False),
    instant("run_at"),
)

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
    CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)", name="approved"),
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
    CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
)
Index(
    "uq_withdrawal_rulings_open",
    withdrawal_rulings.c.station_code,
    withdrawal_rulings.c.withdrawal_seq,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)
