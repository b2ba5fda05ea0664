"""Lists of goods as published: documents that any station may ask for by their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server.db.distribution_tables import goods_lists

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def goods_document(connection: Connection, named: bytes) -> bytes | None:
    """Give the bytes of a published list."""
    return connection.scalar(select(goods_lists.c.document).where(goods_lists.c.list_hash == named))


def keep_goods(
    connection: Connection, named: bytes, version: str, document: bytes, publisher_no: int, now: datetime
) -> None:
    """Keep a list under its hash; one that is here stays as it is."""
    if goods_document(connection, named) is None:
        row = {"list_hash": named, "version": version, "document": document}
        connection.execute(insert(goods_lists).values(**row, published_at=now, publisher_no=publisher_no))
