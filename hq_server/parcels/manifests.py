"""Taking in a courier's manifest and announcing it to its station, in one transaction: whole, and once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.parcel_tables import parcel_lines, parcel_manifests
from hq_server.parcels.manifest_file import parse_manifest, refused
from hq_server.reference.couriers import erase_contacts, find_courier, keep_contacts, untold
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.contacts import write_contacts
from station_journal.facts.parcels import ManifestAnnounced
from station_journal.records import Actor, ActorKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal
    from hq_server.parcels.manifest_file import ManifestFile
    from hq_server.reference.staff import StaffMember

CONTACT_DAYS_LEAST = 30
"""Security-check data are kept so long by the local rules (domain rule 4.5)."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A manifest that was taken in; ``hq_seq`` is the record that tells the station."""

    station_code: str
    manifest_no: str
    line_count: int
    cod_fen: int
    hq_seq: int


def import_manifest(engine: Engine, journal: HqJournal, by: StaffMember, content: bytes, now: datetime) -> Announced:
    """Take in a manifest file and announce it.

    Raises:
        RefusedError: the file is not whole, was taken before, names nobody known, or announces an item a second time.
            Nothing of it takes effect; the refusal is on HQ's audit trail.
    """
    by.require(Deed.ANNOUNCE_MANIFEST)
    try:
        file = parse_manifest(content)
        with engine.begin() as connection:
            return _announce(connection, journal, by, file, now)
    except RefusedError as error:
        details = {"reason": error.sentence.en}
        with engine.begin() as connection:
            audit.note(connection, AuditTag.MANIFEST_REFUSED, audit.staff_actor(by.staff_no), now, details)
        raise


def forget_contacts(connection: Connection, by: StaffMember, keep_days: int, now: datetime) -> int:
    """Erase names and phones of manifests that came more than ``keep_days`` ago; gives how many manifests lost theirs.

    Stations erase theirs by themselves, once nothing of a manifest is on their shelves.

    Raises:
        RefusedError: no right, or less than ``CONTACT_DAYS_LEAST`` days.
    """
    by.require(Deed.ANNOUNCE_MANIFEST)
    if keep_days < CONTACT_DAYS_LEAST:
        days = CONTACT_DAYS_LEAST
        raise RefusedError("contact_days", f"姓名电话至少保存 {days} 天", f"contacts are kept for {days} days at least")
    erased = erase_contacts(connection, now - timedelta(days=keep_days))
    details = {"keep_days": keep_days, "manifests": erased}
    audit.note(connection, AuditTag.PARCEL_CONTACTS_ERASED, audit.staff_actor(by.staff_no), now, details)
    return erased


def _announce(
    connection: Connection, journal: HqJournal, by: StaffMember, file: ManifestFile, now: datetime
) -> Announced:
    code = file.station_code
    _refuse_second_time(connection, file)
    courier = find_courier(connection, file.courier_no)
    if courier is None or courier.company != file.company:
        raise refused(
            f"{file.company} 没有 {file.courier_no} 号投递员", f"{file.company} has no courier {file.courier_no}"
        )
    named = keep_contacts(connection, code, write_contacts(file.manifest_no, file.contacts), now)
    announced = ManifestAnnounced(file.manifest_no, file.courier_no, named, file.lines)
    actor = Actor(ActorKind.PERSON, by.staff_no)
    seqs = journal.append(connection, code, [*untold(connection, code, courier), announced], actor, now)
    connection.execute(
        insert(parcel_manifests).values(
            station_code=code,
            manifest_no=file.manifest_no,
            sha256=file.sha256,
            company=file.company,
            courier_no=file.courier_no,
            day=file.day,
            line_count=len(file.lines),
            cod_fen=file.cod_fen,
            imported_by=by.staff_no,
            imported_at=now,
            hq_seq=seqs[-1],
        )
    )
    rows = [{"station_code": code, "waybill": line.waybill, "manifest_no": file.manifest_no} for line in file.lines]
    connection.execute(insert(parcel_lines), rows)
    details = {"manifest_no": file.manifest_no, "sha256": file.sha256, "lines": len(file.lines)}
    audit.note(connection, AuditTag.MANIFEST_ANNOUNCED, audit.staff_actor(by.staff_no), now, details, code)
    return Announced(code, file.manifest_no, len(file.lines), file.cod_fen, seqs[-1])


def _refuse_second_time(connection: Connection, file: ManifestFile) -> None:
    table = parcel_manifests.c
    same = select(table.sha256).where(table.station_code == file.station_code, table.manifest_no == file.manifest_no)
    known = connection.scalar(same)
    if known == file.sha256:
        raise refused("这份文件已经收过", "this very file was taken before")
    if known is not None:
        raise refused(
            f"预报单号 {file.manifest_no} 已经用过, 内容不同", f"number {file.manifest_no} was used with other content"
        )
    lines = parcel_lines.c
    waybills = [line.waybill for line in file.lines]
    query = select(lines.waybill, lines.manifest_no).where(
        lines.station_code == file.station_code, lines.waybill.in_(waybills)
    )
    row = connection.execute(query.order_by(lines.waybill).limit(1)).one_or_none()
    if row is not None:
        raise refused(
            f"运单号 {row.waybill} 已在预报单 {row.manifest_no} 里",
            f"waybill {row.waybill} is in manifest {row.manifest_no}",
        )
