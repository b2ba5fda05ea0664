"""Sealed grants at HQ: delivered while the line is up, sold at a branch, read out as twenty digits, taken back.

One person proposes a batch, a second approves it; a purchase that is to be handed over by code takes one of the grants
that lie at the station. Nobody at HQ can see the code of a grant before it is paid for: codes are not stored at all but
derived from HQ's key, and every look at one is noted for the auditor.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.desk_tables import credit_purchases, seal_batches
from hq_server.db.ledger_tables import standings
from hq_server.four_eyes import FourEyes
from hq_server.hq_journal import held_head
from hq_server.reference.hq_key import secret_for
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.sealed_grants import find_grant, grants_of, told_since
from hq_server.wording import RefusedError
from station_journal.facts.grants import (
    CreditSealed,
    SealedGrant,
    SealedGrantReturned,
    SealedGrantRevoked,
)
from station_journal.money import FEN_MAX, format_yuan
from station_journal.records import Actor, ActorKind
from station_journal.rules.grants import Grant, GrantState
from station_journal.sealed_code import (
    GRANTS_OPEN_MAX,
    MEMORY_KIB,
    PASSES,
    SALT_BYTES,
    SECRET_DIGITS,
    commitment_of,
    key_of,
    make_code,
)
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

SEALED_MIN_FEN = 50_000
"""A sealed grant is bought like any credit: at least 500.00 (article 8, part three, item four 1(3))."""
LADDER_FEN = (50_000,) * 8 + (100_000,) * 8 + (200_000,) * 4 + (500_000,) * 2
"""What a batch holds unless it is said otherwise: steps of 1, 2 and 5, 26,000.00 together."""
VALID_DAYS_MAX = 370
_LIVE = (GrantState.OPEN, GrantState.SOLD)


class Cost(NamedTuple):
    """How dear one try at a code is made: memory in KiB and passes of Argon2id."""

    memory_kib: int = MEMORY_KIB
    passes: int = PASSES


class BatchState(StrEnum):
    """How far a batch is."""

    ENTERED = "ENTERED"
    APPROVED = "APPROVED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of sealed grants; ``first_no`` is the number of its first grant, 0 until it is approved."""

    station_code: str
    batch_no: int
    amounts_fen: tuple[int, ...]
    valid_until: date
    state: BatchState
    maker_no: int
    first_no: int


FOUR_EYES = FourEyes(
    desk="sealed_credit",
    table=seal_batches,
    approve=Deed.APPROVE_SEAL,
    item=("batch_no", "valid_until"),
    open_state=BatchState.ENTERED.value,
    made_at="entered_at",
    decided_zh="没有这一批, 或已批准或撤回",
    decided_en="there is no such batch, or it is approved already, or was taken back",
)


def propose(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    amounts_fen: Sequence[int],
    valid_until: date,
    now: datetime,
) -> Batch:
    """Propose a batch; nothing is delivered before a second person approves.

    Raises:
        RefusedError: no right, an amount that cannot be bought, no such station, or a date that makes no sense.
    """
    by.require(Deed.SEAL_CREDIT)
    _check_amounts(amounts_fen)
    today = business_date_of(now)
    if not today < valid_until <= today + timedelta(days=VALID_DAYS_MAX):
        raise RefusedError(
            "valid_until",
            f"有效期须在明天至 {VALID_DAYS_MAX} 天之内",
            f"a batch is valid until a day between tomorrow and {VALID_DAYS_MAX} days from now",
        )
    _lock(connection, station_code)
    mine = seal_batches.c.station_code == station_code
    number = (connection.scalar(select(func.max(seal_batches.c.batch_no)).where(mine)) or 0) + 1
    connection.execute(
        insert(seal_batches).values(
            station_code=station_code,
            batch_no=number,
            amounts_fen=list(amounts_fen),
            valid_until=valid_until,
            state=BatchState.ENTERED.value,
            maker_no=by.staff_no,
            entered_at=now,
        )
    )
    details = {"batch_no": number, "grants": len(amounts_fen), "amount_fen": sum(amounts_fen)}
    audit.note(connection, AuditTag.CREDIT_SEALED, audit.staff_actor(by.staff_no), now, details, station_code)
    return Batch(station_code, number, tuple(amounts_fen), valid_until, BatchState.ENTERED, by.staff_no, 0)


