"""Lists of goods as they were published, and whom leads are about."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, Text

from hq_server.db.metadata import instant, octets, reference_table, station_table

goods_lists = reference_table(
    "goods_lists",
    octets("list_hash", primary_key=True),
    Column("version", Text, nullable=False),
    octets("document"),
    instant("published_at"),
    Column("publisher_no", Integer, nullable=False),
)

lead_contacts = station_table(
    "lead_contacts",
    Column("lead_seq", BigInteger, primary_key=True, autoincrement=False),
    # Name and number; empty once erased, while the lead stands.
    Column("document", LargeBinary, nullable=True),
    instant("stored_at"),
    Column("erased_at", DateTime(timezone=True), nullable=True),
)
