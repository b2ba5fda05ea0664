"""HQ's staff: numbers, roles, passwords, and signing in.

Roles are the units of the franchise rules (article 8, part one). Whoever acts signs in with an own password; a password
is kept as Argon2id (RFC 9106) only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import func, insert, select, text, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.reference_tables import staff
from hq_server.reference.hq_key import reveal
from hq_server.reference.totp import matching_step
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection, Engine, Row

PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 200
PASSWORD_MEMORY_MIB = 64
"""Memory that one guess at a password takes unless the settings say otherwise (RFC 9106, second recommendation)."""
FAILURES_MAX = 5
LOCKED_FOR = timedelta(minutes=15)
_ADDING_LOCK = 7_201_002


class Role(StrEnum):
    """What a member of staff belongs to, and so may do."""

    MARKETING = "MARKETING"
    GENERAL_OFFICE = "GENERAL_OFFICE"
    FIN_AGENCY = "FIN_AGENCY"
    INS_AGENCY = "INS_AGENCY"
    ECOM = "ECOM"
    DISTRIBUTION = "DISTRIBUTION"
    SUPERVISION = "SUPERVISION"
    BRANCH = "BRANCH"
    BRANCH_COUNTER = "BRANCH_COUNTER"
    FINANCE = "FINANCE"
    BUREAU_ADMIN = "BUREAU_ADMIN"
    AUDITOR = "AUDITOR"
    SYS_ADMIN = "SYS_ADMIN"


class Deed(StrEnum):
    """A deed that needs a right."""

    ADD_STAFF = "ADD_STAFF"
    APPROVE_STAFF = "APPROVE_STAFF"
    ADD_STATION = "ADD_STATION"
    APPROVE_STATION = "APPROVE_STATION"
    PUBLISH_TARIFF = "PUBLISH_TARIFF"
    SET_BILLER = "SET_BILLER"
    ENTER_CREDIT = "ENTER_CREDIT"
    APPROVE_CREDIT = "APPROVE_CREDIT"
    STATE_DAYS = "STATE_DAYS"
    PUBLISH_GOODS = "PUBLISH_GOODS"
    ANSWER_ORDER = "ANSWER_ORDER"
    FILE_REGISTRATION = "FILE_REGISTRATION"
    ANSWER_LEAD = "ANSWER_LEAD"
    SEAL_CREDIT = "SEAL_CREDIT"
    APPROVE_SEAL = "APPROVE_SEAL"
    READ_CODE = "READ_CODE"
    ENTER_CASH = "ENTER_CASH"
    APPROVE_CASH = "APPROVE_CASH"
    ISSUE_INVOICE = "ISSUE_INVOICE"
    IMPORT_FILE = "IMPORT_FILE"
    SET_FILE_PROFILE = "SET_FILE_PROFILE"
    RESOLVE_BREAK = "RESOLVE_BREAK"
    APPROVE_RESOLUTION = "APPROVE_RESOLUTION"
    MAKE_COMMISSION_LIST = "MAKE_COMMISSION_LIST"
    PAY_COMMISSION = "PAY_COMMISSION"
    ENTER_BRANCH_FIGURES = "ENTER_BRANCH_FIGURES"
    APPROVE_DISTRIBUTION_FIGURES = "APPROVE_DISTRIBUTION_FIGURES"
    APPROVE_INSURANCE_FIGURES = "APPROVE_INSURANCE_FIGURES"
    APPROVE_COMMISSION_RATE = "APPROVE_COMMISSION_RATE"
    NAME_PAYEE = "NAME_PAYEE"
    MAKE_PAYMENT_ORDER = "MAKE_PAYMENT_ORDER"
    APPROVE_PAYMENT_ORDER = "APPROVE_PAYMENT_ORDER"
    ENTER_MANDATE = "ENTER_MANDATE"
    RECOMPUTE_LEDGER = "RECOMPUTE_LEDGER"
    NAME_COURIER = "NAME_COURIER"
    ANNOUNCE_MANIFEST = "ANNOUNCE_MANIFEST"
    RULE_PARCEL = "RULE_PARCEL"
    SET_PARCEL_TERMS = "SET_PARCEL_TERMS"
    SET_WITHDRAWAL_TERMS = "SET_WITHDRAWAL_TERMS"
    APPROVE_WITHDRAWAL_TERMS = "APPROVE_WITHDRAWAL_TERMS"
    PROPOSE_CORRECTION = "PROPOSE_CORRECTION"
    SIGN_STALE_CORRECTION = "SIGN_STALE_CORRECTION"
    APPROVE_CORRECTION = "APPROVE_CORRECTION"
    WORK_CASE = "WORK_CASE"
    RULE_CASE = "RULE_CASE"
    APPROVE_CASE_RULING = "APPROVE_CASE_RULING"
    PUBLISH_FAULT = "PUBLISH_FAULT"


# The list maker (ECOM) is never the payer (FINANCE); who administers the system moves no money.
_MAY: dict[Deed, frozenset[Role]] = {
    Deed.ADD_STAFF: frozenset({Role.SYS_ADMIN}),
    Deed.APPROVE_STAFF: frozenset({Role.SYS_ADMIN, Role.GENERAL_OFFICE}),
    Deed.ADD_STATION: frozenset({Role.MARKETING, Role.ECOM}),
    Deed.APPROVE_STATION: frozenset({Role.MARKETING, Role.ECOM}),
    Deed.PUBLISH_TARIFF: frozenset({Role.ECOM}),
    Deed.SET_BILLER: frozenset({Role.ECOM}),
    Deed.ENTER_CREDIT: frozenset({Role.BRANCH_COUNTER, Role.BRANCH}),
    Deed.APPROVE_CREDIT: frozenset({Role.BRANCH, Role.ECOM, Role.FINANCE}),
    Deed.STATE_DAYS: frozenset({Role.ECOM, Role.MARKETING}),
    Deed.PUBLISH_GOODS: frozenset({Role.DISTRIBUTION}),
    Deed.ANSWER_ORDER: frozenset({Role.DISTRIBUTION, Role.BRANCH}),
    Deed.FILE_REGISTRATION: frozenset({Role.INS_AGENCY}),
    Deed.ANSWER_LEAD: frozenset({Role.INS_AGENCY, Role.BRANCH}),
    Deed.SEAL_CREDIT: frozenset({Role.ECOM}),
    Deed.APPROVE_SEAL: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.READ_CODE: frozenset({Role.BRANCH_COUNTER, Role.BRANCH}),
    Deed.ENTER_CASH: frozenset({Role.BRANCH_COUNTER, Role.BRANCH}),
    Deed.APPROVE_CASH: frozenset({Role.BRANCH, Role.ECOM, Role.FINANCE}),
    Deed.ISSUE_INVOICE: frozenset({Role.BRANCH_COUNTER, Role.BRANCH}),
    Deed.IMPORT_FILE: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.SET_FILE_PROFILE: frozenset({Role.ECOM}),
    Deed.RESOLVE_BREAK: frozenset({Role.ECOM}),
    Deed.APPROVE_RESOLUTION: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.MAKE_COMMISSION_LIST: frozenset({Role.ECOM}),
    Deed.PAY_COMMISSION: frozenset({Role.FINANCE}),
    Deed.ENTER_BRANCH_FIGURES: frozenset({Role.BRANCH}),
    Deed.APPROVE_DISTRIBUTION_FIGURES: frozenset({Role.DISTRIBUTION}),
    Deed.APPROVE_INSURANCE_FIGURES: frozenset({Role.INS_AGENCY}),
    Deed.APPROVE_COMMISSION_RATE: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.NAME_PAYEE: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.MAKE_PAYMENT_ORDER: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.APPROVE_PAYMENT_ORDER: frozenset({Role.FINANCE}),
    Deed.ENTER_MANDATE: frozenset({Role.BRANCH, Role.ECOM}),
    Deed.RECOMPUTE_LEDGER: frozenset({Role.SYS_ADMIN, Role.ECOM}),
    Deed.NAME_COURIER: frozenset({Role.ECOM, Role.BRANCH}),
    Deed.ANNOUNCE_MANIFEST: frozenset({Role.ECOM, Role.BRANCH, Role.BRANCH_COUNTER}),
    Deed.RULE_PARCEL: frozenset({Role.ECOM, Role.SUPERVISION}),
    Deed.SET_PARCEL_TERMS: frozenset({Role.ECOM, Role.SUPERVISION}),
    Deed.SET_WITHDRAWAL_TERMS: frozenset({Role.FIN_AGENCY, Role.ECOM}),
    Deed.APPROVE_WITHDRAWAL_TERMS: frozenset({Role.FIN_AGENCY, Role.ECOM, Role.FINANCE}),
    Deed.PROPOSE_CORRECTION: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.SIGN_STALE_CORRECTION: frozenset({Role.SUPERVISION, Role.FINANCE, Role.BUREAU_ADMIN}),
    Deed.APPROVE_CORRECTION: frozenset({Role.ECOM, Role.FINANCE}),
    Deed.WORK_CASE: frozenset({Role.ECOM, Role.SUPERVISION}),
    Deed.RULE_CASE: frozenset({Role.ECOM, Role.SUPERVISION}),
    Deed.APPROVE_CASE_RULING: frozenset({Role.SUPERVISION, Role.FINANCE, Role.BUREAU_ADMIN, Role.ECOM}),
    Deed.PUBLISH_FAULT: frozenset({Role.ECOM, Role.SUPERVISION}),
}


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of HQ's staff, known by number."""

    staff_no: int
    name: str
    role: Role

    def require(self, deed: Deed) -> None:
        """Check that this person may do a deed.

        Raises:
            RefusedError: the role has no right to it.
        """
        if self.role not in _MAY[deed]:
            roles = ", ".join(sorted(_MAY[deed]))
            raise RefusedError(
                "right",
                f"工号 {self.staff_no} 的岗位 {self.role} 无权办理此事, 须由 {roles} 办理",
                f"staff {self.staff_no} ({self.role}) may not do this; it takes {roles}",
            )


