"""Settlement windows: for each payee from cut to cut, closed by its cycle, paid T+n by working day.

A window that sums to nothing or less is not closed: what was taken back is carried into the next one. An order gathers
what falls due of one kind; what the bank returned falls due again.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import String, and_, cast, func, insert, select, tuple_, update

from hq_server.db.payment_tables import payment_items
from hq_server.db.settlement_tables import settlement_windows
from hq_server.payment_orders.orders import Draft, ItemState, Order, OrderKind, make_order
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.settlement.cuts import FROM_THE_BEGINNING, Cut, due_of, parties_with_lines, take_cut
from hq_server.settlement.payees import ACCOUNT_OF, Cycle, PayeeKind, payee_on
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from hq_server.reference.staff import StaffMember
    from hq_server.reference.working_days import WorkingDayTable
    from hq_server.settlement.payees import Payee

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Window:
    """What is owed to a payee between two cuts, in fen and ledger lines, and when it is paid."""

    kind: PayeeKind
    party: str
    window_no: int
    from_cut: int
    to_cut: int
    business_date: date
    due_fen: int
    line_count: int
    due_on: date

    @property
    def source(self) -> str:
        """How an item of a payment order names it."""
        return f"window {self.window_no}"


@dataclass(frozen=True, slots=True)
class DaySettled:
    """What settling a date came to: windows that closed, and what is owed but has no approved account yet."""

    cut: Cut
    closed: tuple[Window, ...]
    without_payee: tuple[tuple[PayeeKind, str, int], ...]


_COLUMNS = [settlement_windows.c[field.name] for field in fields(Window)]


def pseudo_code(kind: PayeeKind, party: str) -> str:
    """Name a payee where a table asks for a station."""
    return f"{kind}:{party}"


def settle_date(
    connection: Connection, by: StaffMember, business_date: date, table: WorkingDayTable, now: datetime
) -> DaySettled:
    """Cut the books at the end of a business date and close every window whose cycle ends with it; again, the same.

    Raises:
        RefusedError: no right, the date has not ended, or a later one was settled before.
        YearNotKnown: a due date falls into a year whose working days nobody entered.
    """
    by.require(Deed.MAKE_PAYMENT_ORDER)
    cut = take_cut(connection, by, business_date, now)
    without: list[tuple[PayeeKind, str, int]] = []
    for kind, account in ACCOUNT_OF.items():
        for party in parties_with_lines(connection, account, cut.cut_no):
            try:
                payee = payee_on(connection, kind, party, business_date)
            except RefusedError:
                from_cut = last_cut(connection, kind, party)
                due_fen, _ = due_of(connection, (account, party), from_cut, cut.cut_no)
                without += [(kind, party, due_fen)] if due_fen else []
                continue
            if cycle_ends(payee.cycle, business_date):
                _close(connection, payee, cut, table, now)
    found = connection.execute(select(*_COLUMNS).where(settlement_windows.c.to_cut == cut.cut_no))
    return DaySettled(cut, tuple(_window(row) for row in found), tuple(without))


def cycle_ends(cycle: Cycle, day: date) -> bool:
    """Tell whether a window closes with a business date."""
    if cycle is Cycle.WEEK:
        return day.weekday() == _SUNDAY
    return cycle is Cycle.DAY or day.day == calendar.monthrange(day.year, day.month)[1]


def due_day(payee: Payee, business_date: date, table: WorkingDayTable) -> date:
    """Give the working day T+n on which a window is paid; T+0 is the next working day if the date is none."""
    if payee.settle_days:
        return table.add_working_days(business_date, payee.settle_days)
    return table.on_or_after(business_date)


def last_cut(connection: Connection, kind: PayeeKind, party: str) -> int:
    """Give the cut at which a payee's last window closed; what came since is owed in the one that runs."""
    table = settlement_windows.c
    query = select(func.max(table.to_cut)).where(table.kind == kind.value, table.party == party)
    return connection.scalar(query) or FROM_THE_BEGINNING


