"""Evidence that stations receive: each document belongs to one station, named by its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.dispute_tables import evidence_documents
from hq_server.wording import RefusedError
from station_journal.evidence_paper import EvidenceRefusedError, evidence_hash, read_evidence, write_evidence

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from station_journal.evidence_paper import EvidencePaper


def keep_evidence(connection: Connection, station_code: str, paper: EvidencePaper, by_no: int, now: datetime) -> bytes:
    """Keep a document for a station and give its hash; one that is here stays as it is.

    Raises:
        RefusedError: it has no title or content, or is larger than a station can be sent.
    """
    try:
        data = write_evidence(paper)
    except EvidenceRefusedError as error:
        raise RefusedError("evidence", f"证据不能用: {error}", f"the evidence cannot be used: {error}") from error
    named = evidence_hash(data)
    row = {"station_code": station_code, "sha256": named, "title": paper.title, "document": data}
    kept = insert(evidence_documents).values(**row, kept_by=by_no, kept_at=now)
    connection.execute(kept.on_conflict_do_nothing())
    return named


def evidence_document(connection: Connection, station_code: str, named: bytes) -> bytes | None:
    """Give the bytes of a station's evidence; nobody else's."""
    table = evidence_documents.c
    mine = (table.station_code == station_code) & (table.sha256 == named)
    return connection.scalar(select(table.document).where(mine))


def evidence_paper(connection: Connection, station_code: str, named: str) -> EvidencePaper:
    """Give a station's evidence, by its hash in hex, for people at HQ to read.

    Raises:
        RefusedError: there is none.
    """
    try:
        data = evidence_document(connection, station_code, bytes.fromhex(named))
    except ValueError:
        data = None
    if data is None:
        raise RefusedError("no_evidence", "没有这份证据", "there is no such evidence")
    return read_evidence(data)
