"""Pouches of cash at the branch: one person counts or packs, a second approves, and the station hears of it.

A pouch is known by its label, once in each direction. What a station sealed is received against its own record; what
the branch sends is announced whole in one record before it travels (docs/adr/0018).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.cash_tables import cash_pouches
from hq_server.db.ledger_tables import subjects
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.hq_journal import held_head
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.cash import NOTE_FACES_FEN, NoteLine, PouchReceived, PouchSent, notes_fen
from station_journal.records import Actor, ActorKind
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch, PouchState
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

AMOUNT_MAX_FEN = 1_000_000_000
_LABEL_MAX = 32
_PIECES_MAX = 99_999


class Direction(StrEnum):
    """Which way a pouch goes."""

    RECEIVED = "RECEIVED"
    SENT = "SENT"


class EntryState(StrEnum):
    """How far an entry is."""

    ENTERED = "ENTERED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class PouchEntry:
    """What the desk entered about a pouch, numbered per station without a gap.

    ``amount_fen`` is what was counted in a pouch received, or packed into one sent; ``faces_fen`` and ``pieces`` are
    the notes of one sent.
    """

    station_code: str
    entry_no: int
    direction: Direction
    label: str
    amount_fen: int
    faces_fen: list[int]
    pieces: list[int]
    coins_fen: int
    state: EntryState
    maker_no: int
    approver_no: int | None
    entered_at: datetime
    decided_at: datetime | None
    refusal: str
    hq_seq: int | None


_COLUMNS = [cash_pouches.c[field.name] for field in fields(PouchEntry)]
FOUR_EYES = FourEyes(
    desk="pouch",
    table=cash_pouches,
    approve=Deed.APPROVE_CASH,
    item=("entry_no", "label"),
    amount="amount_fen",
    open_state=EntryState.ENTERED.value,
    made_at="entered_at",
    decided_zh="该笔封袋录入已处理过",
    decided_en="this pouch entry was decided before",
)


def _entry(row: Row[Any]) -> PouchEntry:
    values = {field.name: getattr(row, field.name) for field in fields(PouchEntry)}
    return PouchEntry(**{**values, "direction": Direction(row.direction), "state": EntryState(row.state)})


def enter_received(
    connection: Connection, by: StaffMember, station_code: str, label: str, counted_fen: int, now: datetime
) -> PouchEntry:
    """Enter what was counted in a pouch that a station sealed; nothing moves before a second person approves.

    Raises:
        RefusedError: no right, no such pouch under way, entered before, or an amount that no pouch holds.
    """
    by.require(Deed.ENTER_CASH)
    _lock(connection, station_code)
    pouch = outgoing(connection, station_code, label)
    if pouch is None or pouch.state is not PouchState.UNDER_WAY:
        raise RefusedError(
            "pouch",
            f"站点 {station_code} 没有在途封袋 {label}",
            f"station {station_code} has no pouch {label} under way",
        )
    if not 0 <= counted_fen <= AMOUNT_MAX_FEN:
        raise _amount()
    return _insert(connection, by, station_code, Direction.RECEIVED, label, (counted_fen, (), 0), now)


def enter_sent(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    label: str,
    cash: tuple[Sequence[NoteLine], int],
    now: datetime,
) -> PouchEntry:
    """Enter a pouch packed for a station: its notes and coins in fen; it travels once a second person approved.

    Raises:
        RefusedError: no right, a label used before or of no form, or cash that no pouch holds.
    """
    by.require(Deed.ENTER_CASH)
    _lock(connection, station_code)
    notes, coins_fen = cash
    if not 0 < len(label) <= _LABEL_MAX or not all("!" <= character <= "~" for character in label):
        raise RefusedError("label", "封袋号只能是字母和数字", "a pouch number has letters and figures only")
    if _subject(connection, station_code, IncomingPouch, label) or outgoing(connection, station_code, label):
        raise RefusedError("label", f"封袋号 {label} 已用过", f"pouch {label} is used already")
    amount_fen = notes_fen(notes, coins_fen)
    right = all(line.face_fen in NOTE_FACES_FEN and 0 < line.pieces <= _PIECES_MAX for line in notes)
    if not right or coins_fen < 0 or not 0 < amount_fen <= AMOUNT_MAX_FEN:
        raise _amount()
    return _insert(connection, by, station_code, Direction.SENT, label, (amount_fen, notes, coins_fen), now)


def _amount() -> RefusedError:
    return RefusedError("amount", "金额或张数不对", "an amount or a number of notes is wrong")


def _lock(connection: Connection, station_code: str) -> None:
    """Hold the station's head, which makes entry numbers dense and labels single."""
    if held_head(connection, station_code, Side.HQ, lock=True) is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )


def _subject(
    connection: Connection, station_code: str, kind: type[OutgoingPouch | IncomingPouch], label: str
) -> OutgoingPouch | IncomingPouch | None:
    mine = (subjects.c.station_code == station_code) & (subjects.c.kind == kind.SUBJECT) & (subjects.c.key == label)
    data = connection.scalar(select(subjects.c.data).where(mine))
    return None if data is None else from_row_bytes(kind, data)


def outgoing(connection: Connection, station_code: str, label: str) -> OutgoingPouch | None:
    """Find a pouch that a station sealed, as posted."""
    found = _subject(connection, station_code, OutgoingPouch, label)
    return found if isinstance(found, OutgoingPouch) else None