def roles_for(deed: Deed) -> frozenset[Role]:
    """Give the roles that have the right to a deed."""
    return _MAY[deed]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The one-time code that somebody typed, empty for none, and HQ's key, which opens the secrets of such codes."""

    key: Ed25519PrivateKey
    code: str


def may(role: Role, deed: Deed) -> bool:
    """Tell whether a role has the right to a deed."""
    return role in _MAY[deed]


def rights_of(role: Role) -> list[Deed]:
    """List the deeds of a role, for people to look at."""
    return [deed for deed, roles in _MAY.items() if role in roles]


def add_staff(
    connection: Connection,
    by: StaffMember | None,
    member: StaffMember,
    password: str,
    now: datetime,
    *,
    password_memory_mib: int = PASSWORD_MEMORY_MIB,
    is_given: bool = False,
) -> None:
    """Open an account for a member of staff. The very first one is opened by nobody and administers the system.

    ``password_memory_mib`` is the memory that checking the password takes from now on: what a guess at it costs.
    A password that ``is_given`` was made by somebody else and is changed at the first sign-in.

    Raises:
        RefusedError: no right, the number is taken, the password is short, or the first account is no administrator.
    """
    # Two first accounts at once would both find an empty table.
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADDING_LOCK})
    if by is not None:
        by.require(Deed.ADD_STAFF)
    elif any_staff(connection):
        raise RefusedError("right", "添加人员须由管理员登录办理", "adding staff takes an administrator who signs in")
    elif member.role is not Role.SYS_ADMIN:
        raise RefusedError("first", "第一个账号必须是 SYS_ADMIN", "the first account must be a SYS_ADMIN")
    if member.staff_no <= 0 or not member.name.strip():
        raise RefusedError("staff_no", "工号须大于零, 姓名不能为空", "the number is above zero and the name not empty")
    password_hash = hash_password(password, password_memory_mib)
    if find_staff(connection, member.staff_no) is not None:
        raise RefusedError("taken", f"工号 {member.staff_no} 已存在", f"staff number {member.staff_no} exists already")
    connection.execute(
        insert(staff).values(
            staff_no=member.staff_no,
            name=member.name,
            role=member.role.value,
            password_hash=password_hash,
            created_at=now,
            is_password_given=is_given,
        )
    )
    actor = audit.staff_actor(by.staff_no) if by else audit.SYSTEM_ACTOR
    details = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
    audit.note(connection, AuditTag.STAFF_ADDED, actor, now, details)


