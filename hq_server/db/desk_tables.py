"""Tables of what people decide at their desks: credit purchases, invoices, and who is signed in at the console."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from hq_server.db.metadata import instant, money, octets, reference_table, station_table

credit_purchases = station_table(
    "credit_purchases",
    Column("purchase_no", Integer, primary_key=True, autoincrement=False),
    money("amount_fen"),
    Column("evidence", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("entered_at"),
    instant("decided_at", nullable=True),
    Column("refusal", Text, nullable=False, server_default=text("''")),
    Column("hq_seq", BigInteger),
    # The credit is handed over by a code, which opens this sealed grant once the purchase is approved (0 until then).
    Column("by_code", Boolean, nullable=False, server_default=text("false")),
    Column("grant_no", Integer, nullable=False, server_default=text("0")),
    # A line of the bank's statement is known for it, or said to be: kept with it as with the line itself.
    Column("has_line", Boolean, nullable=False, server_default=text("false")),
    # Rule (article 8, part three, item four 1(3)): a purchase is at least 500.00.
    CheckConstraint("amount_fen >= 50000", name="amount"),
    CheckConstraint("state IN ('ENTERED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL)", name="approved"),
    CheckConstraint("state <> 'REFUSED' OR (approver_no IS NOT NULL AND refusal <> '')", name="refused"),
)
Index(
    "ix_credit_purchases_open",
    credit_purchases.c.entered_at,
    credit_purchases.c.station_code,
    credit_purchases.c.purchase_no,
    postgresql_where=credit_purchases.c.state == "ENTERED",
)

Index(
    "ix_credit_purchases_to_come",
    credit_purchases.c.entered_at,
    credit_purchases.c.station_code,
    credit_purchases.c.purchase_no,
    postgresql_where=(credit_purchases.c.state == "APPROVED") & ~credit_purchases.c.has_line,
)

Index(
    "ix_credit_purchases_entered",
    credit_purchases.c.entered_at,
    credit_purchases.c.station_code,
    credit_purchases.c.purchase_no,
)
Index(
    "uq_credit_purchases_grant",
    credit_purchases.c.station_code,
    credit_purchases.c.grant_no,
    unique=True,
    postgresql_where=credit_purchases.c.grant_no > 0,
)

seal_batches = station_table(
    "seal_batches",
    Column("batch_no", Integer, primary_key=True, autoincrement=False),
    Column("amounts_fen", ARRAY(BigInteger), nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("entered_at"),
    instant("decided_at", nullable=True),
    Column("first_no", Integer, nullable=False, server_default=text("0")),
    Column("hq_seq", BigInteger),
    CheckConstraint("50000 <= ALL (amounts_fen)", name="amount"),
    CheckConstraint("state IN ('ENTERED', 'APPROVED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint(
        "state <> 'APPROVED' OR (approver_no IS NOT NULL AND hq_seq IS NOT NULL AND first_no > 0)", name="approved"
    ),
)

invoices = station_table(
    "invoices",
    Column("payment_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("invoice_no", Text, nullable=False),
    Column("clerk_no", Integer, nullable=False),
    instant("issued_at"),
    Column("hq_seq", BigInteger, nullable=False),
    UniqueConstraint("station_code", "invoice_no"),
)

console_sessions = reference_table(
    "console_sessions",
    # SHA-256 of the cookie: whoever reads the database cannot sign in with it.
    octets("token_hash", primary_key=True),
    Column("staff_no", Integer, nullable=False),
    Column("csrf_token", Text, nullable=False),
    Column("language", Text, nullable=False),
    instant("opened_at"),
    instant("used_at"),
)

console_knocks = reference_table(
    "console_knocks",
    # Attempts to sign in of the last minute, by address.
    Column("knock_no", BigInteger, Identity(), primary_key=True),
    Column("address", Text, nullable=False),
    instant("knocked_at"),
)
Index("ix_console_knocks_address", console_knocks.c.address, console_knocks.c.knocked_at)

console_forms = reference_table(
    "console_forms",
    # SHA-256 of the form's token: each form that was carried out, so that it is carried out once.
    octets("form_hash", primary_key=True),
    Column("staff_no", Integer, nullable=False),
    instant("sent_at"),
)
