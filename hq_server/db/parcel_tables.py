"""Tables of couriers and their manifests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Integer, Text

from hq_server.db.metadata import instant, money, octets, reference_table, station_table

couriers = reference_table(
    "couriers",
    Column("courier_no", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    # Argon2id; empty where the courier signs on paper only.
    Column("pin_hash", Text, nullable=False),
    instant("named_at"),
)

courier_tellings = station_table(
    "courier_tellings",
    # What a station was last told of a courier.
    Column("courier_no", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("pin_hash", Text, nullable=False),
)

parcel_manifests = station_table(
    "parcel_manifests",
    Column("manifest_no", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("courier_no", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("line_count", Integer, nullable=False),
    money("cod_fen"),
    Column("imported_by", Integer, nullable=False),
    instant("imported_at"),
    Column("hq_seq", BigInteger, nullable=False),
)

parcel_lines = station_table(
    "parcel_lines",
    # An item is announced to a station once.
    Column("waybill", Text, primary_key=True),
    Column("manifest_no", Text, nullable=False),
)

parcel_contacts = station_table(
    "parcel_contacts",
    # Names and phones; erased when they are not needed any more, while the manifest stands.
    octets("contacts_hash", primary_key=True),
    octets("document"),
    instant("stored_at"),
)