def _close(connection: Connection, payee: Payee, cut: Cut, table: WorkingDayTable, now: datetime) -> None:
    from_cut = last_cut(connection, payee.kind, payee.party)
    if from_cut >= cut.cut_no:
        return
    due_fen, line_count = due_of(connection, (ACCOUNT_OF[payee.kind], payee.party), from_cut, cut.cut_no)
    if due_fen <= 0:
        return
    columns = settlement_windows.c
    mine = (columns.kind == payee.kind.value) & (columns.party == payee.party)
    number = (connection.scalar(select(func.max(columns.window_no)).where(mine)) or 0) + 1
    row = {
        "kind": payee.kind.value,
        "party": payee.party,
        "window_no": number,
        "from_cut": from_cut,
        "to_cut": cut.cut_no,
        "business_date": cut.business_date,
        "due_fen": due_fen,
        "line_count": line_count,
        "due_on": due_day(payee, cut.business_date, table),
        "closed_at": now,
    }
    connection.execute(insert(settlement_windows).values(row))


def _window(row: object) -> Window:
    values = {field.name: getattr(row, field.name) for field in fields(Window)}
    return Window(**{**values, "kind": PayeeKind(values["kind"])})


def on_its_way() -> ColumnElement[bool]:
    """Say that an order carries a window or has paid it; a list of items, since Citus correlates none with a window."""
    window, item = settlement_windows.c, payment_items.c
    named = tuple_(window.kind + ":" + window.party, "window " + cast(window.window_no, String))
    states = [ItemState.OPEN.value, ItemState.PAID.value]
    return named.in_(
        select(item.station_code, item.source).where(item.state.in_(states), item.source.startswith("window "))
    )


def open_windows(connection: Connection, kind: PayeeKind | None = None) -> list[Window]:
    """List the windows that no order carries or has paid, those due first at the top."""
    table = settlement_windows.c
    query = select(*_COLUMNS).where(~on_its_way())
    query = query if kind is None else query.where(table.kind == kind.value)
    return [_window(row) for row in connection.execute(query.order_by(table.due_on, table.kind, table.party))]


def list_windows(connection: Connection, *, limit: int = 50, offset: int = 0) -> tuple[list[Window], int]:
    """List all windows, newest first: one page, and how many there are in all."""
    table = settlement_windows.c
    count = connection.scalar(select(func.count()).select_from(settlement_windows)) or 0
    query = select(*_COLUMNS).order_by(table.to_cut.desc(), table.kind, table.party)
    return [_window(row) for row in connection.execute(query.limit(limit).offset(offset))], count


def find_window(connection: Connection, kind: PayeeKind, party: str, window_no: int) -> Window:
    """Find a window.

    Raises:
        RefusedError: there is none.
    """
    table = settlement_windows.c
    this = and_(table.kind == kind.value, table.party == party, table.window_no == window_no)
    row = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
    if row is None:
        raise RefusedError("unknown_window", "没有这个清算窗口", "there is no such settlement window")
    return _window(row)


def order_due(connection: Connection, by: StaffMember, kind: PayeeKind, due_on: date, now: datetime) -> Order:
    """Make one order of all windows of a kind that fall due by a date; a second person approves it.

    Raises:
        RefusedError: no right, nothing is due, or an order for that date waits already.
    """
    by.require(Deed.MAKE_PAYMENT_ORDER)
    due = [window for window in open_windows(connection, kind) if window.due_on <= due_on]
    drafts = []
    for window in due:
        payee = payee_on(connection, kind, window.party, business_date_of(now))
        code = pseudo_code(kind, window.party)
        drafts.append(Draft(code, window.source, payee.payee_name, payee.account_no, window.due_fen))
    of = (OrderKind(kind.value), due_on.isoformat())
    order = make_order(connection, by.staff_no, of, due_on, drafts, now)
    for window in due:
        table = settlement_windows.c
        this = (table.kind == kind.value) & (table.party == window.party) & (table.window_no == window.window_no)
        connection.execute(update(settlement_windows).where(this).values(order_no=order.order_no))
    return order
