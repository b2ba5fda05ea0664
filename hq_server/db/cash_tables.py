"""Table of what the branch's desk enters about cash: pouches from stations that were opened, pouches for stations."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Text,
    text,
)

from hq_server.db.metadata import instant, money, station_table

cash_pouches = station_table(
    "cash_pouches",
    Column("entry_no", Integer, primary_key=True, autoincrement=False),
    Column("direction", Text, nullable=False),
    Column("label", Text, nullable=False),
    money("amount_fen"),
    # Face values and pieces, side by side; empty for a pouch that was received and counted as one sum.
    Column("faces_fen", ARRAY(BigInteger), nullable=False),
    Column("pieces", ARRAY(BigInteger), nullable=False),
    money("coins_fen"),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("entered_at"),
    instant("decided_at", nullable=True),
    Column("refusal", Text, nullable=False, server_default=text("''")),
    Column("hq_seq", BigInteger),
    CheckConstraint("direction IN ('RECEIVED', 'SENT')", name="direction"),
    CheckConstraint("amount_fen >= 0 AND (direction = 'RECEIVED' OR amount_fen > 0)", name="amount"),
    CheckConstraint("cardinality(faces_fen) = cardinality(pieces)", name="lines"),
    CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)", name="approved"),
    CheckConstraint("state <> 'REFUSED' OR (approver_no IS NOT NULL AND refusal <> '')", name="refused"),
)
Index(
    "uq_cash_pouches_label",
    cash_pouches.c.station_code,
    cash_pouches.c.direction,
    cash_pouches.c.label,
    unique=True,
    postgresql_where=text("state IN ('ENTERED', 'APPROVED')"),
)
Index(
    "ix_cash_pouches_waiting",
    cash_pouches.c.entered_at,
    postgresql_where=cash_pouches.c.state == "ENTERED",
)
