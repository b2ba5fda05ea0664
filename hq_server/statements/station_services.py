"""A station's things beside payments as HQ holds them: withdrawals, parcels, pouches, sealed grants, goods, leads.

Each service is a list of its own, the newest first, paged and filtered in SQL; names and phones are as masked as the
journals keep them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func

from hq_server.db.cash_tables import cash_pouches
from hq_server.db.ledger_tables import subjects
from hq_server.four_eyes import ENTERED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.statements.record_wording import VALUES, worded
from hq_server.statements.service_wording import GRANTS, LEADS, ORDERS, PURPOSES, WITHDRAWALS
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.parcels import Place
from station_journal.parcel import Parcel
from station_journal.rules.distribution import GoodsOrder, Lead
from station_journal.rules.grants import Grant
from station_journal.rules.withdrawal import Withdrawal
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement

    from station_journal.subject import Subject

_thing, _pouch = subjects.c, cash_pouches.c
_RECORD, _DATE, _STATE = Sentence("记录", "Record"), Sentence("营业日", "Date"), Sentence("状态", "State")
_AMOUNT = Sentence("金额 (元)", "Amount (yuan)")
_LINK = "/stations/{code}/records/S/{record}"
TITLES = {
    "withdrawals": Sentence("取款", "Withdrawals"),
    "parcels": Sentence("包裹", "Parcels"),
    "pouches": Sentence("款袋", "Pouches of cash"),
    "grants": Sentence("密封额度", "Sealed grants"),
    "orders": Sentence("要货", "Orders of goods"),
    "leads": Sentence("保险线索", "Insurance leads"),
}
"""The services by the last part of their address, in the order of the tabs."""


def service_list(service: str, station_code: str) -> ListSpec:
    """Make the list of one service of a station.

    Raises:
        RefusedError: there is no such service.
    """
    if service == "pouches":
        return _pouches(station_code)
    made = _LISTS.get(service)
    if made is None:
        raise RefusedError("no_service", "没有这项业务", "there is no such service")
    kind, columns, states, search = made
    words = {str(int(state)): said for state, said in states.items()}
    state: ColumnElement[Any] = cast(_thing.state, Text)
    return ListSpec(
        name=f"station_{service}",
        title=TITLES[service],
        source=subjects,
        only=(_thing.station_code == station_code, _thing.kind == kind.SUBJECT),
        columns=(
            ListColumn("key", Sentence("编号", "Key"), _thing.key, hidden=True),
            ListColumn("code", Sentence("站点", "Station"), _thing.station_code, hidden=True),
            *columns[:1],
            ListColumn("state", _STATE, state, words=words),
            *columns[1:],
        ),
        orders=(ListOrder("newest", Sentence("最新", "newest"), ("key",), descending=True),),
        filters=(
            ListFilter("q", search, contains(_thing.key), is_search=True),
            ListFilter("state", _STATE, is_one_of(state), words=words),
        ),
        empty=Sentence(f"没有{TITLES[service].zh}", f"No {TITLES[service].en.lower()}"),
    )


def _of(
    kind: type[Subject], name: str, head: Sentence, read: Callable[[Any], Any], form: Form = Form.TEXT, link: str = ""
) -> ListColumn:
    return ListColumn(name, head, _thing.data, form, link=link, read=lambda data: read(from_row_bytes(kind, data)))


def _withdrawal(name: str, zh: str, en: str, read: Callable[[Withdrawal], Any], form: Form = Form.TEXT) -> ListColumn:
    return _of(Withdrawal, name, Sentence(zh, en), read, form, _LINK if name == "record" else "")


def _parcel(name: str, zh: str, en: str, read: Callable[[Parcel], Any], form: Form = Form.TEXT) -> ListColumn:
    return _of(Parcel, name, Sentence(zh, en), read, form, _LINK if name == "record" else "")


def _grant(name: str, zh: str, en: str, read: Callable[[Grant], Any], form: Form = Form.TEXT) -> ListColumn:
    link = {"record": _LINK, "purchase": "/credit/{code}/{purchase}"}.get(name, "")
    return _of(Grant, name, Sentence(zh, en), read, form, link)


def _order(name: str, zh: str, en: str, read: Callable[[GoodsOrder], Any], form: Form = Form.TEXT) -> ListColumn:
    return _of(GoodsOrder, name, Sentence(zh, en), read, form, _LINK if name == "record" else "")


def _lead(name: str, head: Sentence, read: Callable[[Lead], Any], form: Form = Form.TEXT) -> ListColumn:
    return _of(Lead, name, head, read, form, _LINK if name == "record" else "")


_WITHDRAWAL_COLUMNS = (
    _withdrawal("record", "记录", "Record", lambda one: one.seq, Form.NUMBER),
    _withdrawal("date", "营业日", "Date", lambda one: one.business_date, Form.DAY),
    _withdrawal("amount", "金额 (元)", "Amount (yuan)", lambda one: one.amount_fen, Form.MONEY),
    _withdrawal("card", "卡尾", "Card", lambda one: one.card_last4),
    _withdrawal("trace", "终端流水", "Trace no.", lambda one: one.trace_no),
    _withdrawal("reference", "参考号", "Reference", lambda one: one.reference_no),
)
_PARCEL_COLUMNS = (
    _parcel("waybill", "运单", "Waybill", lambda one: one.waybill),
    _parcel("manifest", "清单", "Manifest", lambda one: one.manifest_no),
    _parcel("cod", "代收款 (元)", "On delivery (yuan)", lambda one: one.cod_fen, Form.MONEY),
    _parcel("recipient", "收件人", "Recipient", lambda one: one.recipient),
    _parcel("record", "记录", "Record", lambda one: one.custody_seq or None, Form.NUMBER),
)
_GRANT_COLUMNS = (
    _grant("no", "序号", "No.", lambda one: one.grant_no, Form.NUMBER),
    _grant("amount", "金额 (元)", "Amount (yuan)", lambda one: one.amount_fen, Form.MONEY),
    _grant("until", "有效至", "Valid until", lambda one: one.valid_until, Form.DAY),
    _grant("purchase", "购买", "Purchase", lambda one: one.purchase_no or None, Form.NUMBER),
    _grant("record", "启用记录", "Opened in", lambda one: one.released_seq or None, Form.NUMBER),
)
_ORDER_COLUMNS = (
    _order("record", "记录", "Record", lambda one: one.seq, Form.NUMBER),
    _order("date", "日期", "Date", lambda one: one.ordered_on, Form.DAY),
    _order("lines", "品种", "Items", lambda one: len(one.lines), Form.NUMBER),
    _order("due", "送达期限", "Due", lambda one: one.due_on if one.answered_seq and one.due_on.year > _NONE else None),
)
_LEAD_COLUMNS = (
    _lead("record", _RECORD, lambda one: one.seq, Form.NUMBER),
    _lead("date", _DATE, lambda one: one.taken_on, Form.DAY),
    ListColumn(
        "kind",
        Sentence("类别", "Kind"),
        _thing.data,
        words={name: PURPOSES[name] for name in ("LIFE", "ACCIDENT", "MOTOR", "PROPERTY")},
        read=lambda data: from_row_bytes(Lead, data).kind.name,
    ),
    _lead("customer", Sentence("顾客", "Customer"), lambda one: one.customer_name),
)
_NONE = 1970
"""The year that stands for no date."""
_LISTS: dict[str, tuple[type[Subject], tuple[ListColumn, ...], Mapping[Any, Sentence], Sentence]] = {
    "withdrawals": (Withdrawal, _WITHDRAWAL_COLUMNS, WITHDRAWALS, Sentence("记录号", "Record no.")),
    "parcels": (
        Parcel,
        _PARCEL_COLUMNS,
        {place: worded(VALUES, place.name) for place in Place},
        Sentence("运单", "Waybill"),
    ),
    "grants": (Grant, _GRANT_COLUMNS, GRANTS, Sentence("序号", "No.")),
    "orders": (GoodsOrder, _ORDER_COLUMNS, ORDERS, Sentence("记录号", "Record no.")),
    "leads": (
        Lead,
        _LEAD_COLUMNS,
        LEADS,
        Sentence("记录号", "Record no."),
    ),
}


def _pouches(station_code: str) -> ListSpec:
    ways = {name: PURPOSES[name] for name in ("RECEIVED", "SENT")}
    people = func.concat(_pouch.maker_no, " / ", func.coalesce(cast(_pouch.approver_no, Text), ""))
    return ListSpec(
        name="station_pouches",
        title=TITLES["pouches"],
        source=cash_pouches,
        only=(_pouch.station_code == station_code,),
        columns=(
            ListColumn("no", Sentence("序号", "No."), _pouch.entry_no, Form.NUMBER),
            ListColumn("label", Sentence("袋号", "Label"), _pouch.label),
            ListColumn("way", Sentence("方向", "Way"), _pouch.direction, words=ways),
            ListColumn("amount", _AMOUNT, _pouch.amount_fen, Form.MONEY, total=True),
            ListColumn("state", _STATE, _pouch.state, words=ENTERED_STATES),
            ListColumn("people", Sentence("录入 / 审批", "Entered / decided by"), people),
            ListColumn("entered", Sentence("录入时间", "Entered at"), _pouch.entered_at, Form.MOMENT),
        ),
        orders=(ListOrder("newest", Sentence("最新", "newest"), ("no",), descending=True),),
        filters=(
            ListFilter("q", Sentence("袋号", "Label"), contains(_pouch.label), is_search=True),
            ListFilter("way", Sentence("方向", "Way"), is_one_of(_pouch.direction), words=ways),
            ListFilter("state", _STATE, is_one_of(_pouch.state), words=ENTERED_STATES),
        ),
        empty=Sentence("没有款袋", "No pouches of cash"),
    )
