"""A station's journals as HQ holds them, as one file with proof: what the station's own export is held against.

The same form as the station's (`station_journal.export`), read by the same stand-alone verifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from hq_server.db.dispute_tables import evidence_documents
from hq_server.db.journal_tables import journal_records, journal_seals
from hq_server.db.reference_tables import tariff_publications, tariffs
from hq_server.hq_journal.held import held_head
from hq_server.reference.stations import certificates
from hq_server.wording import RefusedError
from station_journal.export import ExportItem, SignedCertificate, SignedPosition, StoredRecord, export_chunks
from station_journal.seal import Position, countersign
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

ROWS_AT_ONCE = 1_000


def export_held(connection: Connection, key: Ed25519PrivateKey, station_code: str) -> Iterator[bytes]:
    """Write both journals with certificates, tariffs, evidence, seals and HQ's countersignature, chunk by chunk.

    ``key`` is HQ's: it signs for this export what HQ holds of the station's journal.

    Raises:
        RefusedError: nothing of the station is held yet.
    """
    head = held_head(connection, station_code, Side.STATION)
    if head is None:
        raise RefusedError(
            "not_held",
            f"总部还没有站点 {station_code} 的流水",
            f"HQ holds no journal of station {station_code} yet",
        )
    published, paper = tariff_publications.c, evidence_documents.c
    documents = (
        select(tariffs.c.document)
        .join(tariff_publications, published.tariff_hash == tariffs.c.tariff_hash)
        .where(published.station_code == station_code)
        .order_by(tariffs.c.tariff_hash)
    )
    evidence = select(paper.document).where(paper.station_code == station_code).order_by(paper.sha256)
    yield from export_chunks(
        key.public_key().public_bytes_raw(),
        _items(connection, key, station_code, head),
        connection.scalars(documents),
        connection.scalars(evidence),
    )


def _items(connection: Connection, key: Ed25519PrivateKey, station_code: str, head: Position) -> Iterator[ExportItem]:
    signed = certificates(connection, station_code)
    for side in Side:
        for one in signed:
            if one.side is side:
                yield SignedCertificate(one.read(), one.signature)
        yield from _records(connection, station_code, side)
    for side in Side:
        yield from _last_seals(connection, station_code, side)
    yield SignedPosition(Side.STATION, head, countersign(key, station_code, head), held=True)


def _records(connection: Connection, station_code: str, side: Side) -> Iterator[StoredRecord]:
    table, after = journal_records.c, 0
    query = select(table.epoch, table.seq, table.digest, table.data).where(
        table.station_code == station_code, table.side == side.value
    )
    while True:
        rows = connection.execute(query.where(table.seq > after).order_by(table.seq).limit(ROWS_AT_ONCE)).all()
        for row in rows:
            yield StoredRecord(side, row.epoch, row.seq, row.digest, row.data)
        if not rows:
            return
        after = rows[-1].seq


def _last_seals(connection: Connection, station_code: str, side: Side) -> Iterator[SignedPosition]:
    """Give the last seal of each epoch: it covers all before it."""
    seal, record = journal_seals.c, journal_records.c
    same = (seal.station_code == record.station_code) & (seal.side == record.side) & (seal.seq == record.seq)
    query = (
        select(record.epoch, record.seq, record.digest, seal.signature)
        .select_from(journal_seals.join(journal_records, same))
        .where(seal.station_code == station_code, seal.side == side.value)
        .ext(distinct_on(record.epoch))
        .order_by(record.epoch, record.seq.desc())
    )
    for row in connection.execute(query):
        yield SignedPosition(side, Position(row.epoch, row.seq, row.digest), row.signature)
