"""Tables of commission: whom it is paid to, the monthly runs, and which sale was counted in which."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text

from hq_server.db.metadata import instant, money, octets, reference_table, station_table

agreements = station_table(
    "agreements",
    Column("valid_from", Date, primary_key=True),
    Column("payee_name", Text, nullable=False),
    Column("settlement_account", Text, nullable=False),
    Column("tax_regime", Text, nullable=False),
    Column("entered_by", Integer, nullable=False),
    instant("entered_at"),
    CheckConstraint("tax_regime IN ('LABOUR_WITHHOLDING', 'BUSINESS_INVOICE')", name="regime"),
)

commission_runs = reference_table(
    "commission_runs",
    # YYYYMM
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    instant("made_at"),
    Column("list_due", Date, nullable=False),
    Column("pay_due", Date, nullable=False),
    Column("approver_no", Integer),
    instant("approved_at", nullable=True),
    Column("pay_file_name", Text, nullable=False, server_default=text("''")),
    octets("pay_file", nullable=True),
    CheckConstraint("state IN ('LISTED', 'APPROVED', 'PAID')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state = 'LISTED' OR approver_no IS NOT NULL", name="approved"),
)

commission_months = station_table(
    "commission_months",
    Column("month", Integer, primary_key=True, autoincrement=False),
    money("carried_in_fen"),
    money("gross_fen"),
    money("carried_out_fen"),
    money("tax_fen"),
    money("net_fen"),
    Column("tax_regime", Text, nullable=False),
    Column("tax_rule", Text, nullable=False),
    Column("tax_formula", Text, nullable=False),
    Column("payee_name", Text, nullable=False),
    Column("settlement_account", Text, nullable=False),
    Column("hq_seq", BigInteger),
    CheckConstraint("gross_fen >= 0 AND tax_fen >= 0 AND net_fen = gross_fen - tax_fen", name="sums"),
    CheckConstraint("carried_in_fen <= 0 AND carried_out_fen <= 0", name="carried"),
)

commission_lines = station_table(
    "commission_lines",
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("product_code", BigInteger, nullable=False),
    Column("rate_version", Text, nullable=False),
    Column("item_count", Integer, nullable=False),
    money("base_fen"),
    money("commission_fen"),
    Column("formula", Text, nullable=False),
)

commission_sales = station_table(
    "commission_sales",
    # A sale is counted once, and taken back at most once when it is reversed later.
    Column("payment_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("taken_back", Boolean, primary_key=True),
    Column("month", Integer, nullable=False),
)
Index("ix_commission_sales_month", commission_sales.c.station_code, commission_sales.c.month)
