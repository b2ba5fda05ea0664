"""Rulings on withdrawals: two people say what the bank did, on a finding that is written down.

For what neither terminal nor file tells. The station hears it like the bank's own word, marked as a ruling; what was
paid out against it rests at HQ, never in the drawer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.withdrawal_tables import withdrawal_rulings
from hq_server.four_eyes import FourEyes, finding_of
from hq_server.hq_journal import held_head
from hq_server.ledger.queries import withdrawal_at
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good, refuse_second, release
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.withdrawals import BankAnswered, BankWordSource
from station_journal.records import Actor, ActorKind
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from station_journal.rules.withdrawal import Withdrawal

_WITHOUT_FINDING = Sentence("裁定须写明查明的事实", "a ruling states what was found")
_BANK_NO_MAX = 64


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling on one withdrawal; it rests on ``finding``."""

    station_code: str
    withdrawal_seq: int
    ruling_no: int
    debited: bool
    bank_no: str
    finding: str
    state: str
    maker_no: int
    approver_no: int | None


_COLUMNS = [withdrawal_rulings.c[field.name] for field in fields(Ruling)]
FOUR_EYES = FourEyes(
    desk="withdrawal_ruling",
    table=withdrawal_rulings,
    approve=Deed.APPROVE_RESOLUTION,
    item=("withdrawal_seq", "ruling_no"),
    made_at="proposed_at",
    decided_zh="该裁定已处理过",
    decided_en="this ruling was decided before",
)


def _ruling(row: Row[Any]) -> Ruling:
    return Ruling(**{field.name: getattr(row, field.name) for field in fields(Ruling)})


def _proposed(station_code: str, seq: int) -> ColumnElement[bool]:
    table = withdrawal_rulings.c
    return (table.station_code == station_code) & (table.withdrawal_seq == seq) & (table.state == "PROPOSED")


class Finding(NamedTuple):
    """What was found: whether the card was debited, in words, and the bank's reference if there is one."""

    debited: bool
    words: str
    bank_no: str = ""


def propose(
    connection: Connection, by: StaffMember, station_code: str, seq: int, finding: Finding, now: datetime
) -> Ruling:
    """Propose what the bank did with a withdrawal.

    Raises:
        RefusedError: no right, no finding, no such withdrawal, it was made good, or a ruling waits already.
    """
    by.require(Deed.RESOLVE_BREAK)
    found = finding_of(finding.words, _WITHOUT_FINDING)
    if len(finding.bank_no) > _BANK_NO_MAX or not finding.bank_no.isprintable():
        raise RefusedError("bank_no", "银行编号不对", "the bank's reference is too long or cannot be printed")
    if _gives(_known(connection, station_code, seq), debited=finding.debited):
        refuse_second(connection, Cited(station_code, Side.STATION, seq))
    table = withdrawal_rulings.c
    mine = (table.station_code == station_code) & (table.withdrawal_seq == seq)
    number = (connection.scalar(select(func.max(table.ruling_no)).where(mine)) or 0) + 1
    row = {
        "station_code": station_code,
        "withdrawal_seq": seq,
        "ruling_no": number,
        "debited": finding.debited,
        "bank_no": finding.bank_no,
        "finding": found,
        "state": "PROPOSED",
        "maker_no": by.staff_no,
        "proposed_at": now,
    }
    try:
        with connection.begin_nested():
            made = connection.execute(insert(withdrawal_rulings).values(row).returning(*_COLUMNS)).one()
    except IntegrityError as error:
        raise RefusedError(
            "proposed", "这笔取款已有待审批的裁定", "a ruling on this withdrawal waits for approval already"
        ) from error
    details = {"withdrawal_seq": seq, "debited": finding.debited, "finding": found}
    audit.note(connection, AuditTag.RULING_PROPOSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _ruling(made)


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, seq: int, now: datetime
) -> Ruling:
    """Approve the proposed ruling as a second person; the station is told with it.

    Raises:
        RefusedError: no right, nothing is proposed, the approver proposed it, or it was made good meanwhile.
    """
    by.require(Deed.APPROVE_RESOLUTION)
    held_head(connection, station_code, Side.HQ, lock=True)
    ruling = _decide(connection, by, station_code, seq, "APPROVED", now)
    withdrawal, cited = _known(connection, station_code, seq), Cited(station_code, Side.STATION, seq)
    if _gives(withdrawal, debited=ruling.debited):
        made = MadeGood(Remedy.WITHDRAWAL_RULING, ruling.ruling_no, withdrawal.amount_fen, now)
        note_made_good(connection, cited, made)
    else:
        release(connection, cited, Remedy.WITHDRAWAL_RULING)
    fee_fen = withdrawal.fee_fen if ruling.debited else 0
    word = BankAnswered(seq, ruling.debited, BankWordSource.RULING, ruling.bank_no, fee_fen, ruling.finding)
    journal.append(connection, station_code, [word], Actor(ActorKind.PERSON, by.staff_no), now)
    details = {"withdrawal_seq": seq, "debited": ruling.debited, "finding": ruling.finding}
    audit.note(connection, AuditTag.RULING_MADE, audit.staff_actor(by.staff_no), now, details, station_code)
    return ruling


def refuse(connection: Connection, by: StaffMember, station_code: str, seq: int, now: datetime) -> Ruling:
    """Refuse the proposed ruling as a second person.

    Raises:
        RefusedError: no right, nothing is proposed, or the same person proposed it.
    """
    by.require(Deed.APPROVE_RESOLUTION)
    ruling = _decide(connection, by, station_code, seq, "REFUSED", now)
    details = {"withdrawal_seq": seq}
    audit.note(connection, AuditTag.RULING_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return ruling


def withdraw(connection: Connection, by: StaffMember, station_code: str, seq: int, now: datetime) -> Ruling:
    """Take back one's own ruling before it is decided; another can be proposed.

    Raises:
        RefusedError: somebody else proposed it, it was decided before, or there is none.
    """
    return _ruling(FOUR_EYES.withdraw(connection, by, _proposed(station_code, seq), now))


def _gives(withdrawal: Withdrawal, *, debited: bool) -> bool:
    """Tell whether a ruling gives the shop what it paid out: what failed at the counter was never paid out."""
    return debited and not withdrawal.failed_seq


def _known(connection: Connection, station_code: str, seq: int) -> Withdrawal:
    found = withdrawal_at(connection, station_code, seq)
    if found is not None:
        return found
    raise RefusedError(
        "unknown_withdrawal",
        f"站点 {station_code} 没有第 {seq} 条取款",
        f"station {station_code} has no withdrawal {seq}",
    )


def _decide(connection: Connection, by: StaffMember, station_code: str, seq: int, state: str, now: datetime) -> Ruling:
    where = _proposed(station_code, seq)
    if FOUR_EYES.open_row(connection, by, where) is None:
        raise RefusedError("nothing_proposed", "这笔取款没有待审批的裁定", "no ruling waits for approval")
    return _ruling(FOUR_EYES.decide(connection, by, where, state, now))


def open_rulings(connection: Connection) -> dict[tuple[str, int], Ruling]:
    """Give the rulings that wait for approval, by station and number of the withdrawal each is about."""
    query = select(*_COLUMNS).where(withdrawal_rulings.c.state == "PROPOSED")
    rulings = [_ruling(row) for row in connection.execute(query)]
    return {(ruling.station_code, ruling.withdrawal_seq): ruling for ruling in rulings}