def _check_amounts(amounts_fen: Sequence[int]) -> None:
    if not 0 < len(amounts_fen) <= GRANTS_OPEN_MAX:
        raise RefusedError(
            "grants", f"一批 1 至 {GRANTS_OPEN_MAX} 份", f"a batch holds 1 to {GRANTS_OPEN_MAX} sealed grants"
        )
    if any(not SEALED_MIN_FEN <= amount_fen <= FEN_MAX for amount_fen in amounts_fen):
        least = format_yuan(SEALED_MIN_FEN)
        raise RefusedError("amount", f"每份密封额度不少于 {least} 元", f"a sealed grant is at least {least} yuan")


def _lock(connection: Connection, station_code: str) -> None:
    """Hold others off this station's numbers until the transaction ends."""
    if held_head(connection, station_code, Side.HQ, lock=True) is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )


def approve_batch(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    batch_no: int,
    now: datetime,
    *,
    cost: Cost | None = None,
) -> Batch:
    """Approve a batch as a second person and append it to HQ's journal. Makes one slow hash for each grant.

    Raises:
        RefusedError: no right, the approver proposed it, it was approved before, or too many grants are open there.
    """
    _lock(connection, station_code)
    batch = _open_batch(connection, by, station_code, batch_no)
    mine = seal_batches.c.station_code == station_code
    ends = select(func.max(seal_batches.c.first_no + func.cardinality(seal_batches.c.amounts_fen)))
    first_no = connection.scalar(ends.where(mine, seal_batches.c.first_no > 0)) or 1
    _check_room(connection, station_code, first_no + len(batch.amounts_fen) - 1, business_date_of(now))
    cost = cost or Cost()
    grants = tuple(
        _seal(journal.key, station_code, first_no + place, amount_fen, cost)
        for place, amount_fen in enumerate(batch.amounts_fen)
    )
    fact = CreditSealed(grants, batch.valid_until, cost.memory_kib, cost.passes, batch.maker_no, by.staff_no)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    this = mine & (seal_batches.c.batch_no == batch_no)
    FOUR_EYES.decide(connection, by, this, BatchState.APPROVED.value, now, first_no=first_no, hq_seq=seq)
    details = {"batch_no": batch_no, "grants": len(grants), "hq_seq": seq}
    audit.note(connection, AuditTag.SEAL_APPROVED, audit.staff_actor(by.staff_no), now, details, station_code)
    return Batch(
        station_code, batch_no, batch.amounts_fen, batch.valid_until, BatchState.APPROVED, batch.maker_no, first_no
    )


def withdraw_batch(connection: Connection, by: StaffMember, station_code: str, batch_no: int, now: datetime) -> None:
    """Take back one's own batch before it is decided.

    Raises:
        RefusedError: somebody else proposed it, it was decided before, or there is none.
    """
    table = seal_batches.c
    FOUR_EYES.withdraw(connection, by, (table.station_code == station_code) & (table.batch_no == batch_no), now)


def _open_batch(connection: Connection, by: StaffMember, station_code: str, batch_no: int) -> Batch:
    table = seal_batches.c
    row = FOUR_EYES.open_row(connection, by, (table.station_code == station_code) & (table.batch_no == batch_no))
    if row is None:
        raise FOUR_EYES.decided()
    return Batch(station_code, batch_no, tuple(row.amounts_fen), row.valid_until, BatchState.ENTERED, row.maker_no, 0)


def _check_room(connection: Connection, station_code: str, last_no: int, today: date) -> None:
    """Two digits of a code name its grant: those that may still be opened must differ in them."""
    oldest = min((one.grant_no for one in grants_of(connection, station_code) if _live(one, today)), default=last_no)
    if last_no - oldest >= GRANTS_OPEN_MAX:
        raise RefusedError(
            "grants_open",
            f"站点 {station_code} 未用的密封额度太多, 先作废旧的 (第 {oldest} 号起)",
            f"station {station_code} has too many sealed grants open; revoke the old ones first (from no. {oldest})",
        )


def _live(grant: Grant, today: date) -> bool:
    return grant.state in _LIVE and grant.valid_until >= today


def _code_of(key: Ed25519PrivateKey, station_code: str, grant_no: int, salt: bytes) -> str:
    secret = secret_for(key, f"sealed grant {station_code} {grant_no}".encode() + salt)
    return make_code(grant_no, int.from_bytes(secret) % 10**SECRET_DIGITS)


def _seal(key: Ed25519PrivateKey, station_code: str, grant_no: int, amount_fen: int, cost: Cost) -> SealedGrant:
    salt = secrets.token_bytes(SALT_BYTES)
    opened_by = key_of(_code_of(key, station_code, grant_no, salt), salt, *cost)
    return SealedGrant(grant_no, amount_fen, salt, commitment_of(opened_by))


