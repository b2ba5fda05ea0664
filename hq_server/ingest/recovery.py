"""Taking back from a station what a restored HQ had signed: its own records first, then the station's.

The station's copy of HQ's journal is proved by HQ's seal and by the chain from what HQ holds, or nothing of it is
taken. A record that is taken back is the one that was signed, so no number ever stands for two. What else HQ had noted
beside its records follows from them as far as they tell it: who was introduced, which alarms and tariffs were told,
which credit was granted. What no station was ever told is not there (`docs/operations.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.desk_tables import credit_purchases
from hq_server.db.journal_tables import (
    alarms,
    hq_recoveries,
    journal_heads,
    journal_records,
    journal_seals,
    journal_staff,
)
from hq_server.db.reference_tables import tariff_publications
from hq_server.hq_journal import WORK_CHANNEL, HeldJournal, held_head, recovery_of
from station_journal.codec import UnreadableRecordError, decode
from station_journal.frame import FrameRefusedError, read_frame, verify_frame
from station_journal.records import AlarmRaised, CreditGranted, StaffNamed, TariffPublished
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from station_journal.exchange import Hello
    from station_journal.frame import Frame
    from station_journal.records import Record
    from station_journal.seal import Position

RECOVERED = "总部由备份恢复, 据站点留存的总部记录补登"
"""Evidence of a purchase that is known from the grant alone: the slip that was entered with it is lost."""


def is_hqs(data: bytes) -> bool:
    """Tell whether a frame is of HQ's journal; damaged bytes are not."""
    try:
        return read_frame(data).side is Side.HQ
    except FrameRefusedError:
        return False


def take_back(engine: Engine, station_code: str, data: bytes, now: datetime) -> str:
    """Take back HQ's own records from a station, whole or not at all; gives a sentence where they were refused."""
    try:
        frame = read_frame(data)
        with engine.begin() as connection:
            head = held_head(connection, station_code, Side.HQ, lock=True)
            if head is None or recovery_of(connection, station_code) is None:
                return "HQ is not taking back records of its own from this station"
            if frame.to_seq <= head.seq:
                return ""  # a resend
            certificate = HeldJournal.open(connection, station_code, Side.HQ).certificate(frame.epoch)
            if certificate is None:
                return f"HQ never opened epoch {frame.epoch} of its journal"
            _append(connection, station_code, frame, verify_frame(frame, certificate, head), now)
    except FrameRefusedError as error:
        return str(error)
    return ""


def _append(connection: Connection, code: str, frame: Frame, digests: list[bytes], now: datetime) -> None:
    where = {"station_code": code, "side": Side.HQ.value}
    rows = [
        {**where, "seq": frame.from_seq + i, "epoch": frame.epoch, "data": data, "digest": digests[i], "stored_at": now}
        for i, data in enumerate(frame.run)
    ]
    connection.execute(insert(journal_records), rows)
    connection.execute(insert(journal_seals).values(**where, seq=frame.to_seq, signature=frame.signature))
    mine = (journal_heads.c.station_code == code) & (journal_heads.c.side == Side.HQ.value)
    connection.execute(update(journal_heads).where(mine).values(seq=frame.to_seq, digest=digests[-1]))
    for i, data in enumerate(frame.run):
        try:
            _note(connection, code, frame.from_seq + i, decode(data, Side.HQ))
        except UnreadableRecordError:
            continue  # kept as it is; posting stops there and says so


def _note(connection: Connection, code: str, hq_seq: int, record: Record) -> None:
    """Note beside a record what was noted when it was written; what is noted already stays."""
    table: Table
    row: dict[str, Any]
    match record.fact:
        case StaffNamed(staff_no):
            table, row = journal_staff, {"staff_no": staff_no}
        case AlarmRaised(alarm, station_seq, amount_fen):
            table, row = alarms, {"code": int(alarm), "station_seq": station_seq, "amount_fen": amount_fen}
            row |= {"raised_at": record.recorded_at}
        case TariffPublished(tariff_hash):
            table, row = tariff_publications, {"tariff_hash": tariff_hash}
        case CreditGranted(amount_fen, purchase_no, maker_no, approver_no):
            table, row = credit_purchases, {"amount_fen": amount_fen, "purchase_no": purchase_no, "state": "APPROVED"}
            row |= {"maker_no": maker_no, "approver_no": approver_no, "evidence": f"{RECOVERED} H{hq_seq}"}
            row |= {"entered_at": record.recorded_at, "decided_at": record.recorded_at}
        case _:
            return
    try:
        with connection.begin_nested():
            noted = insert(table).values(**row, station_code=code, hq_seq=hq_seq)
            connection.execute(noted.on_conflict_do_nothing())
    except IntegrityError:
        return  # such a note could not be made today; the record stands all the same


def end_if_whole(engine: Engine, hello: Hello, now: datetime) -> bool:
    """End the recovery from a station once HQ holds both journals as far as the station stated; True where it ended."""
    code, table = hello.station_code, hq_recoveries.c
    with engine.begin() as connection:
        hqs = held_head(connection, code, Side.HQ, lock=True)
        own = held_head(connection, code, Side.STATION)
        recovery = recovery_of(connection, code)
        if hqs is None or own is None or recovery is None:
            return recovery is None
        stated = ((Side.HQ, hqs, hello.hq), (Side.STATION, own, hello.station))
        if not all(_reaches(connection, code, *one) for one in stated):
            return False
        this = (table.station_code == code) & (table.recovery_no == recovery.recovery_no)
        ended = {"recovered_station_seq": own.seq, "recovered_hq_seq": hqs.seq, "ended_at": now}
        connection.execute(update(hq_recoveries).where(this).values(ended))
        details = {
            "station_records": own.seq - recovery.station_seq,
            "hq_records": hqs.seq - recovery.hq_seq,
            "cause": recovery.cause,
        }
        audit.note(connection, AuditTag.HQ_RECOVERED, audit.SYSTEM_ACTOR, now, details, code)
        connection.execute(text("SELECT pg_notify(:work, '')"), {"work": WORK_CHANNEL})
        return True


def _reaches(connection: Connection, code: str, side: Side, head: Position, stated: Position) -> bool:
    """Tell whether what HQ holds goes as far as a station stated, over the same records."""
    if stated.epoch != head.epoch or stated.seq > head.seq:
        return stated.epoch < head.epoch
    return HeldJournal.open(connection, code, side).is_ancestor(connection, stated)
