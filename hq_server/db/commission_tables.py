"""Tables of commission: whom it is paid to, branch figures and rates, monthly runs, what each counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hq_server.db.four_eyes_columns import entry_column, four_eyes_columns, standing_index
from hq_server.db.metadata import instant, money, reference_table, station_table

agreements = station_table(
    "agreements",
    # Where a station's commission goes: nothing of a row holds before a second person approved it. One entered before
    # that was asked for has nobody (0) as its approver, and is paid to only once a second person has compared it.
    Column("terms_no", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", Date, nullable=False),
    Column("payee_name", Text, nullable=False),
    Column("settlement_account", Text, nullable=False),
    Column("tax_regime", Text, nullable=False),
    # Of the business licence that is on file; needed where the owner gives an invoice.
    Column("licence_no", Text, nullable=False, server_default=text("''")),
    *four_eyes_columns(),
    CheckConstraint("tax_regime IN ('LABOUR_WITHHOLDING', 'BUSINESS_INVOICE')", name="regime"),
)
Index("uq_agreements_open", agreements.c.station_code, unique=True, postgresql_where=agreements.c.state == "PROPOSED")
Index(
    "uq_agreements_from",
    agreements.c.station_code,
    agreements.c.valid_from,
    unique=True,
    postgresql_where=agreements.c.state == "APPROVED",
)

branch_rates = reference_table(
    "branch_rates",
    # Rates of what no tariff sells: distribution and insurance. The rate is a document like that of a tariff.
    Column("product_code", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_from", Date, primary_key=True),
    entry_column(),
    Column("rate", JSONB, nullable=False),
    *four_eyes_columns(),
)
standing_index(branch_rates, "product_code", "valid_from")

branch_figures = station_table(
    "branch_figures",
    # A branch's monthly figures of a station: how many of a product, and for how much. Corrections are further rows.
    Column("figure_no", Integer, primary_key=True, autoincrement=False),
    Column("month", Integer, nullable=False),
    Column("product_code", BigInteger, nullable=False),
    Column("item_count", Integer, nullable=False),
    money("base_fen"),
    Column("evidence", Text, nullable=False),
    # The run that counted it.
    Column("run_month", Integer),
    *four_eyes_columns(),
)
Index("ix_branch_figures_run", branch_figures.c.run_month)
Index("ix_branch_figures_waiting", branch_figures.c.made_at, postgresql_where=branch_figures.c.state == "PROPOSED")

commission_invoices = station_table(
    "commission_invoices",
    # The owner's invoice over a month's gross, where the regime needs one; entered again, the newest holds.
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("invoice_no", Text, primary_key=True),
    money("amount_fen"),
    Column("entered_by", Integer, nullable=False),
    instant("entered_at"),
    CheckConstraint("amount_fen > 0", name="amount"),
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
    # Every station was told what it is paid.
    instant("told_at", nullable=True),
    # The rates that were in force when it was made: what is published later changes nothing.
    Column("rates", JSONB, nullable=False, server_default=text("'[]'")),
    Column("sale_count", BigInteger, nullable=False, server_default=text("0")),
    # How many it left out: sales that waited for their match, and sales whose sum was disputed. Empty in months listed
    # before these were kept.
    Column("waiting_count", BigInteger),
    Column("disputed_count", BigInteger),
    # SHA-256 over the result in its one form; empty in months listed before it was kept.
    Column("result_sha256", Text, nullable=False, server_default=text("''")),
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
    # How far both journals were posted when it was computed.
    Column("station_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("posted_hq_seq", BigInteger, nullable=False, server_default=text("0")),
    # The HQ records that state it to the station: what HQ pays, and what the branch pays.
    Column("hq_seq", BigInteger),
    Column("branch_hq_seq", BigInteger),
    CheckConstraint("gross_fen >= 0 AND tax_fen >= 0 AND net_fen = gross_fen - tax_fen", name="sums"),
    CheckConstraint("carried_in_fen <= 0 AND carried_out_fen <= 0", name="carried"),
)

commission_parts = station_table(
    "commission_parts",
    # A month by line of service, each with its paying unit.
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("service_line", Text, primary_key=True),
    Column("paying_unit", Text, nullable=False),
    money("carried_in_fen"),
    money("gross_fen"),
    money("carried_out_fen"),
    money("tax_fen"),
    money("net_fen"),
    Column("tax_regime", Text, nullable=False),
    Column("tax_rule", Text, nullable=False),
    Column("tax_formula", Text, nullable=False),
    CheckConstraint("service_line IN ('E_COMMERCE', 'DISTRIBUTION', 'INSURANCE')", name="service_line"),
    CheckConstraint("paying_unit IN ('HQ', 'BRANCH')", name="paying_unit"),
    CheckConstraint("gross_fen >= 0 AND tax_fen >= 0 AND net_fen = gross_fen - tax_fen", name="sums"),
    CheckConstraint("carried_in_fen <= 0 AND carried_out_fen <= 0", name="carried"),
)
Index("ix_commission_parts_month", commission_parts.c.month, commission_parts.c.paying_unit)
Index(
    "ix_commission_parts_invoiced",
    commission_parts.c.month,
    commission_parts.c.station_code,
    postgresql_include=["gross_fen"],
    postgresql_where=text("tax_regime = 'BUSINESS_INVOICE' AND gross_fen > 0"),
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
    # The month whose line is taken back; 0 in a line that earns.
    Column("of_month", Integer, nullable=False, server_default=text("0")),
)

commission_sales = station_table(
    "commission_sales",
    # A sale is counted once, and taken back at most once when it is reversed later.
    Column("payment_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("taken_back", Boolean, primary_key=True),
    Column("month", Integer, nullable=False),
    # Of one taken back, the month that had counted it; else 0.
    Column("of_month", Integer, nullable=False, server_default=text("0")),
)
Index("ix_commission_sales_month", commission_sales.c.station_code, commission_sales.c.month)
