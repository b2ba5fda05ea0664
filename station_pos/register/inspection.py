"""Looking at a station's books without changing them: verify, compare projections, export with proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.contacts import are_contacts
from station_journal.evidence_paper import is_evidence
from station_journal.export import (
    ExportItem,
    SignedCertificate,
    SignedPosition,
    StoredRecord,
    export_chunks,
)
from station_journal.goods_list import are_goods
from station_journal.lead_contact import is_lead_contact
from station_journal.seal import Position, SealRefusedError, seal, verify_certificate, verify_countersignature
from station_journal.side import Side
from station_pos.register.epochs import hq_public_key
from station_pos.store import journal, rebuild, reference
from station_pos.store.database import rows
from station_pos.store.journal import Fault
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from station_pos.store.database import Database


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of both journals found: records in each, how far HQ's signature reaches, and the faults."""

    station_records: int
    hq_records: int
    held_seq: int
    head: bytes
    faults: tuple[Fault, ...]


def verify(database: Database) -> Verified:
    """Check both journals whole: numbers, digests, certificates, HQ's countersignature, every record readable."""
    with database.reading() as connection:
        found = [*journal.faults(connection, Side.STATION), *journal.faults(connection, Side.HQ)]
        found += _signature_faults(connection)
        heads = {side: journal.head(connection, side) or Position(0, 0, b"") for side in Side}
        known = journal.acknowledgement(connection)
        counts = dict(rows(connection, "SELECT side, count(*) FROM journal GROUP BY side"))
    return Verified(
        counts.get("S", 0), counts.get("H", 0), known.held.seq if known else 0, heads[Side.STATION].digest, tuple(found)
    )


def _signature_faults(connection: Connection) -> Iterator[Fault]:
    """Check HQ's signatures: on the certificates, and on what it said it holds."""
    public_key = hq_public_key(connection)
    for side in Side:
        for certificate, signature in journal.certificates(connection, side):
            try:
                verify_certificate(public_key, signature, certificate)
            except SealRefusedError as error:
                what = either(f"第 {certificate.epoch} 期的证书不对: {error}", f"epoch {certificate.epoch}: {error}")
                yield Fault(side, certificate.prior_seq + 1, "", what)
    known = journal.acknowledgement(connection)
    if known is None:
        return
    held = known.held
    own = journal.entry(connection, Side.STATION, held.seq)
    found = journal.certificate(connection, Side.STATION, held.epoch)
    at_start = found is not None and found[0].start() == held
    if not at_start and (own is None or own.digest != held.digest):
        what = either(
            "总部签收的是另一条记录, 或这里没有的记录",
            "HQ signed that it holds another record, or one that is missing here",
        )
        yield Fault(Side.STATION, held.seq, "", what)
        return
    try:
        code = reference.setting(connection, "station_code").decode()
        verify_countersignature(public_key, known.signature, code, held)
    except SealRefusedError as error:
        yield Fault(Side.STATION, held.seq, "", either(f"总部的签收不对: {error}", str(error)))


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether the projections at hand are what the journals say; ``differing`` names the tables that are not."""

    differing: tuple[str, ...]
    blocked: str


def compare(database: Database) -> Compared:
    """Derive every projection again beside those at hand and compare them; nothing is changed."""

    class _Undo(Exception):  # noqa: N818  leaves the transaction without keeping anything
        pass

    result = Compared((), "")
    try:
        with database.transaction() as connection:
            before = rebuild.snapshot(connection)
            marker = rebuild.rebuild(connection, reference.Tariffs().over(connection))
            after = rebuild.snapshot(connection)
            differing = tuple(table for table, kept in after.items() if before.get(table) != kept)
            result = Compared(differing, marker.blocked_reason)
            raise _Undo  # noqa: TRY301
    except _Undo:
        return result


def export(database: Database, key: Ed25519PrivateKey) -> Iterator[bytes]:
    """Write both journals with certificates, tariffs, evidence, seals and HQ's countersignature, chunk by chunk.

    The station's head is sealed with ``key`` for this export.
    """
    with database.reading() as connection:
        code = reference.setting(connection, "station_code").decode()
        documents = [data for (data,) in rows(connection, "SELECT data FROM documents ORDER BY hash")]
        # Names and phones of people are kept for days only: a file that stays must not carry them.
        left_out = (are_contacts, is_lead_contact, are_goods, is_evidence)
        tariffs = [data for data in documents if not any(is_one(data) for is_one in left_out)]
        evidence = [data for data in documents if is_evidence(data)]
        yield from export_chunks(hq_public_key(connection), _items(connection, key, code), tariffs, evidence)


def _items(connection: Connection, key: Ed25519PrivateKey, code: str) -> Iterator[ExportItem]:
    for side in Side:
        for certificate, signature in journal.certificates(connection, side):
            yield SignedCertificate(certificate, signature)
        for entry in journal.entries(connection, side):
            yield StoredRecord(side, entry.epoch, entry.seq, entry.digest, entry.data)
    head = journal.head(connection, Side.STATION)
    if head is not None and head.seq:
        yield SignedPosition(Side.STATION, head, seal(key, Side.STATION, code, head))
    for position, signature in journal.seals(connection, Side.HQ):
        yield SignedPosition(Side.HQ, position, signature)
    known = journal.acknowledgement(connection)
    if known is not None:
        yield SignedPosition(Side.STATION, known.held, known.signature, held=True)
