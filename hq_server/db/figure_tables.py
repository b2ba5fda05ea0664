"""Tables of figures that pages show of many days: derived, counted by the jobs, dropped and counted again at will."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, Date, Integer, Text, text

from hq_server.db.metadata import instant, money, reference_table, station_table

day_figures = reference_table(
    "day_figures",
    Column("business_date", Date, primary_key=True),
    Column("product_code", BigInteger, primary_key=True, autoincrement=False),
    Column("sale_count", Integer, nullable=False),
    money("amount_fen"),
)

figure_runs = reference_table(
    "figure_runs",
    # What was counted last, when, for which business date, and what came out where it is one number.
    Column("name", Text, primary_key=True),
    Column("business_date", Date, nullable=False),
    instant("counted_at"),
    Column("figure", BigInteger, nullable=False, server_default=text("0")),
)

station_use = station_table(
    "station_use",
    # What a station sold against its credit in the last ended days: from this follows how long the rest lasts.
    Column("days", Integer, nullable=False),
    money("amount_fen"),
    # What is expected to be used to the end of each coming day, and by how many days it lasts the last day to buy on.
    Column("ahead_fen", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Column("buy_by", ARRAY(Date), nullable=False, server_default=text("'{}'")),
    derived=True,
)
