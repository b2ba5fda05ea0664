"""Tables of the nightly checks: each check of a station, what it found, and the digest over all heads of a night."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Integer, SmallInteger, Text, text

from hq_server.db.metadata import instant, money, octets, reference_table, station_table

integrity_checks = station_table(
    "integrity_checks",
    instant("checked_at", primary_key=True),
    # The night that the check belongs to: one made by hand in the daytime belongs to the night before.
    Column("checked_on", Date, nullable=False),
    Column("station_seq", BigInteger, nullable=False),
    Column("hq_seq", BigInteger, nullable=False),
    Column("fault_count", Integer, nullable=False),
    Column("took_ms", Integer, nullable=False),
)
Index("ix_integrity_checks_checked_on", integrity_checks.c.checked_on, integrity_checks.c.station_code)

integrity_faults = station_table(
    "integrity_faults",
    instant("checked_at", primary_key=True),
    Column("fault_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("code", SmallInteger, nullable=False),
    Column("side", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    money("amount_fen"),
    Column("what", Text, nullable=False),
    Column("what_zh", Text, nullable=False, server_default=text("''")),
    CheckConstraint("side IN ('S', 'H')", name="side"),
)

network_digests = reference_table(
    "network_digests",
    Column("checked_on", Date, primary_key=True),
    octets("digest"),
    Column("station_count", Integer, nullable=False),
    instant("made_at"),
)