def under_way(connection: Connection, station_code: str | None = None) -> list[tuple[str, OutgoingPouch]]:
    """List pouches that stations sealed and the branch has not received, by station and label."""
    table = subjects.c
    query = select(table.station_code, table.data).where(
        table.kind == OutgoingPouch.SUBJECT, table.state == int(PouchState.UNDER_WAY)
    )
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    rows = connection.execute(query.order_by(table.station_code, table.key))
    return [(code, from_row_bytes(OutgoingPouch, data)) for code, data in rows]


def _insert(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    direction: Direction,
    label: str,
    cash: tuple[int, Sequence[NoteLine], int],
    now: datetime,
) -> PouchEntry:
    amount_fen, notes, coins_fen = cash
    table = cash_pouches.c
    again = connection.scalar(
        select(func.count())
        .select_from(cash_pouches)
        .where(
            table.station_code == station_code,
            table.direction == direction.value,
            table.label == label,
            table.state.in_([EntryState.ENTERED.value, EntryState.APPROVED.value]),
        )
    )
    if again:
        raise RefusedError("twice", f"封袋 {label} 已录入过", f"pouch {label} was entered before")
    last = connection.scalar(select(func.max(table.entry_no)).where(table.station_code == station_code))
    row = connection.execute(
        insert(cash_pouches)
        .values(
            station_code=station_code,
            entry_no=(last or 0) + 1,
            direction=direction.value,
            label=label,
            amount_fen=amount_fen,
            faces_fen=[line.face_fen for line in notes],
            pieces=[line.pieces for line in notes],
            coins_fen=coins_fen,
            state=EntryState.ENTERED.value,
            maker_no=by.staff_no,
            entered_at=now,
        )
        .returning(*_COLUMNS)
    ).one()
    entry = _entry(row)
    details = {"entry_no": entry.entry_no, "label": label, "amount_fen": amount_fen, "direction": direction.value}
    audit.note(connection, AuditTag.POUCH_ENTERED, audit.staff_actor(by.staff_no), now, details, station_code)
    return entry


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, entry_no: int, now: datetime
) -> PouchEntry:
    """Approve an entry as a second person, and tell the station in the same transaction.

    Raises:
        RefusedError: no right, the same person entered it, it was decided before, or the station took the pouch back.
    """
    _lock(connection, station_code)
    entry = _open_entry(connection, by, station_code, entry_no)
    if entry.direction is Direction.RECEIVED:
        pouch = outgoing(connection, station_code, entry.label)
        if pouch is None or pouch.state is not PouchState.UNDER_WAY:
            raise RefusedError("pouch", f"封袋 {entry.label} 已不在途", f"pouch {entry.label} is no longer under way")
        fact: PouchReceived | PouchSent = PouchReceived(entry.label, entry.amount_fen, entry.maker_no, by.staff_no)
    else:
        notes = tuple(NoteLine(*line) for line in zip(entry.faces_fen, entry.pieces, strict=True))
        fact = PouchSent(entry.label, notes, entry.coins_fen, entry.maker_no, by.staff_no)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    this = _this(station_code, entry_no)
    decided = _entry(FOUR_EYES.decide(connection, by, this, EntryState.APPROVED.value, now, hq_seq=seq))
    details = {"entry_no": entry_no, "label": entry.label, "amount_fen": entry.amount_fen, "hq_seq": seq}
    audit.note(connection, AuditTag.POUCH_APPROVED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def refuse(
    connection: Connection, by: StaffMember, station_code: str, entry_no: int, refusal: str, now: datetime
) -> PouchEntry:
    """Refuse an entry as a second person, with the reason; the pouch can be entered again.

    Raises:
        RefusedError: no right, no reason, the same person entered it, or it was decided before.
    """
    by.require(Deed.APPROVE_CASH)
    reason = refusal_reason(refusal)
    entry = _open_entry(connection, by, station_code, entry_no)
    this = _this(station_code, entry_no)
    decided = _entry(FOUR_EYES.decide(connection, by, this, EntryState.REFUSED.value, now, refusal=reason))
    details = {"entry_no": entry_no, "label": entry.label, "refusal": reason}
    audit.note(connection, AuditTag.POUCH_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def withdraw(connection: Connection, by: StaffMember, station_code: str, entry_no: int, now: datetime) -> PouchEntry:
    """Take back one's own entry before it is decided; the pouch can be entered again.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    return _entry(FOUR_EYES.withdraw(connection, by, _this(station_code, entry_no), now))


def _this(station_code: str, entry_no: int) -> ColumnElement[bool]:
    return (cash_pouches.c.station_code == station_code) & (cash_pouches.c.entry_no == entry_no)


def _open_entry(connection: Connection, by: StaffMember, station_code: str, entry_no: int) -> PouchEntry:
    """Find an entry that this person may decide, and hold other deciders off it until the transaction ends."""
    row = FOUR_EYES.open_row(connection, by, _this(station_code, entry_no))
    if row is None:
        raise RefusedError(
            "unknown_entry",
            f"站点 {station_code} 没有第 {entry_no} 号封袋录入",
            f"station {station_code} has no pouch entry {entry_no}",
        )
    return _entry(row)


def entries(connection: Connection, station_code: str | None = None, *, only_open: bool = False) -> list[PouchEntry]:
    """List what the desk entered, of one station if asked, the newest first."""
    table = cash_pouches.c
    query = select(*_COLUMNS).order_by(table.entered_at.desc(), table.station_code, table.entry_no.desc())
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    if only_open:
        query = query.where(table.state == EntryState.ENTERED.value)
    return [_entry(row) for row in connection.execute(query.limit(500))]