def hash_password(password: str, memory_mib: int = PASSWORD_MEMORY_MIB) -> str:
    """Give what is kept of a new password.

    Raises:
        RefusedError: it is too short, or so long that checking it would be work for an attacker to ask for.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise RefusedError(
            "password",
            f"密码须为 {PASSWORD_LENGTH_MIN} 至 {PASSWORD_LENGTH_MAX} 个字符, 至少 {PASSWORD_LENGTH_MIN} 个",
            f"a password has at least {PASSWORD_LENGTH_MIN} characters and at most {PASSWORD_LENGTH_MAX}",
        )
    return PasswordHasher(memory_cost=memory_mib * 1024).hash(password)


def any_staff(connection: Connection) -> bool:
    """Tell whether there is any account yet."""
    return bool(connection.scalar(select(func.count()).select_from(staff)))


def find_staff(connection: Connection, staff_no: int) -> StaffMember | None:
    """Find a member of staff by number."""
    query = select(staff.c.staff_no, staff.c.name, staff.c.role).where(staff.c.staff_no == staff_no)
    row = connection.execute(query).one_or_none()
    return None if row is None else StaffMember(row.staff_no, row.name, Role(row.role))


def staff_who_may(connection: Connection, deed: Deed) -> list[StaffMember]:
    """List the members of staff with an open account and the right to a deed, by number."""
    query = select(staff.c.staff_no, staff.c.name, staff.c.role).where(
        staff.c.role.in_([role.value for role in _MAY[deed]]), ~staff.c.is_closed
    )
    rows = connection.execute(query.order_by(staff.c.staff_no))
    return [StaffMember(row.staff_no, row.name, Role(row.role)) for row in rows]


def sign_in(
    engine: Engine, staff_no: int, password: str, now: datetime, second: SecondFactor | None = None
) -> StaffMember:
    """Check a member's password; after five failures in a row the account is locked for 15 minutes.

    Attempts on one account are judged one after the other. A failure is kept although the attempt is refused. With
    ``second`` a person who has one-time codes must give one as well; commands on HQ's own machine ask for none.

    Raises:
        RefusedError: the number, the password or the code is wrong (not said which), or the account is locked.
    """
    with engine.begin() as connection:
        refusal = _judge_attempt(connection, staff_no, password, now, second)
        member = find_staff(connection, staff_no)
    if refusal is not None or member is None:
        raise refusal or _wrong(second)
    return member


def _wrong(second: SecondFactor | None) -> RefusedError:
    if second is None:
        return RefusedError("sign_in", "工号或密码不对", "the staff number or the password is wrong")
    return RefusedError(
        "sign_in", "工号或密码不对, 或动态码不对", "the staff number, the password or the one-time code is wrong"
    )


def _judge_attempt(
    connection: Connection, staff_no: int, password: str, now: datetime, second: SecondFactor | None
) -> RefusedError | None:
    row = connection.execute(select(staff).where(staff.c.staff_no == staff_no).with_for_update()).one_or_none()
    if row is None:
        # Where the number does not exist, a hash of somebody's is checked in vain: both cases take equal work.
        somebody = connection.scalar(select(staff.c.password_hash).order_by(staff.c.staff_no.desc()).limit(1))
        fits(somebody or "", password)
        return _wrong(second)
    if row.locked_until is not None and row.locked_until > now:
        minutes = -((now - row.locked_until) // timedelta(minutes=1))
        return RefusedError(
            "locked",
            f"密码错误次数过多, 请在 {minutes} 分钟后再试",
            f"too many wrong passwords: try again in {minutes} minutes",
        )
    mine = update(staff).where(staff.c.staff_no == staff_no)
    step = _code_step(row, now, second)
    if fits(row.password_hash, password) and step is not None and not row.is_closed:
        connection.execute(mine.values(failures=0, locked_until=None, totp_step=step, signed_in_at=now))
        return None
    failures = row.failures + 1
    locked = now + LOCKED_FOR if failures >= FAILURES_MAX else None
    connection.execute(mine.values(failures=0 if locked else failures, locked_until=locked))
    details = {"staff_no": staff_no, "locked": locked is not None}
    audit.note(connection, AuditTag.SIGN_IN_REFUSED, audit.staff_actor(staff_no), now, details)
    return _wrong(second)


def _code_step(row: Row[Any], now: datetime, second: SecondFactor | None) -> int | None:
    """Give the time step of a code that fits, the last one used where none is asked for; None where it is wrong."""
    used: int = row.totp_step
    if second is None or row.totp_sealed is None:
        return used
    return matching_step(reveal(second.key, row.totp_sealed, totp_place(row.staff_no)), second.code, now, used)


def totp_place(staff_no: int) -> str:
    """Name the place of a person's secret of one-time codes, which its encryption is bound to."""
    return f"totp:{staff_no}"


def fits(password_hash: str, password: str) -> bool:
    """Tell whether a password is the one that a hash was made of."""
    try:
        return PasswordHasher().verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
