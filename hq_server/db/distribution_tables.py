"""Lists of goods as they were published."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from hq_server.db.metadata import instant, octets, reference_table

goods_lists = reference_table(
    "goods_lists",
    octets("list_hash", primary_key=True),
    Column("version", Text, nullable=False),
    octets("document"),
    instant("published_at"),
    Column("publisher_no", Integer, nullable=False),
)
