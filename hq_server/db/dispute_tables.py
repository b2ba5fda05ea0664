"""Tables of what the dispute desk enters before two people agree, of evidence, clocks of cases, and known faults.

Corrections and cases themselves are in the journals; what is here are decisions and documents, and who was told what.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hq_server.db.four_eyes_columns import four_eyes_columns
from hq_server.db.metadata import instant, money, octets, reference_table, station_table

corrections = station_table(
    "corrections",
    Column("correction_no", Integer, primary_key=True, autoincrement=False),
    Column("book", Integer, nullable=False),
    Column("cited_side", Integer, nullable=False),
    Column("cited_seq", BigInteger, nullable=False),
    Column("cited_on", Date, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("explanation", Text, nullable=False),
    money("old_fen"),
    money("new_fen"),
    octets("evidence_hash"),
    Column("evidence_title", Text, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("signer_no", Integer),
    Column("signed_for", Text, nullable=False, server_default=text("''")),
    Column("hq_seq", BigInteger),
    *four_eyes_columns(),
    CheckConstraint("new_fen <> old_fen", name="change"),
    CheckConstraint("signer_no <> maker_no AND signer_no <> approver_no", name="three_people"),
    CheckConstraint("(signer_no IS NULL) = (signed_for = '')", name="signed"),
    CheckConstraint(
        "state <> 'APPROVED' OR (hq_seq IS NOT NULL AND (signer_no IS NOT NULL OR NOT stale))", name="told"
    ),
)
Index(
    "uq_corrections_open",
    corrections.c.station_code,
    corrections.c.cited_side,
    corrections.c.cited_seq,
    unique=True,
    postgresql_where=corrections.c.state == "PROPOSED",
)
Index("ix_corrections_made_at", corrections.c.made_at)

made_good = station_table(
    "made_good",
    # What gave a station, or a payer, the sum of a record: one row for a record, so nobody gives it twice.
    Column("side", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("remedy", Text, nullable=False),
    Column("remedy_no", Integer, nullable=False),
    money("amount_fen"),
    instant("made_at"),
    CheckConstraint("amount_fen >= 0", name="amount"),
)

case_rulings = station_table(
    "case_rulings",
    Column("case_no", Integer, primary_key=True, autoincrement=False),
    Column("ruling_no", Integer, primary_key=True, autoincrement=False),
    Column("cause", Integer, nullable=False),
    Column("finding", Text, nullable=False),
    octets("evidence_hash"),
    Column("evidence_title", Text, nullable=False),
    money("stands_fen"),
    money("award_fen"),
    Column("hq_seq", BigInteger),
    *four_eyes_columns(),
    CheckConstraint("finding <> '' AND stands_fen >= 0 AND award_fen >= 0", name="finding"),
    CheckConstraint("state <> 'APPROVED' OR hq_seq IS NOT NULL", name="told"),
)
Index(
    "uq_case_rulings_open",
    case_rulings.c.station_code,
    case_rulings.c.case_no,
    unique=True,
    postgresql_where=case_rulings.c.state == "PROPOSED",
)

case_clocks = station_table(
    "case_clocks",
    # Whom a case was given to and by when HQ owes an answer, as the station was told.
    Column("case_no", Integer, primary_key=True, autoincrement=False),
    Column("owner_no", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("late_told", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_case_clocks_due", case_clocks.c.due_on)

evidence_documents = station_table(
    "evidence_documents",
    octets("sha256", primary_key=True),
    Column("title", Text, nullable=False),
    octets("document"),
    Column("kept_by", Integer, nullable=False),
    instant("kept_at"),
)

known_faults = reference_table(
    "known_faults",
    Column("fault_no", Integer, primary_key=True, autoincrement=False),
    Column("predicate", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("work_around", Text, nullable=False),
    Column("work_around_en", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("made_by", Integer, nullable=False),
    instant("made_at"),
    Column("remedy", Text, nullable=False, server_default=text("''")),
    Column("remedy_en", Text, nullable=False, server_default=text("''")),
    instant("ended_at", nullable=True),
    CheckConstraint("(ended_at IS NULL) = (remedy = '')", name="ended"),
)

fault_tellings = station_table(
    "fault_tellings",
    # What a station was last told of a fault, so that it is told again only when that has changed.
    Column("fault_no", Integer, primary_key=True, autoincrement=False),
    Column("station_count", Integer, nullable=False),
    Column("record_count", Integer, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("ended", Boolean, nullable=False, server_default=text("false")),
)