def read_code(
    connection: Connection, key: Ed25519PrivateKey, by: StaffMember, station_code: str, purchase_no: int, now: datetime
) -> str:
    """Give the code of a grant that was paid for, to be printed or read out; every look is noted.

    Raises:
        RefusedError: no right, not paid for, used, revoked or expired, or made under another key of HQ.
    """
    by.require(Deed.READ_CODE)
    table = credit_purchases.c
    this = (table.station_code == station_code) & (table.purchase_no == purchase_no)
    grant_no = connection.scalar(select(table.grant_no).where(this)) or 0
    if not grant_no:
        raise RefusedError(
            "not_by_code", "这笔额度购买没有凭证码, 或还没有审批", "this purchase has no code, or is not approved yet"
        )
    grant = find_grant(connection, station_code, grant_no)
    revoked = grant.revoked_seq or grant_no in told_since(connection, station_code, SealedGrantRevoked)
    if revoked or grant.state not in _LIVE or grant.valid_until < business_date_of(now):
        raise RefusedError(
            "code_closed", "凭证码已用、已作废或已过期", "the code is used, revoked or out of date: it opens nothing"
        )
    code = _code_of(key, station_code, grant_no, grant.salt)
    if commitment_of(key_of(code, grant.salt, grant.memory_kib, grant.passes)) != grant.commitment:
        raise RefusedError(
            "other_key",
            "这份密封额度是用总部以前的密钥做的, 码读不出; 请作废后改为联网到账",
            "this grant was sealed under an earlier key of HQ: revoke it and grant the purchase over the line",
        )
    details = {"purchase_no": purchase_no, "grant_no": grant_no}
    audit.note(connection, AuditTag.CODE_READ, audit.staff_actor(by.staff_no), now, details, station_code)
    return code


def revoke(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, grant_no: int, now: datetime
) -> Grant:
    """Revoke a sealed grant; a station that releases it before it has seen this keeps the credit.

    Raises:
        RefusedError: no right, no such grant, or it is released or revoked already.
    """
    by.require(Deed.APPROVE_SEAL)
    _lock(connection, station_code)
    grant = find_grant(connection, station_code, grant_no)
    just_now = grant_no in told_since(connection, station_code, SealedGrantRevoked)
    if just_now or grant.revoked_seq or grant.state not in _LIVE:
        raise RefusedError("closed", "这份密封额度已用或已作废", "this sealed grant is released or revoked already")
    actor = Actor(ActorKind.PERSON, by.staff_no)
    (seq,) = journal.append(connection, station_code, [SealedGrantRevoked(grant_no)], actor, now)
    details = {"grant_no": grant_no, "amount_fen": grant.amount_fen, "hq_seq": seq}
    audit.note(connection, AuditTag.SEAL_REVOKED, audit.staff_actor(by.staff_no), now, details, station_code)
    return grant


def give_back(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, grant_no: int, now: datetime
) -> Grant:
    """Grant openly what was paid for by code and can surely not be released any more.

    Sure is what HQ holds of the station's journal: a record that had seen the revocation, and no release before it.

    Raises:
        RefusedError: no right, not sold, not revoked, released, done before, or the station may still release it.
    """
    by.require(Deed.APPROVE_SEAL)
    _lock(connection, station_code)
    grant = find_grant(connection, station_code, grant_no)
    just_now = grant_no in told_since(connection, station_code, SealedGrantReturned)
    if just_now or grant.state is not GrantState.REVOKED or not grant.sold_seq:
        raise RefusedError(
            "not_revoked",
            "只有已交款又已作废的才能转为到账",
            "only a grant that was paid for and then revoked is given back",
        )
    seen = connection.scalar(select(standings.c.seen_seq).where(standings.c.station_code == station_code)) or 0
    if seen < grant.revoked_seq:
        raise RefusedError(
            "not_seen",
            "站点还没有收到作废通知, 可能仍会用码; 等它联网一次再办",
            "the station has not seen the revocation and may still use the code; wait for its next exchange",
        )
    actor = Actor(ActorKind.PERSON, by.staff_no)
    (seq,) = journal.append(connection, station_code, [SealedGrantReturned(grant_no)], actor, now)
    details = {"grant_no": grant_no, "amount_fen": grant.amount_fen, "hq_seq": seq}
    audit.note(connection, AuditTag.SEAL_RETURNED, audit.staff_actor(by.staff_no), now, details, station_code)
    return grant
