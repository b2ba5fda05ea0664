"""Goods and leads at HQ: the list that stations order by, orders on their way, registrations, and leads to call back.

An accepted order is to be delivered within three working days (article 8, part two, item three 7). Leads are taken only
where an insurance sales agent's registration is on file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_heads
from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import CannotTellError
from hq_server.reference.goods import goods_document, keep_goods
from hq_server.reference.lead_contacts import erase_lead_contact
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.reference.year_lists import working_days
from hq_server.wording import RefusedError
from station_journal.facts.distribution import (
    GoodsDispatched,
    GoodsListPublished,
    LeadAnswered,
    LeadOutcome,
    OrderAnswer,
    OrderAnswered,
    RegistrationFiled,
)
from station_journal.goods_list import GoodsItem, GoodsRefusedError, goods_hash, read_goods, write_goods
from station_journal.masking import mask_name
from station_journal.records import Actor, ActorKind, HqFact
from station_journal.rules.distribution import (
    GoodsListInForce,
    GoodsOrder,
    Lead,
    OrderState,
    Registrations,
    number_key,
)
from station_journal.side import Side
from station_journal.subject import Subject, from_row_bytes

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

DELIVERY_WORKING_DAYS = 3
_TEXT_MAX = 60
_ENDED = frozenset({LeadOutcome.DECLINED, LeadOutcome.CONTRACT})
"""Outcomes after which nobody calls the customer any more."""
_Kind = TypeVar("_Kind", bound=Subject)


def publish_goods(
    engine: Engine, journal: HqJournal, by: StaffMember, version: str, items: tuple[GoodsItem, ...], now: datetime
) -> tuple[bytes, int]:
    """Publish a list whole and tell every open station; gives its hash and how many were told.

    Raises:
        RefusedError: no right, or a figure in it makes no sense.
    """
    by.require(Deed.PUBLISH_GOODS)
    try:
        document = write_goods(version, items)
    except GoodsRefusedError as error:
        raise RefusedError("goods", f"商品目录不对: {error}", f"the list of goods is refused: {error}") from error
    named = goods_hash(document)
    with engine.begin() as connection:
        keep_goods(connection, named, version, document, by.staff_no, now)
        details = {"version": version, "items": len(items), "hash": named.hex()}
        audit.note(connection, AuditTag.GOODS_PUBLISHED, audit.staff_actor(by.staff_no), now, details)
        table = journal_heads.c
        codes = list(connection.scalars(select(table.station_code).where(table.side == Side.HQ.value)))
    told = 0
    for code in sorted(codes):
        with engine.begin() as connection:
            known = _all(connection, code, GoodsListInForce)
            if known and known[0].list_hash == named:
                continue
            try:
                journal.append(connection, code, [GoodsListPublished(named)], _actor(by), now)
            except CannotTellError:
                continue
            told += 1
    return named, told


def _actor(by: StaffMember) -> Actor:
    return Actor(ActorKind.PERSON, by.staff_no)


def _all(connection: Connection, station_code: str | None, subject_class: type[_Kind]) -> list[_Kind]:
    table = subjects.c
    query = select(table.data).where(table.kind == subject_class.SUBJECT).order_by(table.station_code, table.key)
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    return [from_row_bytes(subject_class, data) for data in connection.scalars(query)]


def _found(connection: Connection, station_code: str, subject_class: type[_Kind], seq: int) -> _Kind:
    table = subjects.c
    this = (table.station_code == station_code) & (table.kind == subject_class.SUBJECT) & (table.key == number_key(seq))
    data = connection.scalar(select(table.data).where(this))
    if data is None:
        raise RefusedError(
            "unknown", f"站点 {station_code} 没有这一号 {seq}", f"station {station_code} has no such number {seq}"
        )
    return from_row_bytes(subject_class, data)


def orders(connection: Connection, station_code: str) -> list[GoodsOrder]:
    """List a station's orders as far as they are posted, oldest first."""
    return _all(connection, station_code, GoodsOrder)


def payable_fen(connection: Connection, order: GoodsOrder, *, received_only: bool) -> int:
    """Say what an order, or what of it has arrived, comes to by the list it was ordered by.

    Raises:
        RefusedError: the list is not HQ's.
    """
    document = goods_document(connection, order.list_hash)
    if document is None:
        raise RefusedError("goods", "订单所依目录不是总部发的", "the order names a list that HQ never published")
    prices = {item.item_code: item.price_fen for item in read_goods(document)[1]}
    lines = order.received if received_only else order.lines
    return sum(prices.get(code, 0) * quantity for code, quantity in lines)


