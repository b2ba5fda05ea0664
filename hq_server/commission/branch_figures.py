"""Branches' monthly figures of distribution and insurance, and their rates: each entered by one, approved by another.

Rule (article 8, part three, item four 3(4)): the branch's figures are settled to the branch, which pays the owner.
Insurance earns only where an agent's registration is on file. A correction is a further figure, never an edit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.counting import last_day
from hq_server.commission.rate_tables import dated_rate
from hq_server.commission.rates import RateNotKnown
from hq_server.commission.rules import EarnedGroup
from hq_server.commission.units import ServiceLine, line_of_product
from hq_server.db.commission_tables import branch_figures, branch_rates
from hq_server.distribution import registrations
from hq_server.four_eyes import FourEyes, enter_named, refusal_reason, stands
from hq_server.hq_journal import held_head
from hq_server.reference.staff import Deed
from hq_server.reference.tariffs import rate_of_json
from hq_server.wording import RefusedError
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.commission.rate_tables import PinnedRates
    from hq_server.reference.staff import StaffMember

_COUNT_MAX = 1_000_000
_BASE_MAX_FEN = 100_000_000_000
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class BranchFigure:
    """A figure as it is kept; ``run_month`` is the list that counted it, None before."""

    station_code: str
    figure_no: int
    month: int
    product_code: int
    item_count: int
    base_fen: int
    evidence: str
    state: str
    maker_no: int
    approver_no: int | None
    refusal: str
    run_month: int | None


_NAMES = [field.name for field in fields(BranchFigure)]
_DECIDED = ("该笔报数已处理过", "this figure was decided before")


def _figure(row: Row[Any]) -> BranchFigure:
    return BranchFigure(*(getattr(row, name) for name in _NAMES))


def _desk(deed: Deed) -> FourEyes:
    return FourEyes("branch figures", branch_figures, deed, ("figure_no",), *_DECIDED, amount="base_fen")


FIGURE_DESKS = {
    ServiceLine.DISTRIBUTION: _desk(Deed.APPROVE_DISTRIBUTION_FIGURES),
    ServiceLine.INSURANCE: _desk(Deed.APPROVE_INSURANCE_FIGURES),
}
RATE_DESK = FourEyes(
    "branch rates",
    branch_rates,
    Deed.APPROVE_COMMISSION_RATE,
    ("product_code", "valid_from"),
    "没有待批的费率",
    "no rate waits for approval",
)


def enter_figure(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    of: tuple[int, int],
    sums: tuple[int, int],
    evidence: str,
    now: datetime,
) -> BranchFigure:
    """Enter a station's figure: ``of`` a month and product, ``sums`` a count and its base in fen (negative corrects).

    Raises: RefusedError: no right, no such station, a product that a tariff sells, a figure out of range, no evidence
    named, or insurance without a registration in force.
    """
    by.require(Deed.ENTER_BRANCH_FIGURES)
    (month, product_code), (item_count, base_fen) = of, sums
    service_line, named = line_of_product(product_code), " ".join(evidence.split())
    if service_line is ServiceLine.E_COMMERCE:
        raise RefusedError("product", "代收费不由支局报数", "bill payment is not reported by branches")
    if not (item_count or base_fen) or abs(item_count) > _COUNT_MAX or abs(base_fen) > _BASE_MAX_FEN:
        raise RefusedError("figure", "笔数或金额不对", "the count or the amount is out of range")
    if not named or len(named) > _TEXT_MAX:
        raise RefusedError("evidence", "请填写依据 (报表号)", "name the report that it rests on")
    head = held_head(connection, station_code, Side.HQ, lock=True)
    if head is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )
    filed = registrations(connection, station_code)
    if service_line is ServiceLine.INSURANCE and (filed is None or not filed.valid(head.seq, last_day(month))):
        raise RefusedError(
            "not_registered",
            f"站点 {station_code} 没有有效的保险执业登记, 不计保险酬金",
            f"station {station_code} has no insurance registration in force: it earns nothing for insurance",
        )
    number = connection.scalar(
        select(func.max(branch_figures.c.figure_no)).where(branch_figures.c.station_code == station_code)
    )
    row = {
        "station_code": station_code,
        "figure_no": (number or 0) + 1,
        "month": month,
        "product_code": product_code,
        "item_count": item_count,
        "base_fen": base_fen,
        "evidence": named,
        "maker_no": by.staff_no,
        "made_at": now,
    }
    made = connection.execute(insert(branch_figures).values(row).returning(*branch_figures.c)).one()
    details = {"month": month, "product": product_code, "count": item_count, "base_fen": base_fen, "evidence": named}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.BRANCH_FIGURE_ENTERED, actor, now, details, station_code)
    return _figure(made)


def decide_figure(
    connection: Connection, by: StaffMember, station_code: str, figure_no: int, now: datetime, *, refusal: str = ""
) -> BranchFigure:
    """Approve a figure as the centre that it concerns, or refuse it with a reason.

    Raises:
        RefusedError: no right, no such figure, it was decided before, or the same person entered it.
    """
    table = branch_figures.c
    this = (table.station_code == station_code) & (table.figure_no == figure_no)
    product = connection.scalar(select(table.product_code).where(this))
    if product is None:
        raise RefusedError("unknown", f"站点 {station_code} 没有这一号", f"station {station_code} has no such figure")
    desk = FIGURE_DESKS[line_of_product(product)]
    desk.open_row(connection, by, this)
    reason = refusal_reason(refusal) if refusal else ""
    decided = desk.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    details = {"figure_no": figure_no, "state": decided.state, "refusal": reason}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.BRANCH_FIGURE_DECIDED, actor, now, details, station_code)
    return _figure(decided)


def withdraw_figure(
    connection: Connection, by: StaffMember, station_code: str, figure_no: int, now: datetime
) -> BranchFigure:
    """Take back one's own figure before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    table, desk = branch_figures.c, FIGURE_DESKS[ServiceLine.DISTRIBUTION]
    this = (table.station_code == station_code) & (table.figure_no == figure_no)
    return _figure(desk.withdraw(connection, by, this, now))


