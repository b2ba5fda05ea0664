"""Tables of the books: derived from both journals, dropped and computed again at will."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, SmallInteger, Text, text

from hq_server.db.metadata import instant, money, octets, station_table

ledger_entries = station_table(
    "ledger_entries",
    Column("side", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    Column("debit_account", SmallInteger, nullable=False),
    Column("debit_party", Text, nullable=False),
    Column("credit_account", SmallInteger, nullable=False),
    Column("credit_party", Text, nullable=False),
    money("amount_fen"),
    Column("business_date", Date, nullable=False),
    CheckConstraint("amount_fen > 0", name="amount"),
    CheckConstraint("(debit_account, debit_party) <> (credit_account, credit_party)", name="two_accounts"),
    derived=True,
)

payments = station_table(
    "payments",
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("operation_no", BigInteger, nullable=False),
    instant("recorded_at"),
    Column("business_date", Date, nullable=False),
    Column("operator_no", BigInteger, nullable=False),
    Column("product_code", BigInteger, nullable=False),
    Column("biller_code", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("bill_no", Text, nullable=False),
    Column("bill_period", Text, nullable=False),
    Column("payer_name", Text, nullable=False),
    money("amount_fen"),
    money("fee_fen"),
    money("tendered_fen"),
    Column("offline", Boolean, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("cash", SmallInteger, nullable=False),
    Column("biller_no", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("receipt_seq", BigInteger, nullable=False),
    Column("receipt_no", BigInteger, nullable=False),
    Column("pending_seq", BigInteger, nullable=False),
    Column("invoice_no", Text, nullable=False),
    Column("reversal_seq", BigInteger, nullable=False),
    Column("source_seq", BigInteger, nullable=False),
    Column("answered_seq", BigInteger, nullable=False),
    Column("released_seq", BigInteger, nullable=False),
    Column("reversal_refused_seq", BigInteger, nullable=False),
    # First four bytes of the record's digest in hex: the tail of our number, by which outside files name the payment.
    Column("digest_hex", Text, nullable=False, server_default=text("''")),
    derived=True,
)
Index("ix_payments_operation", payments.c.station_code, payments.c.operation_no)
Index("ix_payments_bill", payments.c.station_code, payments.c.account_no, payments.c.bill_no)
Index("ix_payments_biller_day", payments.c.biller_code, payments.c.business_date, payments.c.amount_fen)
Index(
    "ix_payments_biller_no",
    payments.c.biller_code,
    payments.c.biller_no,
    postgresql_where=payments.c.biller_no != text("''"),
)
# What reports of some days read stands in the index: ten million sales are not looked up one by one.
Index(
    "ix_payments_day",
    payments.c.business_date,
    postgresql_include=["station_code", "product_code", "status", "amount_fen", "fee_fen"],
)
Index("ix_payments_held", payments.c.station_code, postgresql_where=payments.c.status == 1)
Index("ix_payments_reversal", payments.c.station_code, postgresql_where=payments.c.reversal_seq > 0)

balances = station_table(
    "balances",
    Column("account", SmallInteger, primary_key=True, autoincrement=False),
    Column("party", Text, primary_key=True),
    money("balance_fen"),
    derived=True,
)

subjects = station_table(
    "subjects",
    # What records speak of beside payments, each as the row of bytes that both sides make of it.
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("state", SmallInteger, nullable=False),
    octets("data"),
    # What outside files name some of them by: the calendar day, and the station's device.
    Column("on_day", Date),
    Column("device_no", Text),
    derived=True,
)
Index("ix_subjects_state", subjects.c.kind, subjects.c.state, subjects.c.station_code)
Index("ix_subjects_day", subjects.c.kind, subjects.c.on_day, postgresql_where=subjects.c.on_day.is_not(None))
Index(
    "ix_subjects_device",
    subjects.c.kind,
    subjects.c.device_no,
    subjects.c.on_day,
    subjects.c.station_code,
    postgresql_where=subjects.c.device_no.is_not(None),
)

standings = station_table(
    "standings",
    # How far both journals are posted, without a gap, and the last HQ record that a posted station record had seen.
    Column("station_seq", BigInteger, nullable=False),
    Column("hq_seq", BigInteger, nullable=False),
    Column("seen_seq", BigInteger, nullable=False),
    octets("tariff_hash"),
    Column("receipts_issued", BigInteger, nullable=False),
    Column("operation_no", BigInteger, nullable=False),
    Column("day_ended", Date),
    derived=True,
)

posting_stops = station_table(
    "posting_stops",
    Column("side", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    instant("since"),
    derived=True,
)