def answer_order(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    order_seq: int,
    now: datetime,
    *,
    refusal: str = "",
) -> date:
    """Accept an order, or refuse it with a reason; gives the date by which it is to be delivered.

    Raises:
        RefusedError: no right, no such order, or it was answered before.
    """
    by.require(Deed.ANSWER_ORDER)
    order = _found(connection, station_code, GoodsOrder, order_seq)
    if order.answered_seq:
        raise RefusedError("decided", "这张订单已答复过", "this order was answered before")
    if order.cancelled_seq:
        raise RefusedError("cancelled", "站点已取消这张订单", "the station cancelled this order")
    due_on = working_days(connection).add_working_days(business_date_of(now), DELIVERY_WORKING_DAYS)
    answer = OrderAnswer.REFUSED if refusal else OrderAnswer.ACCEPTED
    fact = OrderAnswered(order_seq, answer, due_on, refusal[:_TEXT_MAX])
    _append(connection, journal, by, station_code, fact, now)
    return due_on


def dispatch(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    sent: GoodsDispatched,
    now: datetime,
) -> None:
    """Note that goods of an accepted order left; without lines, everything that was ordered and has not left yet.

    Raises:
        RefusedError: no right, no such order, not accepted, nothing left to send, or more than was ordered.
    """
    by.require(Deed.ANSWER_ORDER)
    order = _found(connection, station_code, GoodsOrder, sent.order_seq)
    gone = dict(order.dispatched)
    left = {line.item_code: line.quantity - gone.get(line.item_code, 0) for line in order.lines}
    wanted = sent.lines or tuple(line._replace(quantity=left[line.item_code]) for line in order.lines)
    wanted = tuple(line for line in wanted if line.quantity > 0)
    if order.state in {OrderState.ORDERED, OrderState.REFUSED, OrderState.CANCELLED} or not wanted:
        raise RefusedError("state", "订单未接受, 或已全部发出", "the order is not accepted, or has left already")
    if any(line.quantity > left.get(line.item_code, 0) for line in wanted):
        raise RefusedError("quantity", "发货数量超过订单", "more would be sent than was ordered")
    fact = GoodsDispatched(sent.order_seq, wanted, sent.carrier[:_TEXT_MAX])
    _append(connection, journal, by, station_code, fact, now)


def file_registration(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    number_and_holder: tuple[str, str],
    valid_until: date,
    now: datetime,
) -> None:
    """File the registration of a station's insurance sales agent; a date in the past ends it.

    Raises:
        RefusedError: no right, or no number or name.
    """
    by.require(Deed.FILE_REGISTRATION)
    number, holder = (" ".join(text.split()) for text in number_and_holder)
    if not (0 < len(number) <= _TEXT_MAX and 0 < len(holder) <= _TEXT_MAX):
        raise RefusedError("registration", "请填写执业登记号和姓名", "give the registration number and the name")
    _append(connection, journal, by, station_code, RegistrationFiled(number, mask_name(holder), valid_until), now)


def registrations(connection: Connection, station_code: str) -> Registrations | None:
    """Give what was ever filed for a station."""
    return next(iter(_all(connection, station_code, Registrations)), None)


def leads(connection: Connection, station_code: str | None) -> list[tuple[str, Lead]]:
    """List leads with their stations, oldest first; those without a registration are marked."""
    table = subjects.c
    query = select(table.station_code, table.data).where(table.kind == Lead.SUBJECT)
    query = query if station_code is None else query.where(table.station_code == station_code)
    rows = connection.execute(query.order_by(table.station_code, table.key))
    return [(code, from_row_bytes(Lead, data)) for code, data in rows]


def answer_lead(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    lead_seq: int,
    outcome: LeadOutcome,
    now: datetime,
) -> None:
    """Note what became of a lead; where nobody is called any more, name and number are erased.

    Raises:
        RefusedError: no right, no such lead, or it counts for nothing.
    """
    by.require(Deed.ANSWER_LEAD)
    lead = _found(connection, station_code, Lead, lead_seq)
    if lead.broken:
        raise RefusedError(
            "not_registered", "登记时没有有效的执业登记, 不作数", "no registration was in force: it does not count"
        )
    _append(connection, journal, by, station_code, LeadAnswered(lead_seq, outcome), now)
    if outcome in _ENDED:
        erase_lead_contact(connection, station_code, lead_seq, now)


def erase_contact(connection: Connection, by: StaffMember, station_code: str, lead_seq: int, now: datetime) -> bool:
    """Erase whom a lead is about, as the customer may ask; tells whether there was anything. The lead stands.

    Raises:
        RefusedError: no right, or no such lead.
    """
    by.require(Deed.ANSWER_LEAD)
    _found(connection, station_code, Lead, lead_seq)
    erased = erase_lead_contact(connection, station_code, lead_seq, now)
    if erased:
        details = {"lead_no": lead_seq}
        audit.note(connection, AuditTag.LEAD_CONTACT_ERASED, audit.staff_actor(by.staff_no), now, details, station_code)
    return erased


def _append(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, fact: HqFact, now: datetime
) -> None:
    (seq,) = journal.append(connection, station_code, [fact], _actor(by), now)
    details = {"record": type(fact).__name__, "hq_seq": seq}
    audit.note(connection, AuditTag.DISTRIBUTION_RECORDED, audit.staff_actor(by.staff_no), now, details, station_code)
