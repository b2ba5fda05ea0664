"""Lists for those who watch the watchers: accounts, requests about them, and the audit trail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import Integer, Text, case, cast, func, literal, select

from hq_server.audit import NO_STATION, SYSTEM_ACTOR, AuditTag
from hq_server.db.reference_tables import audit_entries, staff, staff_requests
from hq_server.listing import (
    Form,
    ListColumn,
    ListFilter,
    ListOrder,
    ListSpec,
    contains,
    from_day,
    is_one_of,
    month_text,
    to_day,
)
from hq_server.statements.audit_fields import FIELDS, VALUES
from hq_server.statements.audit_wording import TAGS
from hq_server.statements.role_words import ROLE_WORDS
from hq_server.wording import Sentence
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_YES_NO = {"true": Sentence("有", "yes"), "false": Sentence("无", "no")}
_STATE: ColumnElement[str] = case(
    (staff.c.is_closed, literal("CLOSED", Text)),
    (staff.c.locked_until > func.now(), literal("LOCKED", Text)),
    (staff.c.is_password_given, literal("NEW", Text)),
    else_=literal("OPEN", Text),
)
_STATES = {
    "OPEN": Sentence("正常", "open"),
    "NEW": Sentence("待本人改密码", "password not changed yet"),
    "LOCKED": Sentence("密码错误锁定", "locked by wrong passwords"),
    "CLOSED": Sentence("已停用", "closed"),
}

STAFF_LIST = ListSpec(
    name="staff",
    title=Sentence("人员与岗位", "People and roles"),
    source=staff,
    columns=(
        ListColumn("staff_no", Sentence("工号", "Number"), staff.c.staff_no, Form.NUMBER),
        ListColumn("name", Sentence("姓名", "Name"), staff.c.name),
        ListColumn("role", Sentence("岗位", "Role"), staff.c.role, words=ROLE_WORDS),
        ListColumn("state", Sentence("状态", "State"), _STATE, words=_STATES),
        ListColumn(
            "codes",
            Sentence("动态码", "Codes"),
            func.lower(cast(staff.c.totp_sealed.is_not(None), Text)),
            words=_YES_NO,
        ),
        ListColumn("signed_in", Sentence("最近登录", "Last signed in"), staff.c.signed_in_at, Form.MOMENT),
        ListColumn("created", Sentence("开户", "Opened"), staff.c.created_at, Form.MOMENT),
    ),
    orders=(ListOrder("no", Sentence("工号", "number"), ("staff_no",)),),
    filters=(
        ListFilter(
            "q",
            Sentence("工号或姓名", "Number or name"),
            contains(cast(staff.c.staff_no, Text), staff.c.name),
            is_search=True,
        ),
        ListFilter("role", Sentence("岗位", "Role"), is_one_of(staff.c.role), words=ROLE_WORDS),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_STATE), words=_STATES),
    ),
)

KIND_WORDS = {
    "OPEN": Sentence("开户", "open an account"),
    "ROLE": Sentence("换岗", "change the role"),
    "RESET": Sentence("重置密码和动态码", "new password and codes"),
    "REOPEN": Sentence("重新启用", "open again"),
}

REQUEST_LIST = ListSpec(
    name="staff_requests",
    title=Sentence("待审批的账号申请", "Requests about accounts"),
    source=staff_requests,
    columns=(
        ListColumn("request_no", Sentence("申请", "Request"), staff_requests.c.request_no, Form.NUMBER),
        ListColumn("kind", Sentence("事项", "What"), staff_requests.c.kind, words=KIND_WORDS),
        ListColumn("staff_no", Sentence("工号", "Number"), staff_requests.c.staff_no, Form.NUMBER),
        ListColumn("name", Sentence("姓名", "Name"), staff_requests.c.name),
        ListColumn("role", Sentence("岗位", "Role"), staff_requests.c.role, words=ROLE_WORDS),
        ListColumn("maker", Sentence("提出人", "Proposed by"), staff_requests.c.maker_no, Form.NUMBER),
        ListColumn("made_at", Sentence("时间", "Time"), staff_requests.c.made_at, Form.MOMENT),
    ),
    orders=(ListOrder("no", Sentence("申请", "request"), ("request_no",)),),
    only=(staff_requests.c.state == "PROPOSED",),
    empty=Sentence("没有待审批的申请", "No request waits"),
)

_TAG_WORDS = {tag.value: TAGS.get(tag, Sentence(tag.value, tag.value)) for tag in AuditTag}


def _told(details: str) -> Sentence | str:
    """Write what an entry tells as names and values, sums in yuan."""
    told = json.loads(details)
    if not isinstance(told, dict):
        return details
    said = [_part(name, value) for name, value in told.items()]
    return Sentence(", ".join(one.zh for one in said), ", ".join(one.en for one in said))


def _part(name: str, value: object) -> Sentence:
    bare = name.removesuffix("_fen")
    words = FIELDS.get(bare, Sentence(bare, bare))
    if bare != name and isinstance(value, int):
        value = format_yuan(value)
    elif bare == "month" and isinstance(value, int):
        value = month_text(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    said = VALUES.get(text, Sentence(text, text))
    return Sentence(f"{words.zh}: {said.zh}", f"{words.en}: {said.en}")


def _author(actor: str) -> Sentence | str:
    """Name who did a deed: a member of staff by number, with the name where it is known; the system; a station."""
    number, _, name = actor.removeprefix("staff:").partition(" ")
    if actor.startswith("staff:"):
        return Sentence(f"工号 {number} {name}".strip(), f"staff {number} {name}".strip())
    return _NOBODY.get(actor, actor)


_NOBODY = {SYSTEM_ACTOR: Sentence("系统", "the system")}
_STAFF_NO: ColumnElement[int] = cast(func.substring(audit_entries.c.actor, "^staff:([0-9]{1,9})$"), Integer)
_AUTHOR: ColumnElement[str] = func.concat_ws(
    " ", audit_entries.c.actor, select(staff.c.name).where(staff.c.staff_no == _STAFF_NO).scalar_subquery()
)
_AT_STATION: ColumnElement[str] = func.nullif(audit_entries.c.station_code, NO_STATION)


AUDIT_LIST = ListSpec(
    name="audit",
    title=Sentence("操作审计", "Audit log"),
    source=audit_entries,
    columns=(
        ListColumn("entry_no", Sentence("序号", "No."), audit_entries.c.entry_no, Form.NUMBER),
        ListColumn("at", Sentence("时间", "Time"), audit_entries.c.at, Form.MOMENT),
        ListColumn("actor", Sentence("何人", "Who"), _AUTHOR, read=_author),
        ListColumn("tag", Sentence("事项", "What"), audit_entries.c.tag, words=_TAG_WORDS),
        ListColumn("station", Sentence("站点", "Station"), _AT_STATION, link="/stations/{station}"),
        ListColumn("details", Sentence("内容", "Details"), cast(audit_entries.c.details, Text), Form.LONG, read=_told),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("entry_no",), descending=True),),
    filters=(
        ListFilter(
            "staff",
            Sentence("工号", "Staff number"),
            lambda number: audit_entries.c.actor == f"staff:{number}",
            Form.NUMBER,
            is_search=True,
        ),
        ListFilter("tag", Sentence("事项", "What"), is_one_of(audit_entries.c.tag), words=_TAG_WORDS),
        ListFilter("station", Sentence("站点代码", "Station code"), is_one_of(audit_entries.c.station_code)),
        ListFilter("from", Sentence("自", "From"), from_day(audit_entries.c.at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(audit_entries.c.at), Form.DAY),
    ),
)
