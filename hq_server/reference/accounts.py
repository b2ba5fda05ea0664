"""A person's own account: the password, and one-time codes as a second proof of who signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.desk_tables import console_sessions
from hq_server.db.reference_tables import staff
from hq_server.reference.hq_key import conceal, reveal
from hq_server.reference.staff import fits, hash_password, totp_place
from hq_server.reference.totp import matching_step, new_secret
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember


@dataclass(frozen=True, slots=True)
class Account:
    """How an account stands. A given password is known to somebody else and must be changed."""

    has_codes: bool
    is_password_given: bool


def account_of(connection: Connection, staff_no: int) -> Account:
    """Look up a person's account."""
    query = select(staff.c.totp_sealed.is_not(None), staff.c.is_password_given).where(staff.c.staff_no == staff_no)
    has_codes, given = connection.execute(query).one()
    return Account(has_codes=has_codes, is_password_given=given)


def change_password(
    connection: Connection,
    member: StaffMember,
    old: str,
    new: str,
    now: datetime,
    *,
    memory_mib: int,
    keep_session: bytes = b"",
) -> None:
    """Change one's own password. Other sessions of the person end; ``keep_session`` is the hash of the one that stays.

    Raises:
        RefusedError: the old password is wrong, or the new one is too short or the same.
    """
    mine = staff.c.staff_no == member.staff_no
    known = connection.scalar(select(staff.c.password_hash).where(mine).with_for_update()) or ""
    if not fits(known, old):
        raise RefusedError("password", "原密码不对", "the old password is wrong")
    if old == new:
        raise RefusedError("password", "新密码与原密码相同", "the new password is the old one")
    values = {"password_hash": hash_password(new, memory_mib), "is_password_given": False}
    connection.execute(update(staff).where(mine).values(values))
    end_sessions(connection, member.staff_no, keep_session)
    _note(connection, AuditTag.PASSWORD_CHANGED, member, now)


def offered_secret(connection: Connection, key: Ed25519PrivateKey, member: StaffMember) -> bytes:
    """Give the secret that is offered to a person for one-time codes; the same until its first code came."""
    mine = staff.c.staff_no == member.staff_no
    offered = connection.scalar(select(staff.c.totp_offered).where(mine).with_for_update())
    if offered is not None:
        return reveal(key, offered, totp_place(member.staff_no))
    secret = new_secret()
    sealed = conceal(key, secret, totp_place(member.staff_no))
    connection.execute(update(staff).where(mine).values(totp_offered=sealed))
    return secret


def set_up_codes(connection: Connection, key: Ed25519PrivateKey, member: StaffMember, code: str, now: datetime) -> None:
    """Take the offered secret into use: the code shows that the person's device has it.

    Raises:
        RefusedError: nothing is offered, or the code does not fit.
    """
    mine = staff.c.staff_no == member.staff_no
    row = connection.execute(select(staff.c.totp_offered, staff.c.totp_step).where(mine).with_for_update()).one()
    if row.totp_offered is None:
        raise RefusedError("code", "请重新打开本页扫码", "open the page again and scan its code")
    secret = reveal(key, row.totp_offered, totp_place(member.staff_no))
    step = matching_step(secret, code, now, 0)
    if step is None:
        raise RefusedError("code", "动态码不对, 请看手机时间是否准确", "the code is wrong: is the phone's clock right?")
    connection.execute(
        update(staff).where(mine).values(totp_sealed=row.totp_offered, totp_offered=None, totp_step=step)
    )
    _note(connection, AuditTag.CODES_SET_UP, member, now)


def end_sessions(connection: Connection, staff_no: int, keep_session: bytes = b"") -> None:
    """End every session of a person but one."""
    table = console_sessions.c
    connection.execute(delete(console_sessions).where(table.staff_no == staff_no, table.token_hash != keep_session))


def _note(connection: Connection, tag: AuditTag, member: StaffMember, now: datetime) -> None:
    audit.note(connection, tag, audit.staff_actor(member.staff_no), now, {"staff_no": member.staff_no})
