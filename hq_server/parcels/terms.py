"""How stations keep parcels: reminder days, days until an item goes back or counts as lost, the second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_heads
from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import CannotTellError
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.parcel_terms import ParcelTermsSet, ReminderDay
from station_journal.records import Actor, ActorKind
from station_journal.rules.parcel_terms import ParcelTermsInForce
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

KEPT_DAYS = range(7, 31)
"""Domain rule 4.2: an item goes back after 7 to 30 days."""
_REMINDERS_MAX = 5


def make_terms(remind: Sequence[int], return_days: int, lost_days: int, *, asks_phone: bool) -> ParcelTermsSet:
    """Put terms together.

    Raises:
        RefusedError: the reminder days do not rise, or come after the return; a number of days is out of range.
    """
    rising = sorted(set(remind)) == list(remind) and 0 < len(remind) <= _REMINDERS_MAX
    if not rising or remind[0] < 1 or remind[-1] >= return_days:
        raise RefusedError(
            "remind",
            "催领日写 1 到 5 个, 从小到大, 都早于退回日, 例如 1,3,7",
            "give 1 to 5 reminder days, rising, all before the return, such as 1,3,7",
        )
    if return_days not in KEPT_DAYS or lost_days not in KEPT_DAYS:
        raise RefusedError("days", "退回和丢失的天数在 7 到 30 之间", "days until return and loss are between 7 and 30")
    return ParcelTermsSet(tuple(map(ReminderDay, remind)), return_days, lost_days, asks_phone)


def terms_of(connection: Connection, station_code: str) -> ParcelTermsInForce | None:
    """Give the terms that were set for a station, as far as posted; None where it keeps to its own settings."""
    table = subjects.c
    mine = (table.station_code == station_code) & (table.kind == ParcelTermsInForce.SUBJECT)
    data = connection.scalar(select(table.data).where(mine))
    return None if data is None else from_row_bytes(ParcelTermsInForce, data)


def set_terms(
    engine: Engine, journal: HqJournal, by: StaffMember, terms: ParcelTermsSet, only: str | None, now: datetime
) -> int:
    """Set terms for every open station, or one, a transaction a station; gives how many were told.

    A station that has them already is told nothing, one whose program is too old to read them is left out.

    Raises:
        RefusedError: no right, or no such station.
    """
    by.require(Deed.SET_PARCEL_TERMS)
    table = journal_heads.c
    query = select(table.station_code).where(table.side == Side.HQ.value).order_by(table.station_code)
    with engine.connect() as connection:
        codes = list(connection.scalars(query if only is None else query.where(table.station_code == only)))
    if only is not None and not codes:
        raise RefusedError("not_approved", f"站点 {only} 尚未开通", f"station {only} is not approved yet")
    told = 0
    for code in codes:
        with engine.begin() as connection:
            known = terms_of(connection, code)
            if known is not None and _same(known, terms):
                continue
            try:
                (seq,) = journal.append(connection, code, [terms], Actor(ActorKind.PERSON, by.staff_no), now)
            except CannotTellError:
                continue
            details = {"hq_seq": seq, "remind": ",".join(str(one.day) for one in terms.remind)}
            audit.note(connection, AuditTag.PARCEL_TERMS_SET, audit.staff_actor(by.staff_no), now, details, code)
            told += 1
    return told


def _same(known: ParcelTermsInForce, terms: ParcelTermsSet) -> bool:
    mine = known.remind, known.return_days, known.lost_days, known.asks_phone
    return mine == (terms.remind, terms.return_days, terms.lost_days, terms.asks_phone)
