"""Storing frames: each in a transaction of its own, bytes first, whatever their content says.

A replayed frame changes nothing. A proved branch is frozen as a case with its bytes, and the station is told by an
alarm. A frame that is refused is kept too, with the reason, where its sender had proved to be the station.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.binary_rows import (
    bigint_cell,
    copy_rows,
    instant_cell,
    integer_cell,
    octets_cell,
    row_start,
    text_cell,
)
from hq_server.db.engine import raw_connection
from hq_server.db.journal_tables import branch_cases, refused_frames
from hq_server.hq_journal import WORK_CHANNEL, HeldJournal, raise_alarm
from hq_server.ingest.acceptance import Fate, HeldAround, Judgement, judge_frame
from station_journal.frame import FrameRefusedError, read_frame
from station_journal.records import AlarmCode, AlarmRaised
from station_journal.seal import Certificate, Position
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal
    from station_journal.frame import Frame

REFUSED_KEPT_MAX = 100
"""Refused frames kept of one station; a broken line shall not fill the disk."""
_RECORDS = "journal_records (station_code, side, epoch, stored_at, seq, data, digest)"
_RECORD_COLUMNS = 7
_LOCK_HEAD = """
    SELECT h.epoch, h.seq, h.digest, e.certificate
    FROM journal_heads h
    LEFT JOIN journal_epochs e ON e.station_code = h.station_code AND e.side = h.side AND e.epoch = h.epoch
    WHERE h.station_code = %s AND h.side = %s
    FOR UPDATE OF h
"""
_KEEP_SEAL = "INSERT INTO journal_seals (station_code, side, seq, signature) VALUES (%s, %s, %s, %s)"
_MOVE_HEAD = "UPDATE journal_heads SET seq = %s, digest = %s WHERE station_code = %s AND side = %s"
_TELL_WORK = "SELECT pg_notify(%s, '')"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that came in from a station."""

    station_code: str
    data: bytes
    now: datetime

    @property
    def name(self) -> bytes:
        """The hash that names the frame's bytes."""
        return hashlib.sha256(self.data).digest()


def take_frame(engine: Engine, journal: HqJournal, station_code: str, data: bytes, now: datetime) -> Judgement:
    """Judge and store one frame, durably when this returns; two of one station at once are taken one by one."""
    arrival = Arrival(station_code, data, now)
    try:
        frame = read_frame(data)
    except FrameRefusedError as error:
        judgement = Judgement(Fate.REFUSED, reason=str(error))
        with engine.begin() as connection:
            _keep_refused(connection, arrival, judgement.reason)
        return judgement
    with engine.begin() as connection:
        head, certificate = _locked_head(connection, station_code)
        if head is None:
            return Judgement(Fate.REFUSED, reason="the station is not approved")
        judgement = _judge_next(frame, head, certificate) or _judge(connection, station_code, frame, head)
        if judgement.fate is Fate.APPENDED:
            _append(connection, arrival, frame, judgement)
        elif judgement.fate is Fate.BRANCH:
            _freeze(connection, journal, arrival, frame, judgement, head)
        elif judgement.fate is Fate.REFUSED:
            _keep_refused(connection, arrival, judgement.reason)
        return judgement


def _locked_head(connection: Connection, station_code: str) -> tuple[Position | None, bytes | None]:
    """Give the head of a station's journal, and hold others off it, with the certificate of its epoch.

    An epoch that began while another held the head may have no certificate here yet.
    """
    with raw_connection(connection).cursor(binary=True) as cursor:
        cursor.execute(_LOCK_HEAD, (station_code, Side.STATION.value), prepare=True)
        row = cursor.fetchone()
    return (None, None) if row is None else (Position(*row[:3]), row[3])


def _judge_next(frame: Frame, head: Position, certificate: bytes | None) -> Judgement | None:
    """Judge a frame that goes on from the head, as nearly all do; None where more has to be looked at."""
    if certificate is None or (frame.epoch, frame.from_seq) != (head.epoch, head.seq + 1):
        return None
    judgement = judge_frame(frame, Certificate.from_bytes(certificate), HeldAround(head, head, ()))
    return judgement if judgement.fate is Fate.APPENDED else None


def _judge(connection: Connection, station_code: str, frame: Frame, head: Position) -> Judgement:
    held = HeldJournal.open(connection, station_code, Side.STATION)
    if frame.side is not Side.STATION:
        return judge_frame(frame, None, HeldAround(head, None, ()))
    if (frame.epoch, frame.from_seq) == (head.epoch, head.seq + 1):
        around = HeldAround(head, head, ())
    else:
        before = held.position_in_epoch(connection, frame.epoch, frame.from_seq - 1)
        around = HeldAround(head, before, _held_in_epoch(connection, held, frame))
    judgement = judge_frame(frame, held.certificate(frame.epoch), around)
    if judgement.fate is Fate.REFUSED:
        return _judge_on_branch(connection, station_code, frame, held, around) or judgement
    return judgement


