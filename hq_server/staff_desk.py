"""Accounts of others: one administrator proposes, a second person approves, and a password is shown once.

Whoever could open an account alone could move money in its name, and an administrator moves none (domain rules 1.1).
So opening, a new role, a new password and reopening take two people; closing an account takes one and works at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.reference_tables import staff, staff_requests
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.reference.accounts import end_sessions
from hq_server.reference.staff import Deed, Role, StaffMember, add_staff, find_staff, hash_password, roles_for
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GIVEN_CHARS = 16
_NAME_MAX = 40
_LOCK = 7_201_012

STAFF_DESK = FourEyes(
    desk="staff",
    table=staff_requests,
    approve=Deed.APPROVE_STAFF,
    item=("request_no",),
    decided_zh="这项申请已处理过",
    decided_en="this request was decided before",
)


class StaffKind(StrEnum):
    """What is asked for. The value is stored."""

    OPEN = "OPEN"
    ROLE = "ROLE"
    RESET = "RESET"
    REOPEN = "REOPEN"


@dataclass(frozen=True, slots=True)
class Handed:
    """A password to hand to a person, shown to the approver once and stored nowhere."""

    staff_no: int
    password: str


def open_account(
    connection: Connection,
    by: tuple[StaffMember | None, StaffMember | None],
    member: StaffMember,
    password: str,
    now: datetime,
    *,
    password_memory_mib: int,
) -> None:
    """Open an account at HQ's own machine: ``by`` an administrator and a second person, who have both signed in.

    The very first account is opened by nobody. While nobody else could be the second person, and nobody else ever
    could, its administrator opens the account of one who can; that person's signature is needed from then on.

    Raises:
        RefusedError: the second person is missing, has no right, or is the first; or as `add_staff` says.
    """
    first, second = by
    if first is not None and second is None and (needs_second(connection, first) or not _may_be_second(member.role)):
        roles = ", ".join(sorted(roles_for(Deed.APPROVE_STAFF)))
        raise RefusedError(
            "second_person",
            f"开通账号须两人登录; 第二人的岗位是 {roles}, 只有第一个这样的账号由管理员一人开通",
            f"opening an account takes two people who sign in; the second is one of {roles}, "
            "and only the first such account is opened by the administrator alone",
        )
    if first is not None and second is not None:
        second.require(Deed.APPROVE_STAFF)
        if second.staff_no == first.staff_no:
            raise RefusedError("four_eyes", "须由另一人登录", "it takes a second person")
    add_staff(connection, first, member, password, now, password_memory_mib=password_memory_mib)
    if second is not None:
        details = {"staff_no": member.staff_no, "kind": StaffKind.OPEN.value, "role": member.role.value}
        _note(connection, AuditTag.STAFF_APPROVED, second, now, details)


def needs_second(connection: Connection, by: StaffMember) -> bool:
    """Tell whether somebody else may be, or once was, the second person: a closed account counts as well."""
    roles = [role.value for role in roles_for(Deed.APPROVE_STAFF)]
    others = select(staff.c.staff_no).where(staff.c.role.in_(roles), staff.c.staff_no != by.staff_no).limit(1)
    return connection.scalar(others) is not None


def _may_be_second(role: Role) -> bool:
    return role in roles_for(Deed.APPROVE_STAFF)


def propose(connection: Connection, by: StaffMember, kind: StaffKind, wanted: StaffMember, now: datetime) -> None:
    """Ask for an account to be opened, for another role, for a new password (and codes), or to open it again.

    Raises:
        RefusedError: no right, an account of one's own, a number that exists or does not, or one request open already.
    """
    by.require(Deed.ADD_STAFF)
    _refuse_second(connection, wanted.staff_no)
    known = find_staff(connection, wanted.staff_no)
    if wanted.staff_no == by.staff_no:
        raise RefusedError("own", "不能变更自己的账号", "nobody changes an account of their own")
    if (known is None) != (kind is StaffKind.OPEN) or wanted.staff_no <= 0:
        raise RefusedError(
            "staff_no", "工号已存在或不存在, 请核对", "the number exists already or does not: look again"
        )
    name = " ".join(wanted.name.split()) if known is None else known.name
    if not name or len(name) > _NAME_MAX:
        raise RefusedError("name", "请填写姓名", "give the name")
    role = known.role if known is not None and kind is not StaffKind.ROLE else wanted.role
    if kind is StaffKind.ROLE and known is not None and known.role is role:
        raise RefusedError("role", "岗位没有变化", "the role is the same")
    values = {"staff_no": wanted.staff_no, "kind": kind.value, "name": name, "role": role.value}
    connection.execute(insert(staff_requests).values(**values, maker_no=by.staff_no, made_at=now))
    _note(connection, AuditTag.STAFF_PROPOSED, by, now, values)


def _refuse_second(connection: Connection, staff_no: int) -> None:
    """Let one request about a number wait at a time; of two at once the second waits for the first and is refused."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK, staff_no)))
    table = staff_requests.c
    waits = select(table.request_no).where(table.staff_no == staff_no, table.state == STAFF_DESK.open_state)
    if connection.scalar(waits) is not None:
        raise RefusedError("open", "此工号已有申请待审批", "a request about this number waits already")


