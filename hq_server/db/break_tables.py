"""Tables of breaks as cases: what is open, whose it is, what was decided about it, and what it moved in HQ's books.

These are people's work and its trail: never deleted, never derived. Which differences there are stands in
`reconciliation_tables` and is computed again at will.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hq_server.db.four_eyes_columns import four_eyes_columns
from hq_server.db.metadata import instant, money, reference_table, station_table

break_cases = station_table(
    "break_cases",
    Column("case_no", BigInteger, Identity(), primary_key=True),
    # STATION: its digest of a day; BILLER, BANK: a counterparty's file; ACCOUNT: the bank account's statement.
    Column("layer", Text, nullable=False),
    Column("counterparty", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    # What it is about, by a name that no run changes: a sale S:<seq>, a line L:<date>:<file>:<line>, and so on.
    Column("item", Text, nullable=False),
    Column("break_class", Text, nullable=False),
    Column("match_key", Text, nullable=False),
    Column("payment_seq", BigInteger),
    Column("line_date", Date),
    Column("file_seq", Integer),
    Column("line_seq", Integer),
    Column("our_no", Text, nullable=False),
    Column("their_no", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    money("ours_fen", nullable=True),
    money("theirs_fen", nullable=True),
    money("difference_fen"),
    Column("state", Text, nullable=False),
    instant("opened_at"),
    Column("due_on", Date, nullable=False),
    Column("owner_no", Integer, nullable=False),
    Column("cause", Text, nullable=False, server_default=text("''")),
    instant("closed_at", nullable=True),
    Column("closed_by", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("station_code", "layer", "counterparty", "item"),
    CheckConstraint("layer IN ('STATION', 'BILLER', 'BANK', 'ACCOUNT')", name="layer"),
    CheckConstraint("state IN ('OPEN', 'EXPLAINED', 'RESOLVED')", name="state"),
    CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name="closed"),
)
Index("ix_break_cases_day", break_cases.c.counterparty, break_cases.c.business_date)
Index(
    "ix_break_cases_open",
    break_cases.c.business_date,
    break_cases.c.case_no,
    postgresql_where=text("state = 'OPEN'"),
)
Index("ix_break_cases_ended", break_cases.c.closed_at, break_cases.c.cause, postgresql_where=text("state <> 'OPEN'"))
Index("ix_break_cases_payment", break_cases.c.station_code, break_cases.c.payment_seq)

break_events = station_table(
    "break_events",
    # Append only. Opening is no event of its own: the case says when and as what.
    Column("case_no", BigInteger, primary_key=True, autoincrement=False),
    Column("event_no", BigInteger, Identity(), primary_key=True),
    instant("at"),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("details", JSONB, nullable=False),
)

break_resolutions = station_table(
    "break_resolutions",
    Column("case_no", BigInteger, primary_key=True, autoincrement=False),
    Column("resolution_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("action", Text, nullable=False),
    Column("cause", Text, nullable=False),
    # What was found out, and where it can be read again.
    Column("finding", Text, nullable=False),
    money("difference_fen"),
    # Case of the other side, where two are resolved as one (0: none).
    Column("other_case_no", BigInteger, nullable=False, server_default=text("0")),
    Column("batch_no", Text, nullable=False, server_default=text("''")),
    *four_eyes_columns(),
    CheckConstraint("finding <> ''", name="finding"),
)
Index(
    "uq_break_resolutions_open",
    break_resolutions.c.station_code,
    break_resolutions.c.case_no,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)

suspense_entries = station_table(
    "suspense_entries",
    # HQ's own entries about a counterparty: one debit, one credit, one amount. None touches a station's accounts.
    Column("entry_no", BigInteger, Identity(), primary_key=True),
    Column("case_no", BigInteger, nullable=False),
    Column("resolution_no", SmallInteger, nullable=False),
    Column("counterparty", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    money("amount_fen"),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer, nullable=False),
    instant("entered_at"),
    UniqueConstraint("station_code", "case_no", "resolution_no"),
    CheckConstraint("amount_fen > 0", name="amount"),
    CheckConstraint("debit <> credit", name="two_accounts"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
)
Index("ix_suspense_entries_counterparty", suspense_entries.c.counterparty, suspense_entries.c.business_date)

break_owners = reference_table(
    "break_owners",
    # Whose a counterparty's breaks are when they open; where none is named, whoever took in the file.
    Column("counterparty", Text, primary_key=True),
    Column("staff_no", Integer, nullable=False),
)
