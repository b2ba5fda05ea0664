"""The one ``MetaData`` and the two ways to declare a table: reference, or carrying its station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

REFERENCE = "reference"
STATION = "station"
STATION_CODE = "station_code"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def reference_table(name: str, *items: SchemaItem) -> Table:
    """Declare a table without stations, which every node of a distributed database holds whole."""
    return Table(name, metadata, *items, info={"kind": REFERENCE})


def station_table(name: str, *items: SchemaItem, derived: bool = False) -> Table:
    """Declare a table by station; its first column is ``station_code`` and belongs to the primary key.

    A ``derived`` table can be dropped and computed again from both journals.
    """
    first = Column(STATION_CODE, Text, primary_key=True)
    return Table(name, metadata, first, *items, info={"kind": STATION, "derived": derived})


def instant(name: str, **options: Any) -> Column[Any]:
    """Declare a point in time, always with its zone."""
    return Column(name, DateTime(timezone=True), **{"nullable": False, **options})


def money(name: str, **options: Any) -> Column[Any]:
    """Declare an amount in fen."""
    return Column(name, BigInteger, **{"nullable": False, **options})


def octets(name: str, **options: Any) -> Column[Any]:
    """Declare a byte string."""
    return Column(name, LargeBinary, **{"nullable": False, **options})