def figures(connection: Connection, state: str | None = None, limit: int = 200, offset: int = 0) -> list[BranchFigure]:
    """List figures, of one state or all, the newest first."""
    table = branch_figures.c
    query = select(branch_figures).order_by(table.made_at.desc(), table.station_code, table.figure_no.desc())
    query = query if state is None else query.where(table.state == state)
    return [_figure(row) for row in connection.execute(query.limit(limit).offset(offset))]


def enter_rate(
    connection: Connection, by: StaffMember, product_code: int, valid_from: date, document: str, now: datetime
) -> None:
    """Enter the rate of a product that no tariff sells, from a date on, as JSON; it holds once a second approves it.

    Raises:
        RefusedError: no right, a product that a tariff sells, a rate that makes no sense, or one of that date exists.
    """
    by.require(Deed.MAKE_COMMISSION_LIST)
    if line_of_product(product_code) is ServiceLine.E_COMMERCE:
        raise RefusedError("product", "代收费的费率在资费表里", "rates of bill payment stand in the tariff")
    try:
        row = json.loads(document)
        dated_rate(product_code, rate_of_json(row, f"product {product_code}"), valid_from)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RefusedError("rate", f"费率不对: {error}", f"the rate is refused: {error}") from error
    values = {"product_code": product_code, "valid_from": valid_from, "rate": row}
    same = (branch_rates.c.product_code == product_code) & (branch_rates.c.valid_from == valid_from)
    if not enter_named(connection, branch_rates, same, {**values, "maker_no": by.staff_no, "made_at": now}):
        raise RefusedError("rate_twice", "该日起的费率已登记", "a rate from that date is entered already")
    details = {"product": product_code, "from": valid_from.isoformat(), "rate": row}
    audit.note(connection, AuditTag.BRANCH_RATE_ENTERED, audit.staff_actor(by.staff_no), now, details)


def decide_rate(
    connection: Connection, by: StaffMember, of: tuple[int, date], now: datetime, *, refusal: str = ""
) -> None:
    """Approve a rate (``of`` product and first day) as a second person, or refuse it with a reason.

    Raises:
        RefusedError: no right, nothing waits, or the same person entered it.
    """
    table, (product_code, valid_from) = branch_rates.c, of
    this = (table.product_code == product_code) & (table.valid_from == valid_from) & stands(branch_rates)
    if RATE_DESK.open_row(connection, by, this) is None:
        raise RATE_DESK.decided()
    reason = refusal_reason(refusal) if refusal else ""
    RATE_DESK.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    details = {"product": product_code, "from": valid_from.isoformat(), "refusal": reason}
    tag = AuditTag.BRANCH_RATE_REFUSED if reason else AuditTag.BRANCH_RATE_APPROVED
    audit.note(connection, tag, audit.staff_actor(by.staff_no), now, details)


def withdraw_rate(connection: Connection, by: StaffMember, of: tuple[int, date], now: datetime) -> None:
    """Take back one's own rate (``of`` product and first day) before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    table, (product_code, valid_from) = branch_rates.c, of
    this = (table.product_code == product_code) & (table.valid_from == valid_from) & stands(branch_rates)
    RATE_DESK.withdraw(connection, by, this, now)


def take_figures(connection: Connection, month: int) -> int:
    """Mark the approved figures up to a month that no run counted as this run's; gives how many."""
    table = branch_figures.c
    due = update(branch_figures).where(table.state == "APPROVED", table.run_month.is_(None), table.month <= month)
    return connection.execute(due.values(run_month=month)).rowcount


_GROUPS = text("""
    SELECT station_code, product_code, month, sum(item_count), sum(base_fen) FROM branch_figures
    WHERE run_month = :month AND state = 'APPROVED' GROUP BY 1, 2, 3
    HAVING sum(item_count) <> 0 OR sum(base_fen) <> 0
""")


def figure_groups(connection: Connection, month: int, rates: PinnedRates) -> list[EarnedGroup]:
    """Sum up the figures that a run took, at the rate in force at the end of their own month.

    Raises:
        RateNotKnown: a figure has no rate in force.
    """
    dated = list(rates.rows())
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for code, product, of_month, count, base_fen in connection.execute(_GROUPS, {"month": month}):
        on = last_day(of_month)
        number = next((n for n, sold, first, before in dated if sold == product and first <= on < before), None)
        if number is None:
            raise RateNotKnown(product, on)
        before_count, before_fen = sums.get((code, number), (0, 0))
        sums[code, number] = before_count + int(count), before_fen + int(base_fen)
    return [EarnedGroup(code, rates.rates[n], *both) for (code, n), both in sums.items() if any(both)]
