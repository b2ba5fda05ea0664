"""Enrolment of a station: a one-time code, a request made on the device, four eyes, and two certificates.

``code_proof`` is HMAC-SHA256 under the code over ``enrol``, station code and public key: whoever sends it knows
the code that HQ gave. ``hq_proof`` is HMAC-SHA256 under the code over ``hq``, HQ's key and the station's: whoever
answers it is the HQ that gave the code. The code itself is erased as soon as a request has proved that it knows it.

A replaced or restored machine enrols again: the next epoch of its journal continues what HQ holds, and the epoch before
is closed at that record.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_epochs, journal_heads
from hq_server.db.reference_tables import enrolments, stations
from hq_server.reference.hq_key import conceal, public_bytes, reveal
from hq_server.reference.staff import Deed
from hq_server.reference.stations import current_certificate, enter_station, station_profile
from hq_server.wording import RefusedError
from station_journal.seal import Certificate, sign_certificate
from station_journal.side import Side

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember
    from hq_server.reference.stations import StationProfile

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: the code is read out and typed."""
CODE_LENGTH = 12
CODE_LASTS = timedelta(days=7)
PUBLIC_KEY_BYTES = 32


class EnrolmentState(StrEnum):
    """How far an enrolment is."""

    CODE_ISSUED = "CODE_ISSUED"
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