def _held_in_epoch(connection: Connection, held: HeldJournal, frame: Frame) -> list[bytes]:
    following = held.certificate(frame.epoch + 1)
    last = frame.to_seq if following is None else min(frame.to_seq, following.prior_seq)
    return held.digests(connection, frame.from_seq, last)


def _judge_on_branch(
    connection: Connection, station_code: str, frame: Frame, held: HeldJournal, around: HeldAround
) -> Judgement | None:
    """Judge a frame that may continue a branch that was frozen before; None where it does not."""
    table = branch_cases.c
    query = select(table.to_digest).where(
        table.station_code == station_code, table.epoch == frame.epoch, table.to_seq == frame.from_seq - 1
    )
    for digest in connection.scalars(query):
        before = Position(frame.epoch, frame.from_seq - 1, digest)
        judgement = judge_frame(frame, held.certificate(frame.epoch), HeldAround(around.head, before, ()))
        if judgement.digests:
            reason = f"it continues the branch frozen up to record {before.seq}"
            return Judgement(Fate.BRANCH, judgement.digests, 0, frame.from_seq, reason)
    return None


def _append(connection: Connection, arrival: Arrival, frame: Frame, judgement: Judgement) -> None:
    side = Side.STATION.value
    raw = raw_connection(connection)
    with raw.cursor() as cursor:
        copy_rows(cursor, _RECORDS, _record_rows(arrival, frame, judgement))
        with raw.pipeline():  # the three go to the server together
            cursor.execute(_KEEP_SEAL, (arrival.station_code, side, frame.to_seq, frame.signature))
            cursor.execute(_MOVE_HEAD, (frame.to_seq, judgement.digests[-1], arrival.station_code, side))
            cursor.execute(_TELL_WORK, (WORK_CHANNEL,))


def _record_rows(arrival: Arrival, frame: Frame, judgement: Judgement) -> Iterator[bytes]:
    start = row_start(_RECORD_COLUMNS) + text_cell(arrival.station_code) + text_cell(Side.STATION.value)
    start += integer_cell(frame.epoch) + instant_cell(arrival.now)
    for i in range(judgement.new_from, len(frame.run)):
        yield b"".join(
            (start, bigint_cell(frame.from_seq + i), octets_cell(frame.run[i]), octets_cell(judgement.digests[i]))
        )


def _freeze(
    connection: Connection,
    journal: HqJournal,
    arrival: Arrival,
    frame: Frame,
    judgement: Judgement,
    head: Position,
) -> None:
    """Keep a branch as a case. Only the first frame of a branch raises an alarm; later ones continue it."""
    case = {
        "station_code": arrival.station_code,
        "frame_hash": arrival.name,
        "epoch": frame.epoch,
        "from_seq": frame.from_seq,
        "to_seq": frame.to_seq,
        "to_digest": judgement.digests[-1],
        "frame": arrival.data,
        "held_epoch": head.epoch,
        "held_seq": head.seq,
        "reason": judgement.reason,
        "received_at": arrival.now,
    }
    kept = insert(branch_cases).values(case).on_conflict_do_nothing().returning(branch_cases.c.epoch)
    if connection.scalar(kept) is None:
        return
    details = {"epoch": frame.epoch, "from_seq": frame.from_seq, "to_seq": frame.to_seq, "reason": judgement.reason}
    audit.note(connection, AuditTag.BRANCH_FROZEN, audit.SYSTEM_ACTOR, arrival.now, details, arrival.station_code)
    continues = judgement.new_from == 0 and judgement.reason.startswith("it continues")
    if not continues:
        finding = AlarmRaised(AlarmCode.STATION_FORKED, judgement.branch_seq, 0)
        raise_alarm(connection, journal, arrival.station_code, finding, arrival.now)


def _keep_refused(connection: Connection, arrival: Arrival, reason: str) -> None:
    table = refused_frames.c
    mine = select(table.frame_hash).where(table.station_code == arrival.station_code)
    if len(connection.execute(mine.limit(REFUSED_KEPT_MAX)).all()) >= REFUSED_KEPT_MAX:
        return
    row = {
        "station_code": arrival.station_code,
        "frame_hash": arrival.name,
        "frame": arrival.data,
        "reason": reason,
        "received_at": arrival.now,
    }
    kept = insert(refused_frames).values(row).on_conflict_do_nothing().returning(table.frame_hash)
    if connection.scalar(kept) is not None:
        details = {"reason": reason, "frame_hash": arrival.name.hex()}
        audit.note(connection, AuditTag.FRAME_REFUSED, audit.SYSTEM_ACTOR, arrival.now, details, arrival.station_code)
