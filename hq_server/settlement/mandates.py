"""Direct-debit mandates 委托扣款: whose account may be debited for credit, and the debits of a day as one order.

The owner signs the mandate when the station is joined, keyed by its institution code. A debit is ordered by two people
like any payment; its file goes to the bank, and only the bank's result makes it a credit purchase. A debit without a
result stays open and nothing is granted for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.credit import PURCHASE_MIN_FEN
from hq_server.db.settlement_tables import debit_mandates
from hq_server.four_eyes import FourEyes, enter_named, refusal_reason, stands
from hq_server.payment_orders.orders import Draft, Order, OrderKind, make_order, orders_of
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_profile
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember

_NO_MAX = 30


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate: the account, up to how much a debit may take, and for how long; ended before its date or not."""

    station_code: str
    mandate_no: str
    holder_name: str
    account_no: str
    each_max_fen: int
    valid_from: date
    valid_until: date
    state: str = "PROPOSED"
    maker_no: int = 0
    approver_no: int | None = None


FOUR_EYES = FourEyes(
    "debit mandates",
    debit_mandates,
    Deed.ENTER_MANDATE,
    ("mandate_no",),
    "该委托书已处理过",
    "this mandate was decided before",
    amount="each_max_fen",
)


def _mandate(row: Row[Any]) -> Mandate:
    return Mandate(*(getattr(row, field.name) for field in fields(Mandate)))


def enter_mandate(connection: Connection, by: StaffMember, terms: Mandate, now: datetime) -> None:
    """Enter a signed mandate; debits may be ordered once a second person approves it.

    Raises:
        RefusedError: no right, no such station, a number, name, account, sum or date that is none, or entered already.
    """
    by.require(Deed.ENTER_MANDATE)
    station_profile(connection, terms.station_code)
    number, name = terms.mandate_no.strip(), terms.holder_name.strip()
    if not 0 < len(number) <= _NO_MAX or not name or not terms.account_no.isdigit() or not terms.account_no.isascii():
        raise RefusedError(
            "mandate", "请填写委托书号, 户名和数字账号", "a mandate has a number, a holder and an account of digits"
        )
    if terms.each_max_fen < PURCHASE_MIN_FEN or terms.valid_until < terms.valid_from:
        raise RefusedError(
            "mandate_terms",
            f"每次上限不少于 {format_yuan(PURCHASE_MIN_FEN)} 元, 止期不早于起期",
            f"a debit may be {format_yuan(PURCHASE_MIN_FEN)} yuan at least, and the end is not before the beginning",
        )
    table = debit_mandates.c
    this = (table.station_code == terms.station_code) & (table.mandate_no == number)
    row = {field.name: getattr(terms, field.name) for field in fields(Mandate)[:7]}
    row |= {"mandate_no": number, "holder_name": name, "maker_no": by.staff_no, "made_at": now}
    if not enter_named(connection, debit_mandates, this, row):
        raise RefusedError("mandate_twice", f"委托书 {number} 已登记", f"mandate {number} is entered already")
    details = {"mandate_no": number, "each_max_fen": terms.each_max_fen}
    audit.note(connection, AuditTag.MANDATE_ENTERED, audit.staff_actor(by.staff_no), now, details, terms.station_code)


