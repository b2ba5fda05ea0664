"""Pages about people: one's own account, everybody's accounts and roles, and the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hq_server import staff_desk
from hq_server.console.listed import list_page, list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Page, Route, Shown, Visit
from hq_server.reference import accounts
from hq_server.reference.staff import Role, StaffMember, rights_of
from hq_server.reference.totp import enrolment_uri, secret_text
from hq_server.staff_desk import StaffKind
from hq_server.statements.staff_list import AUDIT_LIST, REQUEST_LIST, STAFF_LIST
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from hq_server.staff_desk import Handed

WATCHERS = frozenset({Role.SYS_ADMIN, Role.GENERAL_OFFICE, Role.SUPERVISION, Role.AUDITOR})
_ROLES = {role.value: role for role in Role}


def _account(visit: Visit) -> Shown:
    account = accounts.account_of(visit.connection, visit.member.staff_no)
    values: dict[str, Any] = {"account": account, "picture": "", "secret": "", "required": visit.desk.needs_codes}
    if not account.has_codes:
        secret = accounts.offered_secret(visit.connection, visit.desk.journal.key, visit.member)
        values |= {"picture": _picture(enrolment_uri(secret, visit.member.staff_no)), "secret": secret_text(secret)}
    return Page("account.html", values)


def _picture(text: str) -> str:
    import segno

    return segno.make(text, micro=False).svg_inline(svgclass=None, lineclass=None, omitsize=True)


def _set_account(visit: Visit) -> Shown:
    deed, form = visit.deed("codes", "password"), visit.form
    if deed == "codes":
        accounts.set_up_codes(visit.connection, visit.desk.journal.key, visit.member, form.get("totp", ""), visit.now)
        return Leave("/account?done=codes")
    if form.get("new_password", "") != form.get("again", ""):
        raise RefusedError("again", "两次输入的新密码不同", "the new password was typed in two ways")
    accounts.change_password(
        visit.connection,
        visit.member,
        form.get("password", ""),
        form.get("new_password", ""),
        visit.now,
        memory_mib=visit.desk.password_memory_mib,
        keep_session=visit.session.token_hash,
    )
    return Leave("/account?done=password")


def _people(visit: Visit, handed: Handed | None = None) -> dict[str, Any]:
    requests = list_page(visit, REQUEST_LIST, {})
    return {"requests": requests, "handed": handed, "roles": list(Role), "rights": rights_of}


def _decide_people(visit: Visit) -> Shown:
    deed, form, now = visit.deed("approve", "refuse", "close", *StaffKind), visit.form, visit.now
    if deed == "approve":
        handed = staff_desk.approve(
            visit.connection,
            visit.member,
            visit.whole_number("request_no"),
            now,
            password_memory_mib=visit.desk.password_memory_mib,
        )
        if handed is None:
            return Leave("/users?done=approved")
        return Page("users.html", {"list": list_page(visit, STAFF_LIST), **_people(visit, handed)})
    if deed == "refuse":
        number, reason = visit.whole_number("request_no"), form.get("refusal", "")
        staff_desk.refuse(visit.connection, visit.member, number, reason, now)
        return Leave("/users?done=refused")
    number = visit.whole_number("staff_no")
    if deed == "close":
        staff_desk.close(visit.connection, visit.member, number, now)
        return Leave("/users?done=closed")
    role = _ROLES.get(form.get("role", ""), Role.AUDITOR)
    if deed in {StaffKind.OPEN, StaffKind.ROLE} and form.get("role", "") not in _ROLES:
        raise RefusedError("role", "请选择岗位", "choose the role")
    wanted = StaffMember(number, form.get("name", ""), role)
    staff_desk.propose(visit.connection, visit.member, StaffKind(deed), wanted, now)
    return Leave("/users?done=proposed")


ROUTES = (
    *list_routes(
        "/users",
        STAFF_LIST,
        menu=Menu(MenuGroup.ADMINISTRATION, Sentence("人员与岗位", "People and roles"), "y"),
        readers=WATCHERS,
        template="users.html",
        more=_people,
        do=_decide_people,
    ),
    *list_routes(
        "/audit",
        AUDIT_LIST,
        menu=Menu(MenuGroup.ADMINISTRATION, Sentence("操作审计", "Audit log"), "a"),
        readers=WATCHERS,
    ),
    Route(
        "/account",
        _account,
        _set_account,
        Menu(MenuGroup.ADMINISTRATION, Sentence("我的账号", "My account"), "w"),
        of_own_account=True,
    ),
)
