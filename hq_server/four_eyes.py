"""Four eyes: what one person proposes takes effect when a second person, signed in as such, approves it.

One mechanism for every desk. A desk keeps its proposals in a table of its own, whose constraints hold maker and
approver apart; this module decides on the rows. A row is locked before it is judged and changed only while it is still
open, so of two deciders at once one wins and the other is told. Until it is decided its maker may take it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, Text, cast, func, literal, null, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.metadata import STATION_CODE
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from hq_server.reference.staff import Deed, StaffMember

WAITING = Sentence("待审批", "waiting")
_DECIDED = {
    "APPROVED": Sentence("已批准", "approved"),
    "REFUSED": Sentence("已退回", "refused"),
    "WITHDRAWN": Sentence("已撤回", "taken back"),
}
ENTERED_STATES = {"ENTERED": WAITING, **_DECIDED}
PROPOSED_STATES = {"PROPOSED": WAITING, **_DECIDED}
"""What lists and pages call the states of a proposal, by what its desk calls one that waits."""
FINDING_CHARS_MIN = 4
REASON_CHARS_MAX = 200


class Waiting(NamedTuple):
    """A proposal that waits for a second person; ``item`` names it at its desk; without money the amount is None."""

    desk: str
    station_code: str
    item: str
    amount_fen: int | None
    maker_no: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FourEyes:
    """The proposals of one desk: their table, how an open row is marked, and what a second decision is told.

    ``item`` are the columns that name a row beside its station; ``approve`` is the deed that deciding takes.
    """

    desk: str
    table: Table
    approve: Deed
    item: tuple[str, ...]
    decided_zh: str
    decided_en: str
    open_state: str = "PROPOSED"
    made_at: str = "made_at"
    amount: str | None = None

    def open_row(self, connection: Connection, by: StaffMember, this: ColumnElement[bool]) -> Row[Any] | None:
        """Lock the one row that ``this`` names for this person's decision; None where there is none.

        Raises:
            RefusedError: the person has no right to decide, made the proposal, or it was decided before.
        """
        by.require(self.approve)
        row = self._locked(connection, this)
        if row is None:
            return None
        if row.maker_no == by.staff_no:
            raise RefusedError(
                "four_eyes",
                "录入或提出的人不能审批, 须由另一人审批",
                "whoever entered or proposed it cannot decide: it takes a second person",
            )
        if row.state != self.open_state:
            raise self.decided()
        return row

    def decide(
        self, connection: Connection, by: StaffMember, this: ColumnElement[bool], state: str, now: datetime, **also: Any
    ) -> Row[Any]:
        """Change an open row to ``state`` in this person's name and give it back; ``also`` are further columns.

        Raises:
            RefusedError: it is no longer open, or this person proposed it.
        """
        table = self.table.c
        still_open = (table.state == self.open_state) & (table.maker_no != by.staff_no)
        values = {"state": state, "approver_no": by.staff_no, "decided_at": now, **also}
        query = update(self.table).where(this, still_open).values(values).returning(*self.table.c)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise self.decided()
        return row

    def withdraw(self, connection: Connection, by: StaffMember, this: ColumnElement[bool], now: datetime) -> Row[Any]:
        """Take a proposal back before it is decided; only its maker can. Nothing of it ever took effect.

        The audit log notes it by the columns that name it.

        Raises:
            RefusedError: somebody else made it, it was decided before, or there is none.
        """
        row = self._locked(connection, this)
        if row is None or row.state != self.open_state:
            raise self.decided()
        if row.maker_no != by.staff_no:
            raise RefusedError(
                "not_maker", "只有提出的人能撤回", "only the person who proposed it can take it back: refuse it instead"
            )
        query = update(self.table).where(this, self.table.c.state == self.open_state)
        row = connection.execute(query.values(state="WITHDRAWN", decided_at=now).returning(*self.table.c)).one()
        named = row._mapping  # noqa: SLF001 - a row's public view of its columns
        parts = {name: named[name] if isinstance(named[name], int) else str(named[name]) for name in self.item}
        details = {"desk": self.desk, **parts} | ({self.amount: named[self.amount]} if self.amount else {})
        at = named.get(STATION_CODE, audit.NO_STATION)
        audit.note(connection, AuditTag.PROPOSAL_WITHDRAWN, audit.staff_actor(by.staff_no), now, details, at)
        return row

    def decided(self) -> RefusedError:
        """Give the refusal of a second decision."""
        return RefusedError("decided", self.decided_zh, self.decided_en)

    def _locked(self, connection: Connection, this: ColumnElement[bool]) -> Row[Any] | None:
        """Lock the row at its station's place: a distributed table locks rows of one station only."""
        named = this
        if STATION_CODE in self.table.c:
            station = self.table.c[STATION_CODE]
            code = connection.scalar(select(station).where(this))
            if code is None:
                return None
            named = this & (station == code)
        return connection.execute(select(self.table).where(named).with_for_update()).one_or_none()


def stands(table: Table) -> ColumnElement[bool]:
    """Say that an entry waits or holds; one that was refused or taken back bars nothing of the same name."""
    return table.c.state.in_(["PROPOSED", "APPROVED"])


def enter_named(connection: Connection, table: Table, named: ColumnElement[bool], row: dict[str, Any]) -> bool:
    """Enter a row as the next of its name; gives False where one of that name stands, entered before or just now."""
    number = (connection.scalar(select(func.max(table.c.entry_no)).where(named)) or 0) + 1
    made = insert(table).values(**row, entry_no=number).on_conflict_do_nothing().returning(table.c.entry_no)
    return connection.scalar(made) is not None


def refusal_reason(text: str) -> str:
    """Give a reason in one line.

    Raises:
        RefusedError: it is empty, longer than 200 characters or cannot be printed.
    """
    reason = " ".join(text.split())
    if not reason or len(reason) > REASON_CHARS_MAX or not reason.isprintable():
        raise RefusedError("refusal", "请填写退回原因", "give the reason of the refusal")
    return reason


def finding_of(text: str, problem: Sentence) -> str:
    """Give what was found out, in one line.

    Raises:
        RefusedError: it is shorter than 4 or longer than 200 characters, or cannot be printed; ``problem`` says so.
    """
    found = " ".join(text.split())
    if not FINDING_CHARS_MIN <= len(found) <= REASON_CHARS_MAX or not found.isprintable():
        raise RefusedError("finding", problem.zh, problem.en)
    return found


def waiting(
    connection: Connection, desks: Sequence[FourEyes], *, limit: int = 50, offset: int = 0
) -> tuple[list[Waiting], int]:
    """List what waits for a second person at some desks, the oldest first: one page, and how many there are in all."""
    every = union_all(*(_waiting_at(desk) for desk in desks)).subquery()
    count = connection.scalar(select(func.count()).select_from(every)) or 0
    page = select(every).order_by(every.c.made_at, every.c.desk, every.c.station_code, every.c.item)
    rows = connection.execute(page.limit(limit).offset(offset))
    return [Waiting(*row) for row in rows], count


def _waiting_at(desk: FourEyes) -> Select[tuple[str, str, str, int | None, int, datetime]]:
    table = desk.table.c
    station = table.station_code if "station_code" in table else literal("", Text)
    item = func.concat_ws(" ", *(cast(table[name], Text) for name in desk.item))
    amount = cast(table[desk.amount], BigInteger) if desk.amount else cast(null(), BigInteger)
    return select(
        literal(desk.desk, Text).label("desk"),
        station.label("station_code"),
        item.label("item"),
        amount.label("amount_fen"),
        table.maker_no,
        table[desk.made_at].label("made_at"),
    ).where(table.state == desk.open_state)