def approve(
    connection: Connection, by: StaffMember, request_no: int, now: datetime, *, password_memory_mib: int
) -> Handed | None:
    """Carry a request out; gives a password to hand over where there is a new one.

    Raises:
        RefusedError: no right, one's own request or account, or it was decided before.
    """
    row = _decided(connection, by, request_no, "APPROVED", now)
    mine = staff.c.staff_no == row.staff_no
    given, kind = _new_password(), StaffKind(row.kind)
    if kind is StaffKind.OPEN:
        maker = find_staff(connection, row.maker_no)
        member = StaffMember(row.staff_no, row.name, Role(row.role))
        add_staff(connection, maker, member, given, now, password_memory_mib=password_memory_mib, is_given=True)
    elif kind is StaffKind.ROLE:
        connection.execute(update(staff).where(mine).values(role=row.role))
    else:
        fresh = {"password_hash": hash_password(given, password_memory_mib), "is_password_given": True}
        no_codes = {"totp_sealed": None, "totp_offered": None}
        connection.execute(
            update(staff).where(mine).values(**fresh, **no_codes, is_closed=False, failures=0, locked_until=None)
        )
    end_sessions(connection, row.staff_no)
    _note(connection, AuditTag.STAFF_APPROVED, by, now, _named(row))
    return None if kind is StaffKind.ROLE else Handed(row.staff_no, given)


def refuse(connection: Connection, by: StaffMember, request_no: int, reason: str, now: datetime) -> None:
    """Refuse a request, with a reason.

    Raises:
        RefusedError: no right, one's own request, no reason, or it was decided before.
    """
    row = _decided(connection, by, request_no, "REFUSED", now, refusal=refusal_reason(reason))
    _note(connection, AuditTag.STAFF_REFUSED, by, now, _named(row))


def close(connection: Connection, by: StaffMember, staff_no: int, now: datetime) -> None:
    """Close an account at once; its sessions end. Its name stays with what it did.

    Raises:
        RefusedError: no right, one's own account, or no such account.
    """
    by.require(Deed.ADD_STAFF)
    if staff_no == by.staff_no:
        raise RefusedError("own", "不能变更自己的账号", "nobody changes an account of their own")
    query = update(staff).where(staff.c.staff_no == staff_no, ~staff.c.is_closed).values(is_closed=True)
    if connection.scalar(query.returning(staff.c.staff_no)) is None:
        raise RefusedError("staff_no", "没有这个账号或已停用", "there is no such account, or it is closed")
    end_sessions(connection, staff_no)
    _note(connection, AuditTag.STAFF_CLOSED, by, now, {"staff_no": staff_no})


def _decided(
    connection: Connection, by: StaffMember, request_no: int, state: str, now: datetime, **also: Any
) -> Row[Any]:
    this = staff_requests.c.request_no == request_no
    row = STAFF_DESK.open_row(connection, by, this)
    if row is None:
        raise RefusedError("unknown", "没有这项申请", "there is no such request")
    if row.staff_no == by.staff_no:
        raise RefusedError("own", "不能变更自己的账号", "nobody changes an account of their own")
    return STAFF_DESK.decide(connection, by, this, state, now, **also)


def _new_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GIVEN_CHARS))


def _named(row: Row[Any]) -> dict[str, Any]:
    return {"staff_no": row.staff_no, "kind": row.kind, "role": row.role, "request_no": row.request_no}


def _note(connection: Connection, tag: AuditTag, by: StaffMember, now: datetime, details: dict[str, Any]) -> None:
    audit.note(connection, tag, audit.staff_actor(by.staff_no), now, details)
