"""Tables of payment orders: what is paid or debited by one file at the bank, item by item, rulings, what came back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text

from hq_server.db.four_eyes_columns import four_eyes_columns
from hq_server.db.metadata import instant, money, octets, reference_table, station_table

payment_orders = reference_table(
    "payment_orders",
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # How many orders of this subject came before it, and one.
    Column("subject_seq", Integer, nullable=False),
    Column("pay_on", Date, nullable=False),
    Column("item_count", Integer, nullable=False),
    money("amount_fen"),
    *four_eyes_columns(),
    Column("profile", Text, nullable=False, server_default=text("''")),
    Column("file_name", Text, nullable=False, server_default=text("''")),
    octets("content", nullable=True),
    Column("sha256", Text, nullable=False, server_default=text("''")),
    instant("written_at", nullable=True),
    # The line of the bank's statement that carried it, once found.
    Column("bank_line", Text, nullable=False, server_default=text("''")),
    # What that line moved, as the statement signs it: all of it, or what was not returned until then.
    money("bank_fen", nullable=True),
    # The day on which the outcome of its last item was known.
    Column("ended_on", Date),
    CheckConstraint("kind IN ('COMMISSION', 'BRANCH', 'BILLER', 'SENDER', 'CARRIER', 'TAX', 'DEBIT')", name="kind"),
    CheckConstraint("amount_fen > 0 AND item_count > 0", name="amount"),
    CheckConstraint("(written_at IS NULL) = (content IS NULL)", name="written"),
    CheckConstraint("written_at IS NULL OR state = 'APPROVED'", name="approved"),
    CheckConstraint("ended_on IS NULL OR written_at IS NOT NULL", name="ended"),
    CheckConstraint("(bank_line = '') = (bank_fen IS NULL)", name="found"),
)
Index("ix_payment_orders_state", payment_orders.c.state, payment_orders.c.order_no)
# One request a subject waits at a time.
Index(
    "uq_payment_orders_entered",
    payment_orders.c.kind,
    payment_orders.c.subject,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)

payment_items = station_table(
    "payment_items",
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("item_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    # What it pays, in the words of its kind: a month and line of service, a window.
    Column("source", Text, nullable=False),
    Column("payee_name", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    money("gross_fen"),
    money("tax_fen"),
    money("amount_fen"),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("''")),
    # Where the outcome is from: a result file, a line of the bank's statement, a ruling.
    Column("evidence", Text, nullable=False, server_default=text("''")),
    Column("ended_on", Date),
    # Once the outcome has had its effect on the books: an HQ record's number, or 0 for HQ's own books.
    Column("effect_seq", BigInteger),
    # The line of the statement that carried it alone; empty where one line carried the whole order.
    Column("bank_line", Text, nullable=False, server_default=text("''")),
    CheckConstraint("state IN ('OPEN', 'PAID', 'RETURNED', 'CANCELLED')", name="state"),
    CheckConstraint("amount_fen > 0 AND amount_fen = gross_fen - tax_fen", name="sums"),
    CheckConstraint("(state = 'OPEN') = (ended_on IS NULL)", name="ended"),
)
Index("ix_payment_items_order", payment_items.c.order_no, payment_items.c.item_no)
# What is on its way or paid is not paid again.
Index(
    "uq_payment_items_source",
    payment_items.c.station_code,
    payment_items.c.kind,
    payment_items.c.source,
    unique=True,
    postgresql_where=text("state IN ('OPEN', 'PAID')"),
)
Index("ix_payment_items_line", payment_items.c.bank_line, postgresql_where=payment_items.c.bank_line != text("''"))
Index(
    "ix_payment_items_effect", payment_items.c.order_no, postgresql_where=text("state = 'PAID' AND effect_seq IS NULL")
)

item_rulings = station_table(
    "item_rulings",
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("item_no", Integer, primary_key=True, autoincrement=False),
    Column("ruling_no", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    Column("finding", Text, nullable=False),
    *four_eyes_columns(),
    CheckConstraint("outcome IN ('PAID', 'RETURNED')", name="outcome"),
)
Index(
    "uq_item_rulings_entered",
    item_rulings.c.station_code,
    item_rulings.c.order_no,
    item_rulings.c.item_no,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)

payment_returns = station_table(
    "payment_returns",
    # Which line of the statement brought a payment back: of equal reference and amount, or said by two.
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("item_no", Integer, primary_key=True, autoincrement=False),
    Column("return_no", Integer, primary_key=True, autoincrement=False),
    Column("bank_line", Text, nullable=False),
    money("amount_fen"),
    Column("booked_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("finding", Text, nullable=False),
    # Once it has had its effect on the books, as of an item; 0 too where the payment had had none.
    Column("effect_seq", BigInteger),
    *four_eyes_columns(),
)
Index(
    "uq_payment_returns_standing",
    payment_returns.c.station_code,
    payment_returns.c.order_no,
    payment_returns.c.item_no,
    unique=True,
    postgresql_where=text("state IN ('PROPOSED', 'APPROVED')"),
)
Index("ix_payment_returns_line", payment_returns.c.bank_line)

order_questions = reference_table(
    "order_questions",
    # What the bank said of an order when it was asked last, and when it is asked again.
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("polls", Integer, nullable=False),
    Column("said", Text, nullable=False),
    instant("asked_at"),
    instant("next_at"),
)