def decide_mandate(
    connection: Connection, by: StaffMember, of: tuple[str, str], now: datetime, *, refusal: str = ""
) -> Mandate:
    """Approve a mandate (``of`` station and number) as a second person, or refuse it with a reason.

    Raises:
        RefusedError: no right, nothing waits, or the same person entered it.
    """
    table, (station_code, number) = debit_mandates.c, of
    this = (table.station_code == station_code) & (table.mandate_no == number) & stands(debit_mandates)
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise FOUR_EYES.decided()
    reason = refusal_reason(refusal) if refusal else ""
    row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    details = {"mandate_no": number, "state": row.state, "refusal": reason}
    audit.note(connection, AuditTag.MANDATE_DECIDED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _mandate(row)


def withdraw_mandate(connection: Connection, by: StaffMember, of: tuple[str, str], now: datetime) -> Mandate:
    """Take back one's own entry of a mandate (``of`` station and number) before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    table, (station_code, number) = debit_mandates.c, of
    this = (table.station_code == station_code) & (table.mandate_no == number) & stands(debit_mandates)
    return _mandate(FOUR_EYES.withdraw(connection, by, this, now))


def end_mandate(connection: Connection, by: StaffMember, of: tuple[str, str], last_day: date, now: datetime) -> None:
    """Note that the owner ended a mandate: its last day is brought forward, never put off.

    Raises:
        RefusedError: no right, there is none in force, or it ends before that day anyway.
    """
    by.require(Deed.ENTER_MANDATE)
    table, (station_code, number) = debit_mandates.c, of
    this = (table.station_code == station_code) & (table.mandate_no == number) & (table.state == "APPROVED")
    earlier = update(debit_mandates).where(this, table.valid_until > last_day, table.valid_from <= last_day)
    if connection.execute(earlier.values(valid_until=last_day)).rowcount != 1:
        raise RefusedError("mandate", "没有可提前终止的委托书", "there is no mandate in force to end earlier")
    details = {"mandate_no": number, "ends": last_day.isoformat()}
    audit.note(connection, AuditTag.MANDATE_DECIDED, audit.staff_actor(by.staff_no), now, details, station_code)


def list_mandates(connection: Connection, *, limit: int = 50, offset: int = 0) -> tuple[list[Mandate], int]:
    """List mandates by station: one page, and how many there are in all."""
    count = connection.scalar(select(func.count()).select_from(debit_mandates)) or 0
    query = select(debit_mandates).order_by(debit_mandates.c.station_code, debit_mandates.c.valid_from)
    return [_mandate(row) for row in connection.execute(query.limit(limit).offset(offset))], count


def _in_force(connection: Connection, station_code: str, day: date) -> Mandate:
    table = debit_mandates.c
    query = select(debit_mandates).where(table.station_code == station_code, table.state == "APPROVED")
    query = query.where(table.valid_from <= day, table.valid_until >= day).order_by(table.valid_from.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise RefusedError(
            "no_mandate",
            f"站点 {station_code} 在 {day} 没有有效的委托扣款书",
            f"{station_code} has no mandate on {day}",
        )
    return _mandate(row)


def order_debits(
    connection: Connection, by: StaffMember, debit_on: date, wanted: Sequence[tuple[str, int]], now: datetime
) -> Order:
    """Make one order of debits (station and fen) for a day; a second person approves it, then its file is written.

    Raises:
        RefusedError: no right, a station without a mandate for that day, twice in the list, or a sum below the least
            purchase or above the mandate's.
    """
    by.require(Deed.MAKE_PAYMENT_ORDER)
    if len({code for code, _ in wanted}) != len(wanted):
        raise RefusedError("twice", "同一站点在清单里出现两次", "a station is on the list twice")
    subject = debit_on.isoformat()
    turn = len(orders_of(connection, OrderKind.DEBIT, subject)) + 1
    drafts = []
    for station_code, amount_fen in wanted:
        mandate = _in_force(connection, station_code, debit_on)
        if not PURCHASE_MIN_FEN <= amount_fen <= mandate.each_max_fen:
            least, most = format_yuan(PURCHASE_MIN_FEN), format_yuan(mandate.each_max_fen)
            raise RefusedError(
                "amount",
                f"站点 {station_code} 每次代扣 {least} 至 {most} 元",
                f"a debit of station {station_code} is between {least} and {most} yuan",
            )
        source = f"{subject}/{turn} {mandate.mandate_no}"
        drafts.append(Draft(station_code, source, mandate.holder_name, mandate.account_no, amount_fen))
    return make_order(connection, by.staff_no, (OrderKind.DEBIT, subject), debit_on, drafts, now)
