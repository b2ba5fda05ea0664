"""Tables of settlement: payees, cuts of the ledger, windows of what is due, mandates, bank matches, HQ's own books."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, SmallInteger, Text, text

from hq_server.db.four_eyes_columns import STANDING, entry_column, four_eyes_columns, standing_index
from hq_server.db.metadata import instant, money, reference_table, station_table

payees = reference_table(
    "payees",
    # Whom HQ owes money to, where it is paid to and how often: dated terms of two people.
    Column("kind", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    entry_column(),
    Column("payee_name", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    # Working days after the window's last business date (T+n).
    Column("settle_days", Integer, nullable=False),
    *four_eyes_columns(),
    CheckConstraint("kind IN ('BILLER', 'SENDER', 'CARRIER', 'TAX', 'BRANCH')", name="kind"),
    CheckConstraint("cycle IN ('DAY', 'WEEK', 'MONTH')", name="cycle"),
    CheckConstraint("settle_days BETWEEN 0 AND 30", name="settle_days"),
)
standing_index(payees, "kind", "party", "valid_from")

settlement_cuts = reference_table(
    "settlement_cuts",
    # A cut says how far the ledger was posted when a business date was settled.
    Column("cut_no", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    instant("taken_at"),
)

settlement_cut_positions = station_table(
    "settlement_cut_positions",
    Column("cut_no", Integer, primary_key=True, autoincrement=False),
    Column("station_seq", BigInteger, nullable=False),
    Column("hq_seq", BigInteger, nullable=False),
)

settlement_windows = reference_table(
    "settlement_windows",
    # What is owed to one party between two cuts: the ledger lines of it sum to the due.
    Column("kind", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("window_no", Integer, primary_key=True, autoincrement=False),
    Column("from_cut", Integer, nullable=False),
    Column("to_cut", Integer, nullable=False),
    Column("business_date", Date, nullable=False),
    money("due_fen"),
    Column("line_count", BigInteger, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("order_no", Integer),
    instant("closed_at"),
    CheckConstraint("from_cut < to_cut", name="cuts"),
    CheckConstraint("due_fen > 0", name="due"),
)

debit_mandates = station_table(
    "debit_mandates",
    # 委托扣款: the owner's mandate to debit the account at the bank, keyed by the institution code.
    Column("mandate_no", Text, primary_key=True),
    entry_column(),
    Column("holder_name", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    money("each_max_fen"),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    *four_eyes_columns(),
    CheckConstraint("each_max_fen >= 50000 AND valid_from <= valid_until", name="terms"),
)
standing_index(debit_mandates, "station_code", "mandate_no")

purchase_matches = station_table(
    "purchase_matches",
    # Which line of the bank's statement a credit purchase came in by: of equal reference and amount, or said by two.
    Column("purchase_no", Integer, primary_key=True, autoincrement=False),
    Column("match_no", Integer, primary_key=True, autoincrement=False),
    Column("bank_line", Text, nullable=False),
    money("amount_fen"),
    Column("booked_on", Date, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("finding", Text, nullable=False),
    *four_eyes_columns(),
)
Index(
    "uq_purchase_matches_standing",
    purchase_matches.c.station_code,
    purchase_matches.c.purchase_no,
    unique=True,
    postgresql_where=text(STANDING),
)
Index("ix_purchase_matches_line", purchase_matches.c.bank_line)
Index(
    "ix_purchase_matches_waiting",
    purchase_matches.c.made_at,
    postgresql_where=purchase_matches.c.state == "PROPOSED",
)

hq_entries = reference_table(
    "hq_entries",
    # HQ's own books: what moves its money and belongs to no station's journal. Made with the deed, never changed.
    Column("source", Text, primary_key=True),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    Column("debit_account", SmallInteger, nullable=False),
    Column("debit_party", Text, nullable=False),
    Column("credit_account", SmallInteger, nullable=False),
    Column("credit_party", Text, nullable=False),
    money("amount_fen"),
    Column("booked_on", Date, nullable=False),
    instant("entered_at"),
    CheckConstraint("amount_fen > 0", name="amount"),
    CheckConstraint("(debit_account, debit_party) <> (credit_account, credit_party)", name="two_accounts"),
)
