"""The master file of stations, their certificates, and what each said last of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_epochs
from hq_server.db.reference_tables import stations
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.seal import Certificate
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember

FIRST_HQ_KINDS = range(64, 72)
"""Kinds of HQ records that every station reads from its first version on."""
_STATION_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,18}[A-Z0-9]")


@dataclass(frozen=True, slots=True)
class StationProfile:
    """What paper and lists say of a station. The code is its own for life."""

    station_code: str
    name: str
    branch: str
    address: str
    complaint_line: str


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate's bytes with HQ's signature, and from when to when its epoch was written."""

    side: Side
    epoch: int
    certificate: bytes
    signature: bytes
    closed: bool

    def read(self) -> Certificate:
        """Read the certificate."""
        return Certificate.from_bytes(self.certificate)


def enter_station(connection: Connection, by: StaffMember, profile: StationProfile, now: datetime) -> None:
    """Enter a station in the master file; its code is its own for life.

    Raises:
        RefusedError: no right, the code has not the form of one, or is taken.
    """
    by.require(Deed.ADD_STATION)
    if not _STATION_CODE.fullmatch(profile.station_code):
        raise RefusedError(
            "station_code",
            "站点代码为 4 至 20 位大写字母、数字或连字符",
            "a station code has 4 to 20 capital letters, digits or hyphens",
        )
    if not profile.name.strip() or not profile.branch.strip():
        raise RefusedError("profile", "站点名称和所属支局不能为空", "the station's name and branch are not empty")
    row = {
        "station_code": profile.station_code,
        "name": profile.name,
        "branch": profile.branch,
        "address": profile.address,
        "complaint_line": profile.complaint_line,
        "created_at": now,
        "maker_no": by.staff_no,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(stations).values(row))
    except IntegrityError as error:
        raise RefusedError(
            "taken", f"站点 {profile.station_code} 已存在", f"station {profile.station_code} exists already"
        ) from error
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.STATION_ADDED, actor, now, {"name": profile.name}, profile.station_code)


def station_profile(connection: Connection, station_code: str) -> StationProfile:
    """Give a station's entry in the master file.

    Raises:
        RefusedError: there is no such station.
    """
    table = stations.c
    query = select(table.station_code, table.name, table.branch, table.address, table.complaint_line)
    row = connection.execute(query.where(table.station_code == station_code)).one_or_none()
    if row is None:
        raise RefusedError("unknown_station", f"没有站点 {station_code}", f"there is no station {station_code}")
    return StationProfile(*row)


def station_codes(connection: Connection) -> list[str]:
    """List all station codes in order."""
    return list(connection.scalars(select(stations.c.station_code).order_by(stations.c.station_code)))


_CERTIFICATES = (
    select(journal_epochs)
    .where(journal_epochs.c.station_code == bindparam("code"))
    .order_by(journal_epochs.c.side.desc(), journal_epochs.c.epoch)
)


def certificates(connection: Connection, station_code: str) -> list[SignedCertificate]:
    """List the certificates of both journals of a station, by side and epoch."""
    return [_signed(row) for row in connection.execute(_CERTIFICATES, {"code": station_code})]


def current_certificate(connection: Connection, station_code: str, side: Side) -> SignedCertificate | None:
    """Give the certificate of the epoch that is being written; None before the station is approved."""
    table = journal_epochs.c
    query = select(journal_epochs).where(table.station_code == station_code, table.side == side.value)
    row = connection.execute(query.order_by(table.epoch.desc()).limit(1)).one_or_none()
    return None if row is None else _signed(row)


def _signed(row: Row[Any]) -> SignedCertificate:
    return SignedCertificate(Side(row.side), row.epoch, row.certificate, row.signature, row.closed_at is not None)


def remember_hello(connection: Connection, station_code: str, hq_kinds: Sequence[int], now: datetime) -> None:
    """Keep when a station was last heard and which kinds of HQ records it reads."""
    connection.execute(
        update(stations)
        .where(stations.c.station_code == station_code)
        .values(hq_kinds=sorted(set(hq_kinds)), last_seen_at=now)
    )


def readable_hq_kinds(connection: Connection, station_code: str) -> frozenset[int]:
    """Give the kinds of HQ records that a station said it reads; those of the first version before it said anything."""
    kinds = connection.scalar(select(stations.c.hq_kinds).where(stations.c.station_code == station_code))
    return frozenset(kinds or FIRST_HQ_KINDS)