_OPEN = (EnrolmentState.CODE_ISSUED.value, EnrolmentState.PENDING.value)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One issue of a code, and what became of it."""

    station_code: str
    issue_no: int
    epoch: int
    state: EnrolmentState
    maker_no: int
    approver_no: int | None
    code_expires_at: datetime


@dataclass(frozen=True, slots=True)
class StationOverview:
    """A line of the master file: who, how far the latest enrolment is, and when the station was last heard."""

    station_code: str
    name: str
    branch: str
    state: str
    epoch: int
    last_seen_at: datetime | None


def station_overview(connection: Connection) -> list[StationOverview]:
    """List all stations by code, each with its latest enrolment."""
    latest = (
        select(enrolments.c.station_code, enrolments.c.state, enrolments.c.epoch)
        .distinct(enrolments.c.station_code)
        .order_by(enrolments.c.station_code, enrolments.c.issue_no.desc())
        .subquery()
    )
    table = stations.c
    query = select(table.station_code, table.name, table.branch, latest.c.state, latest.c.epoch, table.last_seen_at)
    joined = stations.join(latest, latest.c.station_code == table.station_code)
    return [StationOverview(*row) for row in connection.execute(query.select_from(joined).order_by(table.station_code))]


def add_station(
    connection: Connection, key: Ed25519PrivateKey, by: StaffMember, profile: StationProfile, now: datetime
) -> str:
    """Enter a station in the master file and issue its one-time enrolment code, which is given back once.

    Raises:
        RefusedError: no right, the code has not the form of one, or is taken.
    """
    enter_station(connection, by, profile, now)
    return issue_code(connection, key, by, profile.station_code, now)


def issue_code(
    connection: Connection, key: Ed25519PrivateKey, by: StaffMember, station_code: str, now: datetime
) -> str:
    """Issue a one-time code for the next epoch of a station; an earlier code or request that is open is withdrawn.

    Raises:
        RefusedError: no right, or no such station.
    """
    by.require(Deed.ADD_STATION)
    station_profile(connection, station_code)
    connection.execute(select(stations.c.station_code).where(stations.c.station_code == station_code).with_for_update())
    theirs = enrolments.c.station_code == station_code
    connection.execute(
        update(enrolments)
        .where(theirs, enrolments.c.state.in_(_OPEN))
        .values(state=EnrolmentState.WITHDRAWN.value, code_sealed=None, decided_at=now)
    )
    issue_no = (connection.scalar(select(func.max(enrolments.c.issue_no)).where(theirs)) or 0) + 1
    mine = (journal_epochs.c.station_code == station_code) & (journal_epochs.c.side == Side.STATION.value)
    epoch = (connection.scalar(select(func.max(journal_epochs.c.epoch)).where(mine)) or 0) + 1
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    connection.execute(
        insert(enrolments).values(
            station_code=station_code,
            issue_no=issue_no,
            epoch=epoch,
            state=EnrolmentState.CODE_ISSUED.value,
            code_sealed=conceal(key, code.encode(), f"{station_code}/{issue_no}"),
            code_expires_at=now + CODE_LASTS,
            maker_no=by.staff_no,
            created_at=now,
        )
    )
    details = {"issue_no": issue_no, "epoch": epoch}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.ENROLMENT_CODE_ISSUED, actor, now, details, station_code)
    return code


def code_proof(code: str, station_code: str, public_key: bytes) -> bytes:
    """Prove, as the station, knowledge of the code for this key."""
    return hmac.new(code.encode(), b"enrol" + station_code.encode() + public_key, hashlib.sha256).digest()


def hq_proof(code: str, hq_public_key: bytes, public_key: bytes) -> bytes:
    """Prove, as HQ, knowledge of the code for this pair of keys."""
    return hmac.new(code.encode(), b"hq" + hq_public_key + public_key, hashlib.sha256).digest()


_NOT_ENROLLING = (
    "enrolment",
    "开通码不对、已用过或已过期, 请向上级索取新的开通码",
    "the enrolment code is wrong, used or expired: ask HQ for a new one",
)


def request_enrolment(
    connection: Connection, key: Ed25519PrivateKey, station_code: str, proof: bytes, public_key: bytes, now: datetime
) -> None:
    """Take a station's request; the same request again changes nothing, so a cut connection loses nothing.

    Raises:
        RefusedError: the code is not known to the sender, was used for another key, or has expired.
    """
    query = select(enrolments).where(enrolments.c.station_code == station_code, enrolments.c.state.in_(_OPEN))
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        if enrolment_of_proof(connection, station_code, proof) is not None:
            return
        raise RefusedError(*_NOT_ENROLLING)
    if row.state == EnrolmentState.PENDING.value:
        if not hmac.compare_digest(row.code_proof, proof) or row.public_key != public_key:
            raise RefusedError(*_NOT_ENROLLING)
        return
    code = reveal(key, row.code_sealed, f"{station_code}/{row.issue_no}").decode()
    known = hmac.compare_digest(proof, code_proof(code, station_code, public_key))
    if not known or row.code_expires_at < now or len(public_key) != PUBLIC_KEY_BYTES:
        raise RefusedError(*_NOT_ENROLLING)
    connection.execute(
        update(enrolments)
        .where(enrolments.c.station_code == station_code, enrolments.c.issue_no == row.issue_no)
        .values(
            state=EnrolmentState.PENDING.value,
            code_sealed=None,
            code_proof=proof,
            public_key=public_key,
            hq_proof=hq_proof(code, public_bytes(key), public_key),
            requested_at=now,
        )
    )
    details = {"issue_no": row.issue_no, "public_key": public_key.hex()}
    audit.note(connection, AuditTag.ENROLMENT_REQUESTED, "station", now, details, station_code)


def enrolment_of_proof(connection: Connection, station_code: str, proof: bytes) -> Row[Any] | None:
    """Find the enrolment that was requested with a proof; the proof is known to the station and HQ alone."""
    query = select(enrolments).where(enrolments.c.station_code == station_code, enrolments.c.code_proof == proof)
    return connection.execute(query.order_by(enrolments.c.issue_no.desc()).limit(1)).one_or_none()


def approve(
    connection: Connection, key: Ed25519PrivateKey, by: StaffMember, station_code: str, now: datetime
) -> Certificate:
    """Approve, as a second person, the pending request of a station, and open its journals.

    Of two approvers at once one wins. The station's next epoch continues what HQ holds; HQ's own journal for the
    station is opened with the first.

    Raises:
        RefusedError: no right, nothing is pending, or the approver issued the code.
    """
    by.require(Deed.APPROVE_STATION)
    _refuse_own_work(connection, by, station_code)
    mine = enrolments.c.station_code == station_code
    row = connection.execute(
        update(enrolments)
        .where(mine, enrolments.c.state == EnrolmentState.PENDING.value, enrolments.c.maker_no != by.staff_no)
        .values(state=EnrolmentState.APPROVED.value, approver_no=by.staff_no, decided_at=now)
        .returning(enrolments.c.epoch, enrolments.c.public_key, enrolments.c.issue_no)
    ).one_or_none()
    if row is None:
        raise RefusedError(
            "nothing_pending",
            f"站点 {station_code} 没有待审批的开通申请",
            f"station {station_code} has no request waiting for approval",
        )
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.ENROLMENT_APPROVED, actor, now, {"issue_no": row.issue_no}, station_code)
    certificate = _open_epoch(connection, key, Side.STATION, station_code, row.public_key, now)
    if current_certificate(connection, station_code, Side.HQ) is None:
        _open_epoch(connection, key, Side.HQ, station_code, public_bytes(key), now)
    return certificate


def refuse(connection: Connection, by: StaffMember, station_code: str, now: datetime) -> None:
    """Refuse the pending request of a station; it takes a new code to ask again.

    Raises:
        RefusedError: no right, or nothing is pending.
    """
    by.require(Deed.APPROVE_STATION)
    mine = enrolments.c.station_code == station_code
    done = connection.execute(
        update(enrolments)
        .where(mine, enrolments.c.state == EnrolmentState.PENDING.value)
        .values(state=EnrolmentState.REFUSED.value, decided_at=now)
    )
    if done.rowcount != 1:
        raise RefusedError(
            "nothing_pending",
            f"站点 {station_code} 没有待审批的开通申请",
            f"station {station_code} has no request waiting for approval",
        )
    audit.note(connection, AuditTag.ENROLMENT_REFUSED, audit.staff_actor(by.staff_no), now, {}, station_code)


def _refuse_own_work(connection: Connection, by: StaffMember, station_code: str) -> None:
    query = select(enrolments.c.maker_no).where(
        enrolments.c.station_code == station_code, enrolments.c.state == EnrolmentState.PENDING.value
    )
    if connection.scalar(query) == by.staff_no:
        raise RefusedError(
            "four_eyes",
            "发放开通码的人不能审批, 须由另一人审批",
            "whoever issued the code cannot approve: it takes a second person",
        )


def _open_epoch(
    connection: Connection, key: Ed25519PrivateKey, side: Side, station_code: str, public_key: bytes, now: datetime
) -> Certificate:
    """Open the next epoch of a journal on the held head, under its lock, and close the one before."""
    theirs = (journal_heads.c.station_code == station_code) & (journal_heads.c.side == side.value)
    head = connection.execute(select(journal_heads).where(theirs).with_for_update()).one_or_none()
    epoch = 1 if head is None else head.epoch + 1
    prior = (0, b"") if head is None else (head.seq, head.digest)
    certificate = Certificate(side, station_code, epoch, public_key, *prior)
    start = certificate.start()
    where = {"station_code": station_code, "side": side.value}
    if head is not None:
        connection.execute(
            update(journal_epochs)
            .where(journal_epochs.c.station_code == station_code, journal_epochs.c.side == side.value)
            .where(journal_epochs.c.epoch == head.epoch)
            .values(closed_at=now)
        )
        connection.execute(update(journal_heads).where(theirs).values(epoch=epoch, digest=start.digest))
    else:
        connection.execute(insert(journal_heads).values(**where, **start._asdict()))
    connection.execute(
        insert(journal_epochs).values(
            **where,
            epoch=epoch,
            certificate=certificate.to_bytes(),
            signature=sign_certificate(key, certificate),
            opened_at=now,
        )
    )
    details = {"side": side.value, "epoch": epoch, "prior_seq": certificate.prior_seq}
    audit.note(connection, AuditTag.EPOCH_OPENED, audit.SYSTEM_ACTOR, now, details, station_code)
    return certificate
