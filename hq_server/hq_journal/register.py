"""Appending to HQ's journals: under a lock on the station's HQ head, sealed, and never in an unread kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text, update

from hq_server.db.journal_tables import journal_heads, journal_records, journal_seals, journal_staff
from hq_server.hq_journal.held import NEWS_CHANNEL, WORK_CHANNEL, held_head
from hq_server.hq_journal.recovering import recovery_of
from hq_server.reference.hq_key import public_bytes
from hq_server.reference.staff import find_staff
from hq_server.reference.stations import readable_hq_kinds
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError
from station_journal.codec import encode
from station_journal.records import (
    RULES_VERSION,
    Actor,
    ActorKind,
    HqFact,
    Record,
    StaffNamed,
)
from station_journal.seal import Position, extend, seal
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection


_NAMED = ("maker_no", "approver_no", "signer_no", "owner_no")
"""Fields that name a member of staff, 0 for nobody."""


class CannotTellError(RefusedError):
    """A station cannot be told at present; nothing was appended, and it may be told later."""


class RecoveringError(CannotTellError):
    """HQ was restored, and has not taken back from the station what it had signed before."""


class KindNotReadError(CannotTellError):
    """A station's program is too old to read a kind of record; nothing was appended."""


class HqJournal:
    """Appends to HQ's journal of any station with HQ's key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Keep the key that seals and countersigns."""
        self.key = key
        self.public_key = public_bytes(key)

    def append(
        self, connection: Connection, station_code: str, facts: Sequence[HqFact], actor: Actor, now: datetime
    ) -> list[int]:
        """Append facts about a station as one sealed run, in the caller's transaction; gives their numbers.

        A member of staff who signs, or is named in a record, for the first time is introduced by a record of
        its own before; its number is not among those given.

        Raises:
            KindNotReadError: the station's program does not read one of the kinds.
            RecoveringError: HQ was restored and the station may hold records that HQ has not taken back yet.
            RefusedError: the station is not approved, or the actor is no member of staff.
        """
        head = held_head(connection, station_code, Side.HQ, lock=True)
        seen = held_head(connection, station_code, Side.STATION)
        if head is None or seen is None:
            raise RefusedError(
                "not_approved", f"站点 {station_code} 尚未开通", f"station {station_code} is not approved yet"
            )
        if recovery_of(connection, station_code) is not None:
            raise RecoveringError(
                "recovering",
                f"总部由备份恢复, 站点 {station_code} 还没有把缺少的记录送回, 暂时不能向它写入",
                f"HQ was restored and has yet to take back what station {station_code} holds; nothing is written to it",
            )
        introductions = self._introductions(connection, station_code, facts, actor)
        written: list[HqFact] = [*introductions, *facts]
        self._check_kinds(connection, station_code, written)
        moment = now.replace(microsecond=0)
        day = business_date_of(now)
        run = [encode(Record(moment, day, actor, seen.seq, RULES_VERSION, fact)) for fact in written]
        digests = extend(head, run)
        first = head.seq + 1
        where = {"station_code": station_code, "side": Side.HQ.value}
        rows = [
            {**where, "seq": first + i, "epoch": head.epoch, "data": data, "digest": digest, "stored_at": now}
            for i, (data, digest) in enumerate(zip(run, digests, strict=True))
        ]
        connection.execute(insert(journal_records), rows)
        after = Position(head.epoch, head.seq + len(run), digests[-1])
        signature = seal(self.key, Side.HQ, station_code, after)
        connection.execute(insert(journal_seals).values(**where, seq=after.seq, signature=signature))
        mine = (journal_heads.c.station_code == station_code) & (journal_heads.c.side == Side.HQ.value)
        connection.execute(update(journal_heads).where(mine).values(seq=after.seq, digest=after.digest))
        for i, named in enumerate(introductions):
            row = {"station_code": station_code, "staff_no": named.staff_no, "hq_seq": first + i}
            connection.execute(insert(journal_staff).values(row))
        connection.execute(
            text("SELECT pg_notify(:news, :code), pg_notify(:work, '')"),
            {"news": NEWS_CHANNEL, "work": WORK_CHANNEL, "code": station_code},
        )
        return list(range(first + len(introductions), after.seq + 1))

    @staticmethod
    def _introductions(
        connection: Connection, station_code: str, facts: Sequence[HqFact], actor: Actor
    ) -> list[StaffNamed]:
        numbers = [actor.number] if actor.kind is ActorKind.PERSON else []
        for fact in facts:
            numbers += [getattr(fact, name) for name in _NAMED if getattr(fact, name, 0)]
        table = journal_staff.c
        known = set(connection.scalars(select(table.staff_no).where(table.station_code == station_code)))
        introductions = []
        for number in dict.fromkeys(numbers):
            if number in known:
                continue
            member = find_staff(connection, number)
            if member is None:
                raise RefusedError("staff_no", f"没有工号 {number}", f"there is no staff number {number}")
            introductions.append(StaffNamed(number, member.name))
        return introductions

    @staticmethod
    def _check_kinds(connection: Connection, station_code: str, facts: Sequence[HqFact]) -> None:
        unread = {fact.KIND for fact in facts} - readable_hq_kinds(connection, station_code)
        if unread:
            raise KindNotReadError(
                "kind_not_read",
                f"站点 {station_code} 的程序版本过旧, 读不懂第 {min(unread)} 类记录",
                f"the program of station {station_code} is too old to read records of kind {min(unread)}",
            )
