"""Tables of both journals as HQ holds them: certificates, bytes, seals, heads, and frames that were not taken."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Text, text

from hq_server.db.metadata import instant, money, octets, station_table

_SIDES = "side IN ('S', 'H')"

journal_epochs = station_table(
    "journal_epochs",
    Column("side", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    octets("certificate"),
    octets("signature"),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    CheckConstraint(_SIDES, name="side"),
)

journal_heads = station_table(
    "journal_heads",
    Column("side", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    octets("digest"),
    CheckConstraint(_SIDES, name="side"),
)

journal_records = station_table(
    "journal_records",
    Column("side", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    octets("data"),
    octets("digest"),
    instant("stored_at"),
    CheckConstraint(_SIDES, name="side"),
    CheckConstraint("seq > 0", name="seq"),
)

journal_seals = station_table(
    "journal_seals",
    Column("side", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    octets("signature"),
    CheckConstraint(_SIDES, name="side"),
)

journal_staff = station_table(
    "journal_staff",
    Column("staff_no", Integer, primary_key=True, autoincrement=False),
    Column("hq_seq", BigInteger, nullable=False),
)

hq_recoveries = station_table(
    "hq_recoveries",
    # From which stations a restored HQ takes back what it had signed: how far it held both journals, and how far then.
    Column("recovery_no", Integer, primary_key=True, autoincrement=False),
    Column("cause", Text, nullable=False),
    Column("station_seq", BigInteger, nullable=False),
    Column("hq_seq", BigInteger, nullable=False),
    instant("begun_at"),
    Column("recovered_station_seq", BigInteger),
    Column("recovered_hq_seq", BigInteger),
    instant("ended_at", nullable=True),
    CheckConstraint("cause IN ('RESTORED', 'STATION_AHEAD')", name="cause"),
)
Index(
    "uq_hq_recoveries_going_on",
    hq_recoveries.c.station_code,
    unique=True,
    postgresql_where=text("ended_at IS NULL"),
)

refused_frames = station_table(
    "refused_frames",
    octets("frame_hash", primary_key=True),
    octets("frame"),
    Column("reason", Text, nullable=False),
    instant("received_at"),
)

branch_cases = station_table(
    "branch_cases",
    octets("frame_hash", primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("to_seq", BigInteger, nullable=False),
    octets("to_digest"),
    octets("frame"),
    Column("held_epoch", Integer, nullable=False),
    Column("held_seq", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    instant("received_at"),
)

alarms = station_table(
    "alarms",
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("station_seq", BigInteger, primary_key=True, autoincrement=False),
    # The record of HQ where the finding is about none of the station (``station_seq`` 0), else 0.
    Column("about_hq_seq", BigInteger, primary_key=True, autoincrement=False, server_default=text("0")),
    money("amount_fen"),
    # Empty until the station reads the record that tells it.
    Column("hq_seq", BigInteger),
    instant("raised_at"),
    # Which posting rule the record broke, empty for any other finding.
    Column("reason", Text, nullable=False, server_default=text("''")),
)
Index("ix_alarms_raised", alarms.c.raised_at)
Index("ix_alarms_reason", alarms.c.reason, postgresql_where=alarms.c.reason != "")
